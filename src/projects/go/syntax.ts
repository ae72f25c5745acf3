import type { Token } from './lex.js';

/** How far back the beginning of a call is looked for, in tokens. */
const mostBack = 60;

/** The call that a token is an argument of. */
export interface Call {
  /** Its last name: `ParseGlob` of `template.ParseGlob(…)`. */
  readonly name: string;
  /** What stands before the dot; undefined without one. */
  readonly receiver?: string;
  /** Index of its opening parenthesis. */
  readonly open: number;
}

/** The innermost call around a token; undefined where there is none near. */
export function callAround(tokens: readonly Token[], index: number): Call | undefined {
  let depth = 0;
  for (let at = index - 1; at > Math.max(index - mostBack, 0); at -= 1) {
    const token = tokens[at];
    if (token?.type !== 'mark') continue;
    if (')}]'.includes(token.value)) depth += 1;
    if (!'({['.includes(token.value)) continue;
    if (depth > 0) depth -= 1;
    else return token.value === '(' ? callAt(tokens, at) : undefined;
  }
  return undefined;
}

function callAt(tokens: readonly Token[], open: number): Call | undefined {
  const name = tokens[open - 1];
  if (name?.type !== 'word') return undefined;
  const receiver = tokens[open - 2]?.value === '.' ? tokens[open - 3]?.value : undefined;
  return { name: name.value, ...(receiver !== undefined && { receiver }), open };
}

/** Index of the bracket that closes the one at `open`; the number of tokens where there is none. */
export function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.type !== 'mark') continue;
    if ('({['.includes(token.value)) depth += 1;
    if (')}]'.includes(token.value)) depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** Whether the tokens from `index` on have these values. */
export function isSequence(tokens: readonly Token[], index: number, values: readonly string[]): boolean {
  return values.every((value, offset) => tokens[index + offset]?.value === value);
}
