import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Hints } from '../../core/project.js';
import { type Command, fieldsOf, findCobraCommands, literalsOf } from './commands.js';
import type { Token } from './lex.js';
import type { Program } from './program.js';
import { closingOf, isSequence } from './syntax.js';

/** Names that programs give to the command which is the service. */
const serviceNames = new Set('serve server start run daemon web http api up listen service'.split(' '));

/**
 * The arguments of a program that does nothing without a command: the one that is called as services are; undefined for a
 * program that needs none. Throws `detect.ambiguous`, with the commands, where none or several are: the image would print
 * its help and end.
 */
export function detectArguments(program: Program, hints: Hints): Fact | undefined {
  const hint = hints['go.args'];
  if (hint) return fact(hint.value, { because: `set by ${hint.origin}` });
  const line = cobraLine(program) ?? urfaveLine(program);
  if (!line || line.commands.length === 0) return undefined;
  const [chosen, ...rest] = line.commands.filter(({ name }) => serviceNames.has(name));
  if (!chosen || rest.length > 0) throw ambiguous(line);
  const { name, file, line: at } = chosen;
  return fact(
    [name],
    { file, line: at, because: `the program does nothing without a command; ${name} is the service's` },
    line.commands
      .filter((command) => command !== chosen)
      .map((command) => ({
        value: [command.name],
        file: command.file,
        line: command.line,
        because: 'another command',
      })),
  );
}

/** A program that needs a command, and those there are. */
interface CommandLine {
  readonly file: string;
  readonly line: number;
  readonly commands: readonly Pick<Command, 'name' | 'file' | 'line'>[];
}

function ambiguous({ file, line, commands }: CommandLine): Failure {
  return new Failure('detect.ambiguous', {
    message: 'The program prints its help and ends unless it is given a command',
    where: `${file}:${line}`,
    remedy: 'Choose one with --set go.args=NAME, or with `go: { args: [NAME] }` in slipway.yml.',
    candidates: [...new Set(commands.map(({ name }) => name))].sort(),
  });
}

function cobraLine(program: Program): CommandLine | undefined {
  const commands = findCobraCommands(program);
  const root = commands.find(({ owners }) => owners.some((owner) => isExecuted(program, owner)));
  if (!root || root.runs) return undefined;
  const added = commands.filter((command) => command !== root && isAdded(program, root, command));
  const inside = added.length > 0 ? added : commands.filter((command) => command !== root);
  return { file: root.file, line: root.line, commands: inside.filter(({ name }) => name !== '') };
}

/** `rootCmd.Execute()`, `newRootCmd().Execute()`, `cmd := newRootCmd()` with `cmd.Execute()`. */
function isExecuted(program: Program, owner: string): boolean {
  return program.files.some(({ tokens }) =>
    tokens.some((token, at) => {
      if (token.type !== 'word' || !/^Execute(?:Context)?C?$/.test(token.value) || tokens[at - 1]?.value !== '.')
        return false;
      return receiverNames(tokens, at - 2).includes(owner);
    }),
  );
}

/** The names behind what stands at `at`: a variable and the function it was got from, or a called function. */
function receiverNames(tokens: readonly Token[], at: number): readonly string[] {
  const token = tokens[at];
  if (token?.value === ')') {
    const open = tokens.slice(Math.max(at - 12, 0), at).findLastIndex(({ value }) => value === '(');
    const name = open < 0 ? undefined : tokens[Math.max(at - 12, 0) + open - 1];
    return name ? [name.value] : [];
  }
  if (token?.type !== 'word') return [];
  const made = tokens.findIndex(
    (one, index) => one.value === token.value && /^:?=$/.test(tokens[index + 1]?.value ?? ''),
  );
  const source = tokens.slice(made + 2, made + 6).findLast((_one, index, all) => all[index + 1]?.value === '(');
  return [token.value, ...(made >= 0 && source ? [source.value] : [])];
}

/** `rootCmd.AddCommand(serveCmd, newMigrateCmd(), &cobra.Command{…})`. */
function isAdded(program: Program, root: Command, command: Command): boolean {
  return program.files.some(({ file, tokens }) =>
    tokens.some((token, at) => {
      if (token.value !== 'AddCommand' || !root.owners.includes(tokens[at - 2]?.value ?? '')) return false;
      const end = closingOf(tokens, at + 1);
      const isInside = file === command.file && command.open > at && command.open < end;
      return (
        isInside ||
        tokens.slice(at + 1, end).some(({ type, value }) => type === 'word' && command.owners.includes(value))
      );
    }),
  );
}

/** `cli.App{ Commands: … }` without an Action, and `cli.Command` since v3: https://cli.urfave.org. */
function urfaveLine(program: Program): CommandLine | undefined {
  for (const file of program.files) {
    if (!file.imports.some(({ path }) => /^github\.com\/urfave\/cli(?:\/v\d+)?$/.test(path))) continue;
    for (const open of [...literalsOf(file, 'cli', 'App'), ...literalsOf(file, 'cli', 'Command')]) {
      const fields = fieldsOf(file.tokens, open);
      const list = fields.get('Commands');
      if (list === undefined || fields.has('Action')) continue;
      return { file: file.file, line: file.tokens[open]?.line ?? 1, commands: commandsIn(file, list) };
    }
  }
  return undefined;
}

/** The names in `[]*cli.Command{ { Name: "serve", … }, … }`. */
function commandsIn({ file, tokens }: Program['files'][number], list: number): CommandLine['commands'] {
  const brace = tokens.findIndex(({ value }, index) => index >= list && value === '{');
  const commands: { name: string; file: string; line: number }[] = [];
  for (let at = brace + 1; brace >= 0 && at < closingOf(tokens, brace); at += 1) {
    if (!isSequence(tokens, at, ['{'])) continue;
    const name = tokens[fieldsOf(tokens, at).get('Name') ?? -1];
    if (name?.type === 'text') commands.push({ name: name.value, file, line: name.line });
    at = closingOf(tokens, at);
  }
  return commands;
}
