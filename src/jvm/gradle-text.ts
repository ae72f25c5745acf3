/**
 * Gradle's build scripts are programs; what is read of them is what stands there plainly. A script's comments become
 * spaces, so that offsets and lines stay.
 */
export function blankComments(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  let index = 0;
  while (index < text.length) {
    const end = tokenEnd(text, index);
    if (text[index] === '/' && end > index + 1) {
      parts.push(text.slice(kept, index), text.slice(index, end).replace(/[^\n]/g, ' '));
      kept = end;
    }
    index = end;
  }
  return parts.join('') + text.slice(kept);
}

/** The end of the comment, the text or the character that begins here. One that is not closed ends with the script or line. */
function tokenEnd(text: string, start: number): number {
  const char = text[start];
  if (char === '/' && text[start + 1] === '/') return endAt(text.indexOf('\n', start), 0, text);
  if (char === '/' && text[start + 1] === '*') return endAt(text.indexOf('*/', start + 2), 2, text);
  if (char !== '"' && char !== "'") return start + 1;
  const triple = char.repeat(3);
  if (text.startsWith(triple, start)) return endAt(text.indexOf(triple, start + 3), 3, text);
  let end = start + 1;
  while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
  return Math.min(end + 1, text.length);
}

function endAt(found: number, width: number, text: string): number {
  return found < 0 ? text.length : found + width;
}

/** A part of a script: from `start` to the brace that closes it. */
export interface ScriptBlock {
  readonly text: string;
  /** Offset of the text in its script. */
  readonly start: number;
}

const maxBlocks = 200;

/** The insides of every `name { … }`, `name(…) { … }` of a script without comments, wherever it stands. */
export function blocksNamed(text: string, name: string): readonly ScriptBlock[] {
  const opening = new RegExp(`\\b${name}\\b\\s{0,20}(?:\\([^(){}\\n]{0,200}\\)\\s{0,20})?\\{`, 'g');
  const found: ScriptBlock[] = [];
  for (const match of text.matchAll(opening)) {
    if (found.length >= maxBlocks) break;
    const start = match.index + match[0].length;
    found.push({ text: text.slice(start, closingBrace(text, start)), start });
  }
  return found;
}

/** The insides of every `name(…) { … }` whose arguments may hold blocks and calls of their own, with these arguments. */
export function callBlocksNamed(text: string, name: string): readonly (ScriptBlock & { readonly argument: string })[] {
  const found: (ScriptBlock & { readonly argument: string })[] = [];
  let calls = 0;
  for (const match of text.matchAll(new RegExp(`\\b${name}\\s{0,3}\\(`, 'g'))) {
    if (calls++ >= maxCalls) break;
    const argument = text.slice(match.index + match[0].length, match.index + match[0].length + maxArgument);
    const end = closingParenthesis(argument);
    const opening = end < 0 ? null : /^\)\s{0,20}\{/.exec(argument.slice(end, end + 30));
    if (!opening) continue;
    const start = match.index + match[0].length + end + opening[0].length;
    found.push({ text: text.slice(start, closingBrace(text, start)), start, argument: argument.slice(0, end) });
  }
  return found;
}

/** How many calls are looked at, and how much of one: every module of a build asks for the root's. */
const maxCalls = 300;
const maxArgument = 500;

function closingParenthesis(text: string): number {
  let depth = 1;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++;
    else if (text[index] === ')' && --depth === 0) return index;
  }
  return -1;
}

/** How far a block is searched for its end. */
const maxBlockLength = 100_000;

function closingBrace(text: string, start: number): number {
  let depth = 1;
  const end = Math.min(text.length, start + maxBlockLength);
  for (let index = start; index < end; index++) {
    if (text[index] === '{') depth++;
    else if (text[index] === '}' && --depth === 0) return index;
  }
  return end;
}
