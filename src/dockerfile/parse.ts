import { readHeredocNames } from './heredoc.js';

/**
 * A Dockerfile taken apart as BuildKit's parser does it
 * (https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go).
 */

/** One instruction. */
export interface Instruction {
  /** Upper case; not checked against the known ones. */
  readonly keyword: string;
  /** `--name` or `--name=value`, in the order they were written, quotes as written. */
  readonly flags: readonly string[];
  /** What follows the flags, line continuations and comment lines removed, trimmed. */
  readonly args: string;
  /** The argv or list of an exec (JSON) form; undefined for every other form. For HEALTHCHECK that of its CMD. */
  readonly json?: readonly string[];
  /** Here-documents that follow the instruction's line, in order. */
  readonly heredocs: readonly Heredoc[];
  /** 1-based line it begins on. */
  readonly line: number;
  /** The lines it was read from, unchanged, joined by a newline. */
  readonly raw: string;
}

interface Heredoc {
  readonly name: string;
  readonly text: string;
}

/** A parser directive at the top: `# syntax=`, `# escape=`, `# check=`. */
interface Directive {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export interface ParsedDockerfile {
  readonly directives: readonly Directive[];
  readonly instructions: readonly Instruction[];
}

/** Instructions of a text; throws SyntaxError, with the line, for a here-document or a continuation that never ends. */
export function parseDockerfile(text: string): readonly Instruction[] {
  return parseDockerfileWhole(text).instructions;
}

/** Like `parseDockerfile`, with the parser directives. */
export function parseDockerfileWhole(text: string): ParsedDockerfile {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  const directives = readDirectives(lines);
  const escapeMark = directives.find((directive) => directive.name === 'escape')?.value === '`' ? '`' : '\\';
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < lines.length) {
    if (isSkipped(lines[at] ?? '')) at += 1;
    else {
      const read = readInstruction(lines, at, escapeMark);
      instructions.push(read.instruction);
      at = read.next;
    }
  }
  return { directives, instructions };
}

const directivePattern = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/;
const directiveNames = new Set(['syntax', 'escape', 'check']);

/** Directives end at the first line that is not one: a comment, an empty line, an instruction. */
function readDirectives(lines: readonly string[]): readonly Directive[] {
  const directives: Directive[] = [];
  for (const [index, line] of lines.entries()) {
    const [, name, value] = directivePattern.exec(line) ?? [];
    const known = name?.toLowerCase();
    if (known === undefined || value === undefined || !directiveNames.has(known)) break;
    directives.push({ name: known, value, line: index + 1 });
  }
  return directives;
}

function isSkipped(line: string): boolean {
  const trimmed = line.trimStart();
  return trimmed === '' || trimmed.startsWith('#');
}

interface Read {
  readonly instruction: Instruction;
  /** Index of the first line after it. */
  readonly next: number;
}

function readInstruction(lines: readonly string[], start: number, escapeMark: string): Read {
  const logical = joinContinuedLines(lines, start, escapeMark);
  const [, keyword = '', afterKeyword = ''] = /^(\S+)\s*([\s\S]*)$/.exec(logical.text.trim()) ?? [];
  const upper = keyword.toUpperCase();
  const { flags, rest } = splitFlags(afterKeyword, escapeMark);
  const json = readExecForm(upper, rest);
  const names = json === undefined ? readHeredocNames(upper, rest) : [];
  const { heredocs, next } = readHeredocs(lines, logical.next, names, start);
  const raw = lines.slice(start, next).join('\n');
  return {
    instruction: { keyword: upper, flags, args: rest, ...(json && { json }), heredocs, line: start + 1, raw },
    next,
  };
}

/** A line whose last character is the escape character goes on; comment and empty lines between are as if not there. */
function joinContinuedLines(
  lines: readonly string[],
  start: number,
  escapeMark: string,
): { text: string; next: number } {
  const continued = escapeMark === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/;
  let text = '';
  let at = start;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    at += 1;
    if (at - 1 > start && isSkipped(line)) continue;
    if (!continued.test(line)) return { text: text + line, next: at };
    text += line.replace(continued, '$1');
  }
  return { text, next: at };
}

/** Flags are the leading words that begin with `--`; a bare `--` ends them. */
function splitFlags(text: string, escapeMark: string): { flags: readonly string[]; rest: string } {
  const flags: string[] = [];
  let rest = text;
  while (rest.startsWith('--')) {
    const end = endOfWord(rest, escapeMark);
    const word = rest.slice(0, end);
    rest = rest.slice(end).trimStart();
    if (word === '--') break;
    flags.push(word);
  }
  return { flags, rest: rest.trim() };
}

function endOfWord(text: string, escapeMark: string): number {
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === escapeMark && quote !== "'") at += 1;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (/\s/.test(character)) return at;
  }
  return text.length;
}

const execFormKeywords = new Set(['ADD', 'CMD', 'COPY', 'ENTRYPOINT', 'RUN', 'SHELL', 'VOLUME']);

function readExecForm(keyword: string, args: string): readonly string[] | undefined {
  if (execFormKeywords.has(keyword)) return parseTextList(args);
  if (keyword !== 'HEALTHCHECK') return undefined;
  const command = /^CMD\s+([\s\S]*)$/i.exec(args)?.[1];
  return command === undefined ? undefined : parseTextList(command);
}

function parseTextList(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((element): element is string => typeof element === 'string')
      ? list
      : undefined;
  } catch {
    return undefined;
  }
}

function readHeredocs(
  lines: readonly string[],
  start: number,
  names: ReturnType<typeof readHeredocNames>,
  owner: number,
): { readonly heredocs: readonly Heredoc[]; readonly next: number } {
  const heredocs: Heredoc[] = [];
  let at = start;
  for (const { name, stripTabs } of names) {
    const end = lines.findIndex((line, index) => index >= at && (stripTabs ? line.replace(/^\t+/, '') : line) === name);
    if (end < 0) throw new SyntaxError(`here-document ${name} of line ${owner + 1} never ends`);
    const body = lines.slice(at, end).map((line) => (stripTabs ? line.replace(/^\t+/, '') : line));
    heredocs.push({ name, text: body.map((line) => `${line}\n`).join('') });
    at = end + 1;
  }
  return { heredocs, next: at };
}
