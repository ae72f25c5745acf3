import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { devNull } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describeError, Failure } from '../core/failure.js';

/** A reader of one repository. Its commands change nothing, ask nobody, run no hook, and obey no configuration of the user. */
export interface GitReader {
  /** Absolute path of the work tree that the directory is in. */
  readonly topLevel: string;
  /** One git command's whole stdout. Throws `detect.no-history`. */
  run(args: readonly string[]): Promise<string>;
}

/** The repository that a directory is in; undefined where no directory above it has one. Loads simple-git only then. */
export async function openGit(directory: string): Promise<GitReader | undefined> {
  const topLevel = findTopLevel(directory);
  if (topLevel === undefined) return undefined;
  const { simpleGit } = await import('simple-git');
  const environment = { ...ambientEnvironment(), ...gitEnvironment(topLevel) };
  const options = {
    baseDir: resolve(directory),
    maxConcurrentProcesses: 4,
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    unsafe: {
      allowUnsafeConfigPaths: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
    },
  };
  return {
    topLevel,
    // An instance runs its commands one after the other; each gets its own, so that a caller can run several at once.
    run: async (args) => {
      try {
        return await simpleGit(options)
          .env(environment)
          .raw([...args]);
      } catch (error) {
        throw gitFailure(error, args, topLevel);
      }
    },
  };
}

/**
 * The nearest directory at or above this one with a `.git` (a file in work trees and submodules); undefined: there is none.
 */
export function findTopLevel(directory: string): string | undefined {
  let candidate = resolve(directory);
  for (;;) {
    if (isGitDirectory(join(candidate, '.git'))) return candidate;
    const parent = dirname(candidate);
    if (parent === candidate) return undefined;
    candidate = parent;
  }
}

function isGitDirectory(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true || (found?.isDirectory() === true && existsSync(join(path, 'HEAD')));
}

/** Git's own variables (a hook's `GIT_DIR`, a user's `GIT_CONFIG_…`) and what would translate or page are left behind. */
function ambientEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(GIT_.*|PAGER|EDITOR|VISUAL|SSH_ASKPASS|PREFIX|LANGUAGE)$/i.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

/** Sources: git(1) "Environment Variables", git-config(1) `GIT_CONFIG_COUNT`, `safe.directory`. */
function gitEnvironment(topLevel: string): Record<string, string> {
  const config: readonly (readonly [string, string])[] = [
    // Containers and CI run as another user than the one who cloned; trust this one directory, for this one process.
    ['safe.directory', topLevel],
    ['safe.directory', realpathSync(topLevel)],
    ['core.fsmonitor', 'false'],
    ['core.hooksPath', devNull],
    ['core.excludesFile', ''],
    ['core.attributesFile', ''],
    ['log.showSignature', 'false'],
  ];
  return {
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: devNull,
    // In a partial clone git would fetch what it lacks. Before 2.44 it does not know the first variable.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

function gitFailure(error: unknown, args: readonly string[], topLevel: string): Failure {
  if (isGitMissing()) {
    return new Failure('detect.no-history', {
      message: 'The sources are in a git repository, but there is no git to read it with',
      where: topLevel,
      remedy: 'Install git, and have it on the PATH: in a CI, in the image that the job runs in.',
      cause: error,
    });
  }
  if (isPartial(topLevel)) {
    return new Failure('detect.no-history', {
      message: 'The clone is partial, and reading it does not fetch what it lacks',
      where: topLevel,
      remedy: 'Clone without a filter (Woodpecker: `partial: false`; elsewhere no `--filter=tree:0`).',
      cause: error,
    });
  }
  return new Failure('detect.no-history', {
    message: `git cannot read the repository: ${describeError(error)}`,
    where: topLevel,
    remedy: `Run \`git ${args[0] ?? ''}\` there and repair what it says.`,
    cause: error,
  });
}

/** Git's own mark of a partial clone: git-config(1), `remote.<name>.promisor`. */
function isPartial(topLevel: string): boolean {
  const environment = { ...ambientEnvironment(), ...gitEnvironment(topLevel) };
  const args = ['config', '--get-regexp', String.raw`^remote\..*\.promisor$`];
  return spawnSync('git', args, { cwd: topLevel, env: environment, stdio: 'ignore' }).status === 0;
}

function isGitMissing(): boolean {
  const { error } = spawnSync('git', ['--version'], { stdio: 'ignore' });
  return error !== undefined && 'code' in error && error.code === 'ENOENT';
}
