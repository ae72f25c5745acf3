/** Where a page is shown. */
export interface Screen {
  /** Columns. */
  readonly width: number;
  readonly color: boolean;
}

type Style = 'plain' | 'strong' | 'quiet' | 'warning';

/** Part of a line. The text is shown as it is: `visible` must have been asked before. */
export interface Segment {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Segment[];

export function plain(text: string): Segment {
  return { text, style: 'plain' };
}

export function strong(text: string): Segment {
  return { text, style: 'strong' };
}

export function quiet(text: string): Segment {
  return { text, style: 'quiet' };
}

export function warning(text: string): Segment {
  return { text, style: 'warning' };
}

/** Widths that a page is made for: a narrower terminal wraps, on a wider one the eye would lose the line. */
const narrowest = 40;
const widest = 120;
const widthOfAFile = 100;

/** The screen behind a stream: colour only where a terminal shows it and nobody forbids it (https://no-color.org). */
export function screenOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const terminal = stream.isTTY === true;
  const columns = terminal ? (stream.columns ?? widthOfAFile) : widthOfAFile;
  return {
    width: Math.min(widest, Math.max(narrowest, columns)),
    color: terminal && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb',
  };
}

const codes: Readonly<Record<Exclude<Style, 'plain'>, number>> = { strong: 1, quiet: 2, warning: 33 };

/** The lines as text, each cut to the screen's width. Ends with a newline. */
export function renderLines(lines: readonly Line[], screen: Screen): string {
  return lines.map((line) => `${renderLine(line, screen).replace(/ +$/, '')}\n`).join('');
}

function renderLine(line: Line, screen: Screen): string {
  let left = screen.width;
  let text = '';
  for (const segment of line) {
    const cut = cutTo(segment.text, left);
    left -= widthOf(cut);
    text += screen.color && segment.style !== 'plain' ? `\u001b[${codes[segment.style]}m${cut}\u001b[0m` : cut;
    if (cut !== segment.text) break;
  }
  return text;
}

/** The text, or as much of its beginning as fits, with `…` for the rest. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let taken = '';
  let left = width - 1;
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    taken += character;
  }
  return width > 0 ? `${taken}…` : '';
}

export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Characters that East Asian scripts and emoji draw over two columns (Unicode Standard Annex 11), roughly. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : /\p{Mn}/u.test(character) ? 0 : 1;
  return width;
}

/** A text of anybody's on one line: what moves a cursor, breaks a line or turns its direction is spelt out. */
export function visible(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, spellOut);
}

function spellOut(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** Words in lines of at most this width. */
export function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
