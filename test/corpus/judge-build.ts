import { runChild } from './child.js';
import type { CorpusOptions } from './options.js';
import { describeFailure, readEnd, type SlipwayFailure } from './slipway-end.js';
import { type Step, type Verdict, verdict } from './verdict.js';

/** Where a build's image, state and environment are. */
export interface BuildPlace {
  readonly directory: string;
  readonly repository: string;
  readonly stateDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** `slipway build`: undefined when the image is there and, where it could be asked, has answered. */
export async function judgeBuild(
  options: CorpusOptions,
  place: BuildPlace,
): Promise<{ readonly verdict?: Verdict; readonly steps: readonly Step[] }> {
  const settings = [
    ...options.mounts.map((name) => `build.mounts.${name}=true`),
    ...Object.entries(place.environment).map(([name, value]) => `try.environment.${name}=${value}`),
  ].flatMap((setting) => ['--set', setting]);
  const args = ['build', place.directory, '--json', '--quiet', '--repository', place.repository];
  const ended = await runChild(
    process.execPath,
    [options.cli, ...args, '--timeout', `${options.timeout}s`, ...settings],
    // Slipway ends a build that takes too long by itself; who is still there a minute later hangs.
    { seconds: options.timeout + 180, env: { SLIPWAY_STATE_DIRECTORY: place.stateDirectory } },
  );
  const { milliseconds } = ended;
  const end = readEnd(ended);
  if ('crash' in end) return { verdict: end.crash, steps: [] };
  if ('value' in end) return { steps: [{ name: 'build', says: 'ok', milliseconds }] };
  const says = `${end.failure.code} (${end.exitCode})`;
  return { verdict: judgeFailure(end.failure), steps: [{ name: 'build', says, milliseconds }] };
}

function judgeFailure(failure: SlipwayFailure): Verdict {
  const says = describeFailure(failure);
  switch (failure.code) {
    case 'build.command-failed':
      return judgeFailedCommand(failure);
    case 'build.timeout':
      return verdict('build failed', `it took too long: ${says}`);
    case 'build.output-missing':
      return verdict('wrong', `it built, but not what Slipway said it would: ${says}`);
    case 'build.unhealthy':
      return verdict('wrong', `it built, but does not start: ${says}${lastLinesOf(failure)}`);
    case 'build.pack-failed':
      return verdict('wrong', says);
    case 'build.base-image':
    case 'build.engine-unreachable':
    case 'build.engine-lost':
    case 'build.disk-full':
    case 'build.mount':
      return verdict('not judged', says);
    default:
      return verdict('wrong', `not a failure of a build: ${says}`);
  }
}

/** A step of our own that gives up says so with our name: it was planned wrong. */
function judgeFailedCommand(failure: SlipwayFailure): Verdict {
  const lines = failure.lastLines ?? [];
  const own = lines.find((line) => line.startsWith('slipway: '));
  if (own !== undefined) return verdict('wrong', `a step of Slipway's gave up after the build: ${own}`);
  return verdict('build failed', `${whoseFault(lines.join('\n'))}: ${failure.message}${lastLinesOf(failure)}`);
}

const suspicions: readonly (readonly [RegExp, string])[] = [
  [
    /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|certificate|Could not (transfer|resolve)|dial tcp|network|40[134] (Forbidden|Unauthorized|Not Found)/i,
    'perhaps the network or a registry',
  ],
  [
    /error TS\d+|COMPILATION ERROR|cannot find symbol|SyntaxError|undefined: |declared and not used|npm (ERR!|error) code EUSAGE|frozen-lockfile/i,
    "perhaps the project's own",
  ],
  [
    /invalid (target|source) release|unsupported engine|requires go >=|class file version|Unsupported class file|wrong version|needs at least|not found: |command not found|No such file/i,
    "perhaps Slipway's: a wrong version, command or file",
  ],
];

/** What the last lines suggest; a person decides. */
function whoseFault(lines: string): string {
  return suspicions.findLast(([pattern]) => pattern.test(lines))?.[1] ?? 'whose fault is not told';
}

function lastLinesOf({ lastLines }: SlipwayFailure): string {
  return (lastLines ?? [])
    .slice(-12)
    .map((line) => `\n| ${line.slice(0, 200)}`)
    .join('');
}
