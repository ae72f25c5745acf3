import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { describeError, Failure } from '../core/failure.js';
import { type CheckedLayer, combineLayers, type Settings } from './settings.js';
import type { FlagSetting } from './settings-text.js';

/** Where settings are looked for. */
export interface SettingsSources {
  /** The project's directory. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In the order they were written. */
  readonly flags: readonly FlagSetting[];
  /** A settings file instead of the project's `slipway.yml`, absolute or from the root. */
  readonly file?: string;
}

const fileNames = ['slipway.yml', 'slipway.yaml'];
/** Far more than a person writes: what the parser takes for its check of keys grows with their square. */
const largestFile = 30_000;

/**
 * All settings: flags before `SLIPWAY_*` before the file before defaults. Throws `settings.unreadable`,
 * `settings.unknown-key`, `settings.invalid`. Schema and YAML parser are loaded only where there is something to read.
 */
export async function readSettings(sources: SettingsSources): Promise<Settings> {
  const path = findFile(sources);
  const hasVariables = Object.keys(sources.environment).some((name) => name.startsWith('SLIPWAY_'));
  if (path === undefined && !hasVariables && sources.flags.length === 0) return combineLayers([], []);
  const [{ checkLayer }, { readFlags, readVariables }] = await Promise.all([
    import('./check-layer.js'),
    import('./settings-text.js'),
  ]);
  const layers: CheckedLayer[] = [];
  if (path !== undefined) {
    const { parseSettingsFile } = await import('./settings-file.js');
    layers.push(checkLayer(parseSettingsFile(shownPath(sources.root, path), readText(path))));
  }
  const { layer, warnings } = readVariables(sources.environment);
  layers.push(checkLayer(layer), checkLayer(readFlags(sources.flags)));
  return combineLayers(layers, warnings);
}

/** `path=value` of `--set` taken apart. Throws `settings.usage`. */
export function parseSetFlag(text: string): FlagSetting {
  const equals = text.indexOf('=');
  if (equals > 0) return { path: text.slice(0, equals).trim(), value: text.slice(equals + 1), flag: '--set' };
  throw new Failure('settings.usage', {
    message: '--set takes a setting and its value',
    where: '--set',
    remedy: 'Write it as --set PATH=VALUE, e.g. --set go.main=./cmd/server.',
  });
}

function findFile({ root, file }: SettingsSources): string | undefined {
  if (file !== undefined) return resolve(root, file);
  const found = fileNames.map((name) => join(root, name)).filter((path) => existsSync(path));
  if (found.length <= 1) return found[0] && insideOf(root, found[0]);
  throw new Failure('settings.invalid', {
    message: 'There are two settings files',
    where: root,
    remedy: 'Keep one of them.',
    candidates: fileNames,
  });
}

/** A link out of the project is no settings file of the project: who wants such a file names it with --config. */
function insideOf(root: string, path: string): string {
  if (realpathSync(path).startsWith(realpathSync(root) + sep)) return path;
  throw new Failure('settings.unreadable', {
    message: 'The settings file is a link that leads out of the project',
    where: basename(path),
    remedy: 'Put the file into the project, or name it: --config FILE.',
  });
}

function readText(path: string): string {
  try {
    if (statSync(path).size > largestFile) throw new Error(`it is larger than ${largestFile} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new Failure('settings.unreadable', {
      message: `The settings file cannot be read: ${describeError(error)}`,
      where: path,
      remedy: 'Name a readable UTF-8 text file.',
      cause: error,
    });
  }
}

/** Evidence ends up in plans, which hold no path of this machine: a file from elsewhere is told by its name. */
function shownPath(root: string, path: string): string {
  const inside = relative(resolve(root), path);
  return inside.startsWith('..') || inside === '' ? basename(path) : inside.replaceAll('\\', '/');
}
