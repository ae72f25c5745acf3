import { devNull } from 'node:os';
import { describeError, Failure } from '../core/failure.js';

/** Git for one bare repository of ours. It asks nobody anything, runs no hook, converts no line end, signs nothing. */
export interface DeployGit {
  /** One command's whole stdout. Throws `deploy.repository`; the address in a message carries no password. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string>;
  /** As `run`; undefined where the command fails. */
  tryRun(args: readonly string[]): Promise<string | undefined>;
  /** As `run`; the failure is returned, with all that git and the server said. */
  attempt(args: readonly string[]): Promise<Attempt>;
}

export type Attempt =
  | { readonly done: true }
  | { readonly done: false; readonly failure: Failure; readonly said: readonly string[] };

export interface DeployGitOptions {
  /** The bare repository's directory. */
  readonly directory: string;
  /** The remote's address, never shown. */
  readonly url: string;
  /** The same, as it may be shown. */
  readonly shownUrl: string;
  readonly signal: AbortSignal;
}

/**
 * The user's own git configuration stays in force where it says how to reach the remote (credential helpers, SSH, proxies,
 * `insteadOf`, CAs) and who the author is; what would change bytes or run programs is switched off.
 */
const configuration: readonly string[] = [
  `core.hooksPath=${devNull}`,
  `core.attributesFile=${devNull}`,
  'core.autocrlf=false',
  'core.fsmonitor=false',
  'core.quotePath=true',
  'commit.gpgSign=false',
  'push.gpgSign=false',
  'push.followTags=false',
  'push.recurseSubmodules=no',
  'fetch.recurseSubmodules=false',
  'fetch.prune=false',
  'fetch.writeCommitGraph=false',
  // Guessing an author from the machine's names is git's habit, not ours.
  'user.useConfigOnly=true',
  'log.showSignature=false',
  'log.mailmap=false',
  'notes.displayRef=',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
  'safe.bareRepository=all',
];

/** Variables that say which repository a surrounding git command (a hook, an alias) works on: none of ours. */
export const surroundings =
  /^(GIT_(DIR|WORK_TREE|INDEX_FILE|INDEX_VERSION|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|QUARANTINE_PATH|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|EDITOR|SEQUENCE_EDITOR|PAGER|EXTERNAL_DIFF|TRACE.*|EXEC_PATH|TEMPLATE_DIR|DEFAULT_HASH|REFLOG_ACTION|PUSH_OPTION_.*)|EDITOR|VISUAL|PAGER|PREFIX|LANGUAGE)$/;

export async function openDeployGit(options: DeployGitOptions): Promise<DeployGit> {
  const { simpleGit } = await import('simple-git');
  const ambient = Object.fromEntries(Object.entries(process.env).filter(([name]) => !surroundings.test(name)));
  async function execute(args: readonly string[], more: Readonly<Record<string, string>>): Promise<string> {
    const environment = { ...ambient, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_DIR: options.directory, ...more };
    const git = simpleGit({
      baseDir: options.directory,
      config: [...configuration],
      abort: options.signal,
      timeout: { block: 120_000, stdOut: true, stdErr: true },
      allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
      unsafe: {
        allowUnsafeHooksPath: true,
        allowUnsafeTemplateDir: true,
        allowUnsafeFsMonitor: true,
        allowUnsafeSshCommand: true,
        allowUnsafeAskPass: true,
        allowUnsafeConfigEnvCount: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeCredentialHelper: true,
        allowUnsafeUrlRewrite: true,
        allowUnsafeGitProxy: true,
      },
    });
    return await git.env(environment as Record<string, string>).raw([...args]);
  }
  return {
    async run(args, environment = {}) {
      try {
        return await execute(args, environment);
      } catch (error) {
        options.signal.throwIfAborted();
        throw repositoryFailure(error, options);
      }
    },
    async tryRun(args) {
      try {
        return await execute(args, {});
      } catch {
        options.signal.throwIfAborted();
        return undefined;
      }
    },
    async attempt(args) {
      try {
        await execute(args, {});
        return { done: true };
      } catch (error) {
        options.signal.throwIfAborted();
        return { done: false, failure: repositoryFailure(error, options), said: linesSaid(error) };
      }
    },
  };
}

function linesSaid(error: unknown): readonly string[] {
  return error instanceof Error ? error.message.split('\n').filter((line) => line.trim() !== '') : [];
}

function repositoryFailure(error: unknown, options: DeployGitOptions): Failure {
  const said = linesSaid(error);
  const hide = (text: string): string => text.replaceAll(options.url, options.shownUrl);
  const telling = said.find((line) => /^(?:fatal|error|remote|!)/.test(line)) ?? said[0] ?? describeError(error);
  return new Failure('deploy.repository', {
    message: `git cannot work with the deploy repository: ${hide(telling)}`,
    where: options.shownUrl,
    remedy: `Check that this works here, without a question: git ls-remote ${options.shownUrl}`,
    lastLines: said.slice(-10).map(hide),
  });
}
