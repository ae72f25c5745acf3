import type { Evidence } from '../../core/project.js';
import type { Attempt } from './attempt.js';
import { type ConfigFile, isComputed, literalOf, placeOf, plainFolder } from './config-file.js';
import { staticServer } from './static-server.js';

/** A site of files that a build makes. */
export interface Site extends Evidence {
  /** Undefined where it cannot be known without running the configuration. */
  readonly folder: string | undefined;
  /** The pages that a path without a file gets: those of single-page applications. A site of many pages has its own 404.html. */
  readonly fallbacks?: readonly string[];
  /** The path that the site's own links begin with. */
  readonly base?: string | undefined;
}

/** The static file server on a site; refused where the site's folder cannot be told. */
export function serveSite({ folder, fallbacks = [], base, ...evidence }: Site): Attempt {
  if (folder === undefined) {
    return { ...evidence, refused: 'the directory of its site is computed, or lies outside of the project', value: '' };
  }
  const path = base === undefined ? undefined : basePath(base);
  return {
    ...evidence,
    argv: [
      'node',
      staticServer.path,
      folder,
      ...fallbacks.map((page) => `--fallback=${page}`),
      ...(path === undefined || path === '/' ? [] : [`--base=${path}`]),
    ],
  };
}

/** A folder that the configuration may name: the default where it says nothing, undefined where it computes one. */
export function folderFrom(config: ConfigFile, key: string, usual: string, parent = ''): string | undefined {
  const written = literalOf(config, key);
  if (written === undefined) return isComputed(config, key) ? undefined : plainFolder(parent, usual);
  return plainFolder(parent, written);
}

/** Evidence for what a configuration says of a key: its line where it is there, else only the reason. */
export function saidBy(config: ConfigFile, key: string, because: string): Evidence {
  const isThere = new RegExp(`\\b${key}['"]?:`).exec(config.text)?.[0];
  return { ...(isThere !== undefined && placeOf(config, isThere)), because };
}

/** The word after a flag in a script: `--outDir site`, `--outDir=site`; undefined where it is not given. */
export function flagOf(script: string, ...flags: readonly string[]): string | undefined {
  for (const flag of flags) {
    const found = new RegExp(`(?:^|\\s)${flag}(?:=|\\s{1,4})['"]?([^\\s'"&|;]{1,200})`).exec(script)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path of a base, which may be a whole address; undefined where it is none that a site can be asked under. */
function basePath(base: string): string | undefined {
  const path = base.replace(/^https?:\/\/[^/]*/, '');
  return /^(\/[\w.~-]+)*\/?$/.test(path) && path !== '' ? `${path.replace(/\/$/, '')}/` : undefined;
}
