import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.js';
import { findCompanyTemplates } from './company-templates.js';
import { openSourceTree } from './source-tree.js';

/** Where templates are looked for. */
export interface TemplatePlaces {
  readonly projectRoot: string;
  /** The setting `templates`: a company's package or directory, or `none` for Slipway's own alone. */
  readonly setting?: string;
  /** The directory with Slipway's own `templates/`; needed where this module was bundled to another place. */
  readonly packageRoot?: string | URL;
}

/** A template, and where it came from as a person would say it. */
export interface Template {
  readonly text: string;
  /** A path in the project, `<setting>/<kind>/<file>` of a company's, or `slipway:<kind>/<file>` for one of Slipway's own. */
  readonly origin: string;
  /** Whether it is one of Slipway's own. */
  readonly builtIn: boolean;
}

/** Where a project keeps templates of its own. */
const projectDirectory = '.slipway/templates';

/**
 * The first there is of the project's `.slipway/templates/<kind>/<file>`, the company's `<kind>/<file>` and Slipway's own. Throws
 * `detect.template` where there is none or the company's templates cannot be used, `detect.unreadable` where one is not a text.
 */
export function loadTemplate(kind: string, file: string, places: TemplatePlaces): Template {
  if (![kind, file].every((name) => /^[\w][\w.-]*$/.test(name))) throw missing(kind, file);
  for (const { root, directory, name } of overrides(places)) {
    const text = openSourceTree(root).read(`${directory}${kind}/${file}`);
    if (text !== undefined) return { text, origin: `${name}/${kind}/${file}`, builtIn: false };
  }
  const text = readOrUndefined(join(packageRootOf(places), 'templates', kind, file));
  if (text === undefined) throw missing(kind, file);
  return { text, origin: `slipway:${kind}/${file}`, builtIn: true };
}

/** A directory below a root that no symbolic link may lead out of. */
interface Override {
  readonly root: string;
  /** '' or with a slash at its end. */
  readonly directory: string;
  readonly name: string;
}

/** What comes before Slipway's own: the project's, then its company's. */
function overrides({ projectRoot, setting = projectDirectory }: TemplatePlaces): readonly Override[] {
  if (setting === 'none') return [];
  const own = { root: projectRoot, directory: `${projectDirectory}/`, name: projectDirectory };
  const wanted = setting.replace(/(?<=.)\/+$/, '');
  if (wanted.replace(/^(?:\.\/)+/, '') === projectDirectory) return [own];
  const company = findCompanyTemplates(wanted, projectRoot);
  return [own, { root: company.path, directory: '', name: company.name.replace(/^(?:\.\/)+/, '') }];
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

function missing(kind: string, file: string): Failure {
  return new Failure('detect.template', {
    message: `There is no template '${file}' for the kind '${kind}'`,
    where: `${projectDirectory}/${kind}`,
    remedy: 'Put one there, or choose a kind that Slipway has a template for.',
  });
}
