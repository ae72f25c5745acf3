import { Failure } from '../core/failure.js';

/** Characters that break a line somewhere, or change the order in which a person sees the text. */
const hiddenCharacters = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/;

/**
 * A value as JSON text for an exec form. Everything that is not printable is escaped, so that the text is one line
 * for every reader. Throws `detect.hostile` for NUL, which no argv can hold, and for a value JSON has no text for.
 */
export function quoteJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || escapedNul.test(text)) {
    throw new Failure('detect.hostile', {
      message: `A value of the Dockerfile cannot be written as JSON: ${printable(value)}`,
    });
  }
  const hidden = new RegExp(hiddenCharacters.source, 'gu');
  return text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * A text as one double-quoted word of LABEL, ENV and their like, in which nothing is expanded. Throws `detect.hostile`
 * for line breaks and other control characters, for which a Dockerfile has no escape.
 */
export function quoteWord(text: string): string {
  refuseHidden(text);
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`;
}

/** Throws `detect.hostile` for a text that is not one visible line. */
export function refuseHidden(text: string): void {
  if (!hiddenCharacters.test(text)) return;
  throw new Failure('detect.hostile', {
    message: `A line break or a control character would get into the Dockerfile: ${printable(text)}`,
    remedy: 'Remove it from the project file or setting that the value comes from.',
  });
}

/** A value for a message: one line, at most 120 characters. */
export function printable(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const hidden = new RegExp(hiddenCharacters.source, 'gu');
  const plain = text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return plain.length > 120 ? `${plain.slice(0, 119)}…` : plain;
}
