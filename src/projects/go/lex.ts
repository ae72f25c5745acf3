/** One token of Go source. Comments and white space are left out; so are the semicolons that Go puts in at line ends. */
export interface Token {
  /** `text` is a string literal, raw or interpreted; `mark` is everything that is not a word, a number or a text. */
  readonly type: 'word' | 'text' | 'number' | 'mark';
  /** As written; of a text, what stands between its quotes. */
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/** A comment that the go command reads: `//go:build …`, `//go:embed …`, `// +build …`. */
export interface GoDirective {
  readonly text: string;
  readonly line: number;
}

export interface LexedGo {
  readonly tokens: readonly Token[];
  readonly directives: readonly GoDirective[];
}

/** What is read of one file, in characters; generated tables beyond it say nothing about a service. */
const fileLimit = 256 * 1024;

const pattern =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|`[^`]*(?:`|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[\p{L}_][\p{L}\p{N}_]*|\d[\w.]*|:=|\S/guy;

/**
 * Take Go source apart (https://go.dev/ref/spec#Lexical_elements), as far as detection needs it. Never throws: what is
 * no Go comes out as marks. With `stopAt`, ends before the first of these words.
 */
export function lexGo(source: string, stopAt: readonly string[] = []): LexedGo {
  const tokens: Token[] = [];
  const directives: GoDirective[] = [];
  const text = source.slice(0, fileLimit);
  let line = 1;
  for (const [written] of text.matchAll(pattern)) {
    const token = tokenOf(written, line);
    if (token) {
      if (token.type === 'word' && stopAt.includes(token.value)) break;
      tokens.push(token);
    } else if (/^\/\/(?:go:|\s*\+build\s)/.test(written)) {
      directives.push({ text: written.slice(2).trim(), line });
    }
    line += countNewlines(written);
  }
  return { tokens, directives };
}

function tokenOf(written: string, line: number): Token | undefined {
  const first = written.charAt(0);
  if (/\s/.test(first) || written.startsWith('//') || written.startsWith('/*')) return undefined;
  if (first === '"' || first === '`') return { type: 'text', value: written.replace(/^["`]|["`]$/g, ''), line };
  if (/[\p{L}_]/u.test(first)) return { type: 'word', value: written, line };
  return { type: /\d/.test(first) ? 'number' : 'mark', value: written, line };
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
