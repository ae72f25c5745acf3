import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../core/failure.js';
import { findTopLevel } from './git-command.js';

/** Where a project is, and the jar in it that was named instead of a directory. */
export interface ProjectPlace {
  /** Absolute. */
  readonly root: string;
  /** Path in the root, with `/`. */
  readonly jar?: string;
}

/**
 * The project that a directory or an already built jar names. A jar belongs to the nearest directory above it with a
 * `slipway.yml`, no further up than its repository's top, else to that top; outside of a repository to its own
 * directory. Throws `settings.usage` where there is neither.
 */
export function findProject(path: string): ProjectPlace {
  const found = statSync(resolve(path), { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return { root: resolve(path) };
  if (found?.isFile() === true && /\.[jw]ar$/i.test(path)) return jarPlace(realpathSync(resolve(path)));
  if (found !== undefined) throw notAProject(path);
  throw new Failure('settings.usage', {
    message: `There is no directory or jar '${basename(path) === path ? path : resolve(path)}'`,
    remedy: 'Name the directory of the project or a jar that is already built, or run Slipway in the directory.',
  });
}

function notAProject(path: string): Failure {
  return new Failure('settings.usage', {
    message: `'${basename(path)}' is neither a directory nor a .jar or .war file`,
    where: path,
    remedy: `Name the project's directory: ${dirname(path)}`,
  });
}

function jarPlace(file: string): ProjectPlace {
  const directory = dirname(file);
  const top = findTopLevel(directory);
  const root = nearestSettings(directory, top ?? directory) ?? top ?? directory;
  return { root, jar: relative(root, file).split(sep).join('/') };
}

function nearestSettings(from: string, top: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'slipway.yml'))) return directory;
    if (directory === top || directory === dirname(directory)) return undefined;
  }
}
