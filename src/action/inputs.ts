import type { Command, Option } from 'commander';
import { Failure } from '../core/failure.js';

/** The commands that a step can ask for; the others are for people at a terminal. */
export const actionCommands = ['ship', 'detect', 'preview', 'build', 'push', 'deploy'] as const;

/**
 * Options of these commands that are no inputs: the step's outputs and log stand for the first two, the third is a file for people; a
 * step's login is in its `env`, which the runner masks, and a step that ends with anything but 0 has failed.
 */
export const notInputs: readonly string[] = [
  'json',
  'quiet',
  'standalone',
  'username',
  'password-stdin',
  'detailed-exit-code',
];

/**
 * The command line that a step's inputs stand for, without the program's name. The inputs are the command's options, by
 * their long names (`--no-try` is `try: false`); the runner hands them over as `INPUT_<NAME>` with spaces as `_`, upper case,
 * `-` kept (https://docs.github.com/actions/creating-actions/metadata-syntax-for-github-actions#inputs). An empty input is one
 * that was not given. Throws `settings.usage`, also for an input that the command has no use for.
 */
export function commandLineOf(
  environment: Readonly<Record<string, string | undefined>>,
  program: Command,
): readonly string[] {
  const inputs = readInputs(environment, program);
  const name = chooseCommand(inputs.get('command') ?? 'ship');
  const options = inputOptions(program, [name]);
  const args = [...inputs].flatMap(([input, text]) => {
    if (input === 'command' || input === 'directory') return [];
    const option = options.get(input);
    return option === undefined ? withoutOption(input, text, name) : optionArguments(option, input, text);
  });
  return [name, ...args, '--', inputs.get('directory') ?? '.'];
}

/** The options that are inputs, of the named commands, by input name. */
export function inputOptions(program: Command, names: readonly string[] = actionCommands): ReadonlyMap<string, Option> {
  const commands = program.commands.filter((command) => names.includes(command.name()));
  const options = commands.flatMap((command) => command.options);
  return new Map(
    options.map((option) => [inputName(option), option] as const).filter(([name]) => !notInputs.includes(name)),
  );
}

function inputName(option: Option): string {
  return option.negate ? option.name().replace(/^no-/, '') : option.name();
}

function readInputs(
  environment: Readonly<Record<string, string | undefined>>,
  program: Command,
): ReadonlyMap<string, string> {
  const names = ['command', 'directory', ...inputOptions(program).keys()];
  const given = names.map((name) => [name, environment[`INPUT_${name.toUpperCase()}`]?.trim() ?? ''] as const);
  return new Map(given.filter(([, text]) => text !== ''));
}

function chooseCommand(text: string): string {
  if (actionCommands.some((name) => name === text)) return text;
  throw new Failure('settings.usage', {
    message: `'${text}' is not a command of this action`,
    where: 'input command',
    candidates: actionCommands,
  });
}

function optionArguments(option: Option, input: string, text: string): readonly string[] {
  const flag = `--${option.name()}`;
  if (Array.isArray(option.defaultValue)) return readList(text).map((value) => `${flag}=${value}`);
  if (option.negate) return readBoolean(input, text) ? [] : [flag];
  if (option.isBoolean()) return readBoolean(input, text) ? [flag] : [];
  return [`${flag}=${text}`];
}

/** `action.yml` gives every boolean its default, also where the command has no such option: that asks for nothing. */
function withoutOption(input: string, text: string, command: string): readonly string[] {
  const defaults: Readonly<Record<string, boolean>> = {
    try: true,
    deploy: true,
    sbom: true,
    provenance: true,
    'dry-run': false,
    deepen: false,
    'force-moving': false,
    'allow-older': false,
    unpin: false,
  };
  if (input in defaults && readBoolean(input, text) === defaults[input]) return [];
  throw new Failure('settings.usage', {
    message: `The command '${command}' has no use for the input '${input}'`,
    where: `input ${input}`,
    remedy: `Take it out of \`with:\`, or choose another command.`,
  });
}

/** YAML 1.2's core booleans, as the runner's own toolkit reads them. */
function readBoolean(name: string, text: string): boolean {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new Failure('settings.usage', {
    message: `'${text}' is neither true nor false`,
    where: `input ${name}`,
    candidates: ['true', 'false'],
  });
}

/** One value a line; lines that start with `#` are comments. */
function readList(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
