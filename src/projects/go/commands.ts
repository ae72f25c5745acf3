import type { Token } from './lex.js';
import type { GoFile } from './package.js';
import type { Program } from './program.js';
import { closingOf, isSequence } from './syntax.js';

/** One command of a command line that the program is built of. */
export interface Command {
  /** What a person writes: `serve`. */
  readonly name: string;
  /** Whether it does something itself; one that does not prints its help and ends. */
  readonly runs: boolean;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Index of its opening brace in the file's tokens. */
  readonly open: number;
  /** The variable and the function that hold it. */
  readonly owners: readonly string[];
}

/** All `cobra.Command{…}` of the program: https://pkg.go.dev/github.com/spf13/cobra#Command. */
export function findCobraCommands(program: Program): readonly Command[] {
  return program.files
    .filter(({ imports }) => imports.some(({ path }) => path === 'github.com/spf13/cobra'))
    .flatMap((file) => literalsOf(file, 'cobra', 'Command').map((open) => cobraCommand(file, open)));
}

function cobraCommand({ file, tokens }: GoFile, open: number): Command {
  const fields = fieldsOf(tokens, open);
  const owners = ownersOf(tokens, open);
  const assigned = tokens.some(
    ({ value }, at) =>
      owners.includes(value) &&
      tokens[at + 1]?.value === '.' &&
      /^RunE?$/.test(tokens[at + 2]?.value ?? '') &&
      tokens[at + 3]?.value === '=',
  );
  const use = tokens[fields.get('Use') ?? -1];
  return {
    name: (use?.type === 'text' ? use.value : '').split(' ')[0] ?? '',
    runs: assigned || fields.has('Run') || fields.has('RunE'),
    file,
    line: tokens[open]?.line ?? 1,
    open,
    owners,
  };
}

/** Indexes of the brace of each `pkg.Type{`; not of a function's body after `*pkg.Type`. */
export function literalsOf({ tokens }: GoFile, pkg: string, type: string): readonly number[] {
  return tokens.flatMap((token, index) =>
    token.value === pkg &&
    !/^[*)\]]$/.test(tokens[index - 1]?.value ?? '') &&
    isSequence(tokens, index, [pkg, '.', type, '{'])
      ? [index + 3]
      : [],
  );
}

/** The fields of a composite literal, and the index of the first token of each one's value. */
export function fieldsOf(tokens: readonly Token[], open: number): ReadonlyMap<string, number> {
  const fields = new Map<string, number>();
  const end = closingOf(tokens, open);
  for (let at = open + 1; at < end; at += 1) {
    const token = tokens[at];
    if (token?.type === 'mark' && '({['.includes(token.value)) at = closingOf(tokens, at);
    else if (token?.type === 'word' && tokens[at + 1]?.value === ':') fields.set(token.value, at + 2);
  }
  return fields;
}

/** `var rootCmd = &cobra.Command{`, `cmd := &cobra.Command{`, `func newCommand() *cobra.Command { … }`. */
function ownersOf(tokens: readonly Token[], open: number): readonly string[] {
  const assignment = tokens
    .slice(Math.max(open - 8, 0), open)
    .findLastIndex(({ value }) => value === '=' || value === ':=');
  const at = assignment < 0 ? -1 : Math.max(open - 8, 0) + assignment;
  const variable = tokens[at - 1]?.type === 'word' ? tokens[at - 1] : tokens[at - 2];
  const func = tokens.slice(0, open).findLastIndex(({ type, value }) => type === 'word' && value === 'func');
  const name = tokens[func + 1]?.value === '(' ? undefined : tokens[func + 1];
  return [variable, name].flatMap((token) => (token?.type === 'word' ? [token.value] : []));
}
