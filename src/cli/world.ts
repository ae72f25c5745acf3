import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import { createProgress } from '../io/progress.js';
import { findProject } from '../io/project-root.js';
import { parseSetFlag, readSettings } from '../settings/read-settings.js';
import type { Settings } from '../settings/settings.js';
import type { FlagSetting } from '../settings/settings-text.js';
import { type Screen, screenOf } from './explain/screen.js';
import { type CommonOptions, settingFlags } from './options.js';
import { planRunDirectory, type RunDirectory } from './run-directory.js';
import { supplyChainFlags } from './supply-chain-options.js';

/** All that a command works with: what was asked for, and this machine. */
export interface World {
  /** Absolute path of the project's root. */
  readonly root: string;
  /** Path in the root, with `/`, of the jar that was named instead of a directory. */
  readonly jar?: string;
  readonly options: CommonOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  /** Where the result is shown to a person. */
  readonly screen: Screen;
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

/** Throws `settings.usage` for a directory or jar that is not there. */
export function openWorld(directory: string, options: CommonOptions, signal: AbortSignal): World {
  const environment = process.env;
  const { root, jar } = findProject(directory);
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
    ...(jar !== undefined && { jar }),
    options,
    environment,
    progress,
    screen: screenOf(process.stdout, environment),
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
  const moving = options.forceMoving ? [{ path: 'version.moving', value: 'force', flag: '--force-moving' }] : [];
  const attached = supplyChainFlags(options);
  return [...own, ...tried, ...moving, ...attached, ...(options.set ?? []).map(parseSetFlag)];
}

function stateDirectory(environment: World['environment']): string {
  const cache = environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return environment.SLIPWAY_STATE_DIRECTORY || join(cache, 'slipway');
}

/** Throws `settings.usage` for a jar that is already built: there is nothing that a Dockerfile of its own could build. */
export function requireSources(world: World): void {
  if (world.jar === undefined) return;
  throw new Failure('settings.usage', {
    message: 'A jar that is already built has no sources for a standalone Dockerfile to build',
    where: world.jar,
    remedy: "Name the project's directory, or see the Dockerfile that packs the jar with `slipway preview`.",
  });
}
