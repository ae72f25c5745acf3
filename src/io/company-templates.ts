import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import { openSourceTree } from './source-tree.js';

/** Version of the data that templates get (docs/templates.md). */
const dataVersion = 1;

/** A directory of templates that several projects share. */
export interface TemplateDirectory {
  readonly path: string;
  /** As the setting names it. */
  readonly name: string;
}

/**
 * The directory that the setting `templates` names: a path (`./…`, `../…`, `/…`), else a directory of the project, else an npm
 * package in `node_modules` of the project or above it. Throws `detect.template` where there is none, with the places that
 * were looked at, or where it is made for other data; `settings.invalid` where it could be two things.
 */
export function findCompanyTemplates(setting: string, projectRoot: string): TemplateDirectory {
  const inProject = resolve(projectRoot, setting);
  if (/^(?:\.{0,2}\/|\.{1,2}$)/.test(setting)) {
    if (!isDirectory(inProject)) throw notThere(setting, [setting]);
    return checked({ path: inProject, name: setting }, false);
  }
  const packages = ancestors(resolve(projectRoot)).map((directory) => join(directory, 'node_modules', setting));
  const installed = packages.find(isDirectory);
  if (isDirectory(inProject) && installed !== undefined) throw twice(setting);
  if (installed !== undefined) return checked({ path: installed, name: setting }, true);
  if (isDirectory(inProject)) return checked({ path: inProject, name: setting }, false);
  throw notThere(setting, [
    `./${setting}`,
    ...packages.map((_path, level) => `${'../'.repeat(level)}node_modules/${setting}`),
  ]);
}

function ancestors(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...ancestors(parent)];
}

function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** `"slipway": { "templates": 1 }` in package.json: a package must say it, a directory may. */
function checked(found: TemplateDirectory, isPackage: boolean): TemplateDirectory {
  const made = madeFor(found);
  if (made === dataVersion || (made === undefined && !isPackage)) return found;
  throw new Failure('detect.template', {
    message:
      made === undefined
        ? 'The package does not say that it holds templates for Slipway'
        : `The templates are made for version ${String(JSON.stringify(made)).slice(0, 20)} of the data, and this Slipway gives version ${dataVersion}`,
    where: `${found.name}/package.json`,
    remedy:
      made === undefined
        ? `Name another in the setting 'templates', or add "slipway": { "templates": ${dataVersion} } to its package.json.`
        : 'Use a version of the package that fits this Slipway, or the Slipway that it was made for.',
  });
}

function madeFor({ path, name }: TemplateDirectory): unknown {
  const text = openSourceTree(path).read('package.json');
  if (text === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(text);
    return Object(Object(manifest).slipway).templates;
  } catch (cause) {
    throw new Failure('detect.template', {
      message: 'The manifest of the templates is not JSON',
      where: `${name}/package.json`,
      remedy: 'Repair it, or install the package again.',
      cause,
    });
  }
}

function notThere(setting: string, looked: readonly string[]): Failure {
  const places = looked.length > 6 ? [...looked.slice(0, 5), `and ${looked.length - 5} directories above`] : looked;
  return new Failure('detect.template', {
    message: `There are no templates at '${setting}': looked for ${places.join(', ')}`,
    where: 'templates',
    remedy: 'Install the package first (npm ci), or correct the setting: a path starts with ./, ../ or /.',
  });
}

function twice(setting: string): Failure {
  return new Failure('settings.invalid', {
    message: `'${setting}' is a directory of the project, and a package that is installed`,
    where: 'templates',
    remedy: `Write ./${setting} for the directory, or the path node_modules/… with ./ before it for the package.`,
    candidates: [`./${setting}`, `./node_modules/${setting}`],
  });
}
