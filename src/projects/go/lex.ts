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
  /** Indexes of the texts among the tokens: few, and what most questions begin with. */
  readonly texts: readonly number[];
  readonly directives: readonly GoDirective[];
}

/** What is read of one file, in characters; generated tables beyond it say nothing about a service. */
const fileLimit = 256 * 1024;

const asciiEnd = 128;
const isWordCode = Array.from({ length: asciiEnd }, (_, code) => /\w/.test(String.fromCharCode(code)));
const [newline, quote, apostrophe, backtick, backslash, slash, star] = [10, 34, 39, 96, 92, 47, 42];

/**
 * Take Go source apart (https://go.dev/ref/spec#Lexical_elements), as far as detection needs it. Never throws: what is
 * no Go comes out as marks. With `stopAt`, ends before the first of these words. By hand and by codes, because most of the
 * time of a detection is spent here.
 */
export function lexGo(source: string, stopAt: readonly string[] = []): LexedGo {
  const tokens: Token[] = [];
  const texts: number[] = [];
  const directives: GoDirective[] = [];
  const text = source.length > fileLimit ? source.slice(0, fileLimit) : source;
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      if (code === newline) line += 1;
      at += 1;
      continue;
    }
    const end = endOf(text, at, code);
    const written = text.slice(at, end);
    at = end;
    const token = tokenOf(written, code, line);
    if (token) {
      if (token.type === 'word' && stopAt.includes(token.value)) break;
      if (token.type === 'text') texts.push(tokens.length);
      tokens.push(token);
    } else if (/^\/\/(?:go:|\s*\+build\s)/.test(written)) {
      directives.push({ text: written.slice(2).trim(), line });
    }
    if (code === backtick || code === slash) line += countNewlines(written);
  }
  return { tokens, texts, directives };
}

/** Where what begins at `at` ends; always beyond it. */
function endOf(text: string, at: number, code: number): number {
  if (code >= asciiEnd) return endOfForeign(text, at);
  if (code === quote || code === apostrophe) return endOfQuoted(text, at, code);
  if (code === backtick) return indexAfter(text, '`', at + 1);
  const next = text.charCodeAt(at + 1);
  if (code === slash && next === slash) return indexOfEnd(text, '\n', at);
  if (code === slash && next === star) return indexAfter(text, '*/', at + 2);
  if (isDigit(code)) return endOfNumber(text, at);
  if (isWordCode[code]) return endOfWord(text, at);
  return text.startsWith(':=', at) ? at + 2 : at + 1;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= asciiEnd) return endOfForeign(text, start);
    if (!isWordCode[code]) break;
    at += 1;
  }
  return at;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (isWordCode[text.charCodeAt(at)] === true || text[at] === '.') at += 1;
  return at;
}

/** A word with letters of any language, or one character. */
function endOfForeign(text: string, at: number): number {
  const foreign = /[\p{L}_][\p{L}\p{N}_]*|./suy;
  foreign.lastIndex = at;
  const [found = ' '] = foreign.exec(text) ?? [];
  return at + found.length;
}

function endOfQuoted(text: string, start: number, closing: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === closing) return at + 1;
    if (code === newline) return at;
    if (code === backslash && text.charCodeAt(at + 1) !== newline) at += 1;
  }
  return text.length;
}

function indexOfEnd(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

function indexAfter(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function tokenOf(written: string, code: number, line: number): Token | undefined {
  if (code === slash && written.length > 1) return undefined;
  if (code === quote || code === backtick) return { type: 'text', value: unquoted(written, code), line };
  if (isDigit(code)) return { type: 'number', value: written, line };
  if (code < asciiEnd) return { type: isWordCode[code] ? 'word' : 'mark', value: written, line };
  if (/^\s/.test(written)) return undefined;
  return { type: /^\p{L}/u.test(written) ? 'word' : 'mark', value: written, line };
}

/** Also of a text that the file's end cut off. */
function unquoted(written: string, code: number): string {
  const isClosed = written.length > 1 && written.charCodeAt(written.length - 1) === code;
  return written.slice(1, isClosed ? -1 : undefined);
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
