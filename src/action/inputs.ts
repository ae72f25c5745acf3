import { Failure } from '../core/failure.js';
import type { CommandName } from '../cli/program.js';
import type { CommonOptions } from '../cli/options.js';

/** What a step asks for: a command of the command line and its options. */
export interface ActionRequest {
  readonly command: CommandName;
  readonly directory: string;
  readonly options: CommonOptions;
}

const commands = ['ship', 'detect', 'preview', 'build', 'push', 'deploy'] as const satisfies readonly CommandName[];

/**
 * The step's inputs, as the runner hands them over: `INPUT_<NAME>` with spaces as `_`, upper case, `-` kept
 * (https://docs.github.com/actions/creating-actions/metadata-syntax-for-github-actions#inputs). An empty input is one
 * that was not given. Throws `settings.usage`.
 */
export function readInputs(environment: Readonly<Record<string, string | undefined>>): ActionRequest {
  const text = (name: string): string | undefined => environment[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  const options = Object.fromEntries(
    (['kind', 'name', 'registry', 'repository', 'platform', 'env', 'service', 'plan', 'image', 'release', 'out', 'timeout'] as const)
      .map((name) => [name, text(name)] as const)
      .filter((entry) => entry[1] !== undefined),
  );
  return {
    command: readCommand(text('command') ?? 'ship'),
    directory: text('directory') ?? '.',
    options: {
      ...options,
      set: readList(text('set')),
      try: readBoolean('try', text('try'), true),
      deploy: readBoolean('deploy', text('deploy'), true),
      dryRun: readBoolean('dry-run', text('dry-run'), false),
      json: false,
      quiet: false,
      standalone: false,
      check: false,
      force: false,
    },
  };
}

function readCommand(text: string): CommandName {
  const command = commands.find((candidate) => candidate === text);
  if (command !== undefined) return command;
  throw new Failure('settings.usage', {
    message: `'${text}' is not a command of this action`,
    where: 'input command',
    candidates: commands,
  });
}

/** YAML 1.2's core booleans, as the runner's own toolkit reads them. */
function readBoolean(name: string, text: string | undefined, otherwise: boolean): boolean {
  if (text === undefined) return otherwise;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new Failure('settings.usage', {
    message: `'${text}' is neither true nor false`,
    where: `input ${name}`,
    candidates: ['true', 'false'],
  });
}

/** One value a line; lines that start with `#` are comments. */
function readList(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
