import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.js';
import { openSourceTree } from './source-tree.js';

/** Where templates are looked for. */
export interface TemplatePlaces {
  readonly projectRoot: string;
  /** Path in the project whose templates take precedence; default `.slipway/templates`. */
  readonly overrideDirectory?: string;
  /** The directory with Slipway's own `templates/`; needed where this module was bundled to another place. */
  readonly packageRoot?: string | URL;
}

/** A template, and where it came from as a person would say it. */
export interface Template {
  readonly text: string;
  /** A path in the project, or `slipway:<kind>/<file>` for one of Slipway's own. */
  readonly origin: string;
}

/**
 * `<overrideDirectory>/<kind>/<file>` of the project, or else Slipway's own `templates/<kind>/<file>`. Throws
 * `detect.template` where neither is there, `detect.unreadable` where the project's is not a text.
 */
export function loadTemplate(kind: string, file: string, places: TemplatePlaces): Template {
  if (![kind, file].every((name) => /^[\w][\w.-]*$/.test(name))) throw missing(kind, file, places);
  const path = `${overrideDirectoryOf(places)}/${kind}/${file}`;
  const own = openSourceTree(places.projectRoot).read(path);
  if (own !== undefined) return { text: own, origin: path };
  const text = readOrUndefined(join(packageRootOf(places), 'templates', kind, file));
  if (text === undefined) throw missing(kind, file, places);
  return { text, origin: `slipway:${kind}/${file}` };
}

function overrideDirectoryOf(places: TemplatePlaces): string {
  return (places.overrideDirectory ?? '.slipway/templates').replace(/^(\.\/)+|\/+$/g, '');
}

/** This module is at `src/io/` and at `dist/io/`: the package is two directories up in both. */
function packageRootOf({ packageRoot = new URL('../..', import.meta.url) }: TemplatePlaces): string {
  return packageRoot instanceof URL ? fileURLToPath(packageRoot) : packageRoot;
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function missing(kind: string, file: string, places: TemplatePlaces): Failure {
  return new Failure('detect.template', {
    message: `There is no template '${file}' for the kind '${kind}'`,
    where: `${overrideDirectoryOf(places)}/${kind}`,
    remedy: 'Put one there, or choose a kind that Slipway has a template for.',
  });
}
