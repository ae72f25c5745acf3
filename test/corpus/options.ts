import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

export interface CorpusOptions {
  readonly directory: string;
  readonly detectOnly: boolean;
  readonly jobs: number;
  /** Longest time of one project's build, in seconds. */
  readonly timeout: number;
  readonly json?: string;
  readonly only?: string;
  /** Client settings of this host that the builds may read. */
  readonly mounts: readonly string[];
  readonly keepCaches: boolean;
  /** The command line that is judged. */
  readonly cli: string;
}

/** Parse `npm run corpus -- …`. Commander prints what is wrong, and `--help`; both end with a `CommanderError`. */
export function parseOptions(argv: readonly string[]): CorpusOptions {
  const program = new Command('npm run corpus --')
    .description(
      'Judge Slipway by a folder of foreign projects: each sub-directory is one, and is copied before it is read.',
    )
    .argument('<dir>', 'the folder')
    .option('--detect-only', 'detect, plan and lint; no engine, so nothing is proven right', false)
    .option('--jobs <number>', 'projects at a time', parseCount, 1)
    .option('--timeout <time>', 'longest time of a build: 90s, 20m', parseTime, 900)
    .option('--json <file>', 'write the report there as well')
    .option('--only <glob>', 'only the projects whose name matches; * and ? are wild')
    .option(
      '--mounts <names>',
      'client settings of this host that the builds may read; none: ""',
      parseNames,
      defaultMounts,
    )
    .option('--keep-caches', 'keep the dependency caches in the engine for the next run', false)
    .option('--cli <file>', 'another build of the command line', 'dist/cli/main.js')
    .addHelpText('after', help)
    .exitOverride();
  program.parse(['node', 'corpus', ...argv]);
  const { cli, json, ...options } = program.opts<Omit<CorpusOptions, 'directory'>>();
  // npm runs a script in the package's directory, wherever it was called.
  const at = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path);
  return { ...options, cli: resolve(cli), directory: at(program.args[0] ?? '.'), ...(json && { json: at(json) }) };
}

const defaultMounts = ['ca', 'npmrc', 'go-env', 'maven-settings', 'gradle-properties'];

const help = `
Outcomes:
  right          built, started read-only, and answered; or refused as its expected.json says
  detected       --detect-only: an answer that nothing contradicts, and nothing proves
  refused        exit code 20-29 with what to do about it
  wrong          facts against expected.json, a Dockerfile with lint, outputs that are not there, an image that ends or never answers
  crashed        a bug (70), a stack trace, a signal, a timeout
  build failed   the project's own build ended badly: the last lines say whose fault it is
  not judged     no base image here, no engine, too large to copy: why is said

What is expected may be said in PROJECT/expected.json, or beside it in PROJECT.expected.json:
  {"kind": "go", "facts": {"port": "8080"}, "refused": "detect.ambiguous",
   "environment": {"KEY": "value"}, "requests": [{"path": "/", "status": 200, "contains": "text"}]}
The layout of fixtures/projects (expected/detection.json, refusal.json, answer.json) is read too.

Exit codes: 0; 1 when a project is wrong or crashed; 2 when nothing could be judged.`;

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new InvalidArgumentError('It is not a number from 1 to 64.');
}

function parseTime(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([sm]?)$/.exec(text) ?? [];
  const seconds = Number(digits) * (unit === 'm' ? 60 : 1);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('It is not a time such as 90s or 20m.');
}

function parseNames(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}
