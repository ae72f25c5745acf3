import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import { createProgress } from '../io/progress.js';
import { parseSetFlag, readSettings } from '../settings/read-settings.js';
import type { Settings } from '../settings/settings.js';
import type { FlagSetting } from '../settings/settings-text.js';
import { type CommonOptions, settingFlags } from './options.js';
import { planRunDirectory, type RunDirectory } from './run-directory.js';

/** All that a command works with: what was asked for, and this machine. */
export interface World {
  /** Absolute path of the project's root. */
  readonly root: string;
  readonly options: CommonOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Unique for this process: `[a-z0-9-]+`. */
  readonly runId: string;
  /** What outlives a run: `SLIPWAY_STATE_DIRECTORY`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`. */
  readonly stateDirectory: string;
  readonly runDirectory: RunDirectory;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** The settings; read once. */
  readonly settings: () => Promise<Settings>;
  /** Take a status that still stands off the terminal, and this run's directory off the disk. */
  readonly close: () => Promise<void>;
}

/** Throws `settings.usage` for a directory that is not there. */
export function openWorld(directory: string, options: CommonOptions, signal: AbortSignal): World {
  const environment = process.env;
  const root = resolve(directory);
  if (!existsSync(root) || !statSync(root).isDirectory()) throw noDirectory(directory);
  const progress = createProgress({
    stream: process.stderr,
    quiet: options.quiet,
    tty: process.stderr.isTTY === true,
    color: process.stderr.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb',
    now: () => performance.now(),
  });
  let settings: Promise<Settings> | undefined;
  const runId = `${process.pid.toString(36)}-${randomBytes(4).toString('hex')}`;
  const state = stateDirectory(environment);
  const runDirectory = planRunDirectory(runId, state);
  return {
    root,
    options,
    environment,
    progress,
    signal,
    runId,
    stateDirectory: state,
    runDirectory,
    now: () => performance.now(),
    settings: () => {
      settings ??= openSettings(root, options, environment, progress);
      return settings;
    },
    close: () => {
      progress.close();
      return runDirectory.remove();
    },
  };
}

/** What long operations of a run get. */
export function contextOf(world: World): RunContext {
  return { progress: world.progress, signal: world.signal };
}

async function openSettings(
  root: string,
  options: CommonOptions,
  environment: World['environment'],
  progress: Progress,
): Promise<Settings> {
  const settings = await readSettings({
    root,
    environment,
    flags: flagsOf(options),
    ...(options.config !== undefined && { file: resolve(options.config) }),
  });
  for (const warning of settings.warnings) progress.warn(warning);
  return settings;
}

/** Settings that were given as flags; a later one wins. */
function flagsOf(options: CommonOptions): readonly FlagSetting[] {
  const own = Object.entries(settingFlags).flatMap(([flag, path]) => {
    const value = options[flag as keyof typeof settingFlags];
    return value === undefined
      ? []
      : [{ path, value, flag: `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}` }];
  });
  const tried = options.try === false ? [{ path: 'try.enabled', value: false, flag: '--no-try' }] : [];
  return [...own, ...tried, ...(options.set ?? []).map(parseSetFlag)];
}

function stateDirectory(environment: World['environment']): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return environment.SLIPWAY_STATE_DIRECTORY || join(cache, 'slipway');
}

function noDirectory(directory: string): Failure {
  return new Failure('settings.usage', {
    message: `There is no directory '${basename(directory) === directory ? directory : resolve(directory)}'`,
    remedy: 'Name the directory of the project, or run Slipway in it.',
  });
}
