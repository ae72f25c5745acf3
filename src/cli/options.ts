import { type Command, Option } from 'commander';
import type { SupplyChainOptions } from './supply-chain-options.js';

/** What every command's options parse to; names as commander camel-cases them. */
export interface CommonOptions extends SupplyChainOptions {
  readonly kind?: string;
  readonly name?: string;
  readonly config?: string;
  readonly set: readonly string[];
  readonly registry?: string;
  readonly repository?: string;
  readonly alsoPush?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
  readonly platform?: string;
  readonly port?: string;
  readonly health?: string;
  readonly env?: string;
  readonly service?: string;
  readonly timeout?: string;
  readonly transfer?: string;
  readonly try: boolean;
  readonly deploy: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly plan?: string;
  readonly image?: string;
  readonly release?: string;
  readonly out?: string;
  readonly standalone: boolean;
  readonly check: boolean;
  readonly force: boolean;
  /** `deploy`, `ship`: an older release than what is there is meant. */
  readonly allowOlder?: boolean;
  /** `deploy`, `ship`: a person's rollback no longer holds. */
  readonly unpin?: boolean;
  /** `deploy`, `ship`, `rollback`: nothing to do is an exit code of its own. */
  readonly detailedExitCode?: boolean;
  /** `rollback`: the version that is gone back to. */
  readonly to?: string;
  /** `rollback`: false, where automation may go forward again. */
  readonly pin?: boolean;
  /** `explain`: the one fact that is asked for. */
  readonly fact?: string;
  readonly tagPrefix?: string;
  readonly deepen: boolean;
  readonly explain: boolean;
  /** `init`: what the template is for. */
  readonly deployTarget?: string;
  /** `check`: registries are not asked. */
  readonly offline?: boolean;
  /** `check`: rules that are left out. */
  readonly ignore?: readonly string[];
  /** `caches`: a directory was named, so only its project's caches are meant. */
  readonly projectCaches?: boolean;
  /** `push`, `ship`: take the moving tags from whoever has them. */
  readonly forceMoving?: boolean;
  /** `releases`, `history`: how many are listed. */
  readonly limit?: string;
  /** `prune`: delete, and do not only say. */
  readonly apply?: boolean;
  readonly foreign?: boolean;
  readonly keep?: string;
  readonly keepPrereleases?: string;
  readonly keepLines?: string;
  readonly keepDays?: string;
  readonly protect?: string;
}

/** The settings that have a flag of their own, by flag; every other one is reached by `--set PATH=VALUE`. */
export const settingFlags = {
  kind: 'kind',
  name: 'name',
  registry: 'image.registry',
  repository: 'image.repository',
  alsoPush: 'image.also-push',
  platform: 'image.platform',
  port: 'port',
  health: 'health',
  env: 'deploy.environment',
  timeout: 'build.timeout',
  transfer: 'build.transfer',
  tagPrefix: 'version.tag-prefix',
  keep: 'retention.keep',
  keepPrereleases: 'retention.keep-prereleases',
  keepLines: 'retention.keep-lines',
  keepDays: 'retention.keep-days',
  protect: 'retention.protect',
} as const satisfies Partial<Record<keyof CommonOptions, string>>;

/** What decides the project and its image: for every command that makes a plan. */
export function addProjectOptions(command: Command): Command {
  return addVersionOptions(command)
    .option('--kind <kind>', 'what the project is, where detection should not decide')
    .option('--name <name>', 'name of the project: the image and the service are called so')
    .option('--registry <host/path>', 'registry to push to, e.g. registry.example.com/team')
    .option('--repository <name>', 'repository of the image, where it is not <registry>/<name>')
    .option('--platform <os/arch>', 'platform of the image (default: linux/amd64)')
    .option('--port <number>', 'port the service listens on')
    .option('--health <path>', 'HTTP path that answers when the service is well');
}

/** What decides the version: for every command that reads the history. */
export function addVersionOptions(command: Command): Command {
  return addOutputOptions(command)
    .option('--tag-prefix <text>', "what stands before the version in this project's git tags, e.g. accounts/")
    .option('--deepen', 'fetch the history and the tags that the clone lacks, before they are read', false)
    .option('--config <file>', 'settings file (default: slipway.yml in the directory)')
    .option('--set <path=value>', 'any setting, e.g. --set go.main=./cmd/server; may be repeated', collect, []);
}

/** How the result and the progress are shown: for every command. */
export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print the result as one JSON object on stdout', false)
    .option('--quiet', 'no progress on stderr, only failures', false);
}

export function addBuildOptions(command: Command): Command {
  return command
    .option('--timeout <time>', 'longest time the build may take, e.g. 20m (default: 30m)')
    .addOption(new Option('--transfer <how>', 'how sources reach the builder').choices(['auto', 'mount', 'stream']))
    .option('--no-try', 'do not start the image once before it is pushed');
}

export function addDeployOptions(command: Command): Command {
  return command
    .option('--env <name>', 'deploy environment')
    .option('--service <id>', "the service's id in the deploy templates");
}

/** What decides where an image goes, and with which login: for every command that pushes. */
export function addPushOptions(command: Command): Command {
  return command
    .option('--also-push <host/path>', 'a further registry to push to; may be repeated', (value, before?: string) =>
      before === undefined ? value : `${before},${value}`,
    )
    .option('--username <user>', "user name for the image's registry, with --password-stdin")
    .option('--password-stdin', 'read the password or token for --username from stdin', false);
}

export function addPlanFileOption(command: Command): Command {
  return command.option('--plan <file>', 'follow this plan file instead of making a plan');
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
