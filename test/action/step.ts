import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, run } from '../ci/run.js';
import { repositoryRoot } from '../support/fixture-project.js';

export interface Step extends Ended {
  /** What the step wrote to `GITHUB_OUTPUT`, as the runner reads it. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Copy what a runner needs of this repository to a directory where no node_modules is anywhere above. */
export function installAction(directory: string): string {
  for (const name of ['action.yml', 'action', 'templates', 'package.json']) {
    cpSync(join(repositoryRoot(), name), join(directory, name), { recursive: true });
  }
  return directory;
}

/** Run the action as the runner does: inputs and files in the environment, in the workspace. `node`: the command that is Node. */
export async function runStep(
  action: string,
  workspace: string,
  inputs: Readonly<Record<string, string>>,
  options: { readonly node?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Step> {
  const temporary = join(action, 'runner-temp');
  mkdirSync(temporary, { recursive: true });
  const file = join(temporary, 'output');
  writeFileSync(file, '');
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: file,
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temporary,
    ...Object.fromEntries(given),
    ...options.env,
  };
  const [command = 'node', ...args] = options.node ?? ['node'];
  const ended = await run(command, [...args, join(action, 'action/index.mjs')], { cwd: workspace, env });
  return { ...ended, outputs: existsSync(file) ? parseOutputs(readFileSync(file, 'utf8')) : {} };
}

/** `NAME<<DELIMITER`, lines, `DELIMITER`. */
function parseOutputs(text: string): Readonly<Record<string, string>> {
  const blocks = text.matchAll(/^([\w-]+)<<(.+)\n([\s\S]*?)\n\2\n/gm);
  return Object.fromEntries([...blocks].map(([, name, , value]) => [name, value]));
}
