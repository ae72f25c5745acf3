/**
 * Company templates are filled in before they are used: EJS (`<%= x %>`, `<% if (x) { %>`), mustache (`{{x}}`, `{{#apps}}`),
 * `${NAME}` and `${NAME:-default}`, Lighter's `%{x}` and `%%NAME%%`. Masked, such a text is JSON or YAML whose every character stands
 * where it stood.
 */
const placeholder =
  /<%[\s\S]*?%>|\{\{\{[^{}]*\}\}\}|\{\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}\}|\$\{[^{}\r\n]*\}|%\{[^{}\r\n]*\}|%%[A-Za-z_][\w.-]*%%/g;

const controlWords = /^(?:\{\{-?\s*(?:(?:if|else|end|range|with|define|block)\b|\/\*|[#/^!])|<%(?![=-]))/;

/** Whether a text may hold placeholders at all: what is worth a closer look. */
export function mayHavePlaceholders(text: string): boolean {
  return /<%|\{\{|[$%]\{|%%/.test(text);
}

/** The first placeholder of a text, as it is written. */
export function findPlaceholder(text: string): string | undefined {
  return mayHavePlaceholders(text) ? text.match(placeholder)?.[0] : undefined;
}

/**
 * What the placeholders of a text are filled in with, each once: `TAG` for `${TAG:-latest}` and `$TAG`; an expression as it is written.
 */
export function placeholderNames(text: string): readonly string[] {
  const written = text.match(new RegExp(`${placeholder.source}|\\$[A-Za-z_]\\w*`, 'g')) ?? [];
  const name = /^(?:<%[=-]?|\{\{\{?|\$\{?|%\{|%%)\s*\.?((?:[A-Za-z_][\w-]*\.)*[A-Za-z_]\w*)/;
  return [...new Set(written.map((each) => name.exec(each)?.[1] ?? each))];
}

/** Its placeholders, with where each begins. */
function placeholdersOf(
  text: string,
): readonly { readonly at: number; readonly written: string; readonly control: boolean }[] {
  return [...text.matchAll(placeholder)].map((match) => ({
    at: match.index,
    written: match[0],
    control: controlWords.test(match[0]),
  }));
}

/**
 * A JSON text with its placeholders masked: a number where a value is missing otherwise, letters inside a text, blanks between
 * members. The same length, the same line ends.
 */
export function maskJson(text: string): string {
  const parts: string[] = [];
  const open: string[] = [];
  let inText = false;
  let last = '';
  let from = 0;
  function scan(to: number): void {
    for (let at = from; at < to; at += 1) {
      const char = text[at] ?? '';
      if (inText) {
        if (char === '\\') at += 1;
        else if (char === '"') inText = false;
      } else if (char === '"') {
        inText = true;
        last = char;
      } else if (!/\s/.test(char)) {
        last = char;
        if (char === '{' || char === '[') open.push(char);
        if (char === '}' || char === ']') open.pop();
      }
    }
    parts.push(text.slice(from, to));
    from = to;
  }
  placeholdersOf(text).forEach(({ at, written, control }, index) => {
    if (at < from) return;
    scan(at);
    from = at + written.length;
    if (inText) parts.push(letters(index, written.length));
    else if (!control && (last === ':' || last === '[' || last === '0' || (last === ',' && open.at(-1) === '['))) {
      parts.push('1'.repeat(written.length));
      last = '0';
    } else parts.push(blank(written));
  });
  scan(text.length);
  return parts.join('');
}

/**
 * A YAML text with its placeholders masked: letters where they stand for a value or a part of one, blanks for control blocks
 * and, with `lines`, for whatever stands alone on its line.
 */
export function maskYaml(text: string, options: { readonly lines: boolean }): string {
  const parts: string[] = [];
  let from = 0;
  placeholdersOf(text).forEach(({ at, written, control }, index) => {
    if (at < from) return;
    parts.push(text.slice(from, at));
    from = at + written.length;
    const alone = options.lines && isAlone(text, at, from);
    parts.push(control || alone ? blank(written) : letters(index, written.length));
  });
  return [...parts, text.slice(from)].join('');
}

function isAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const after = /^[^\r\n]*/.exec(text.slice(end, end + 1000))?.[0] ?? '';
  return /^\s*$/.test(before) && /^\s*$/.test(after);
}

/** A word of this length that no other placeholder of the text gets, where there is room for one. */
function letters(index: number, length: number): string {
  const word = `p${[...index.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('')}z`;
  return word.slice(0, length).padEnd(length, 'q');
}

function blank(written: string): string {
  return written.replace(/[^\r\n]/g, ' ');
}
