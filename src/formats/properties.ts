/** One key of a Java properties file. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** 1-based line on which the key stands. */
  readonly line: number;
}

/**
 * Read Java properties: comments, the three separators, continued lines and escapes, as `java.util.Properties.load` has
 * them (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)).
 * A key that is there twice is listed twice: the last one counts. A malformed `\u` escape is kept as it stands.
 */
export function parseProperties(text: string): readonly Property[] {
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\n|\r/);
  const properties: Property[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    const first = trimStart(lines[index] ?? '');
    if (first === '' || first.startsWith('#') || first.startsWith('!')) continue;
    const parts = [first];
    while (isContinued(parts.at(-1) ?? '') && index + 1 < lines.length) {
      parts.push(trimStart(lines[++index] ?? ''));
    }
    properties.push({ ...splitProperty(joinParts(parts)), line });
  }
  return properties;
}

function joinParts(parts: readonly string[]): string {
  return parts.map((part) => (isContinued(part) ? part.slice(0, -1) : part)).join('');
}

/** An odd number of backslashes at the end: the last one escapes the line end. */
function isContinued(part: string): boolean {
  let count = 0;
  while (part[part.length - 1 - count] === '\\') count++;
  return count % 2 === 1;
}

function splitProperty(logical: string): { readonly key: string; readonly value: string } {
  let end = 0;
  while (end < logical.length && !'=: \t\f'.includes(logical[end] ?? '')) end += logical[end] === '\\' ? 2 : 1;
  const rest = trimStart(logical.slice(end));
  const value = rest.startsWith('=') || rest.startsWith(':') ? trimStart(rest.slice(1)) : rest;
  return { key: undoEscapes(logical.slice(0, end)), value: undoEscapes(value) };
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function undoEscapes(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g,
    (_match, hex: string | undefined, char: string | undefined) =>
      hex === undefined ? (escapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function trimStart(text: string): string {
  return text.replace(/^[ \t\f]+/, '');
}
