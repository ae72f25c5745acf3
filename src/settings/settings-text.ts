import { Failure } from '../core/failure.js';
import { nearest } from '../core/nearest.js';
import { type RawLayer, unknownKey } from './check-layer.js';
import type { LeafType } from './leaves.js';
import { placeAt, settingPaths, variableOf } from './schema-paths.js';

/** One setting given on the command line. */
export interface FlagSetting {
  /** `image.registry` */
  readonly path: string;
  readonly value: string | number | boolean | readonly string[];
  /** The flag as the user wrote it: `--registry`. */
  readonly flag: string;
}

/** Variables with our prefix that are not settings. */
const otherVariables =
  /^SLIPWAY_(REGISTRY_USER|REGISTRY_PASSWORD|SIGN_PASSWORD|VERSION|DEBUG|STATE_DIRECTORY|MARATHON_.*|DCOS_.*|PACKAGE|PIPELINE|DIRECTORY|TEST_.*|ENGINE_.*)$/;

/** Read the flags; the last of two for the same setting holds. Throws `settings.unknown-key`. */
export function readFlags(flags: readonly FlagSetting[]): RawLayer {
  return nest(flags.map(({ path, value, flag }) => ({ path: path.split('.'), value, origin: flag })));
}

/**
 * Read the variables that name settings; an empty one is as if it were not there. Throws `settings.unknown-key` for a
 * variable that is nearly a setting's; others with our prefix are warned of.
 */
export function readVariables(environment: Readonly<Record<string, string | undefined>>): {
  readonly layer: RawLayer;
  readonly warnings: readonly string[];
} {
  const known = new Map(settingPaths().map((path) => [variableOf(path), path]));
  const given = Object.keys(environment)
    .filter(
      (name) =>
        isSettingVariable(name) &&
        environment[name] !== '' &&
        !(name === 'SLIPWAY_SIGN_KEY' && isKeyItself(environment[name])),
    )
    .sort();
  const warnings: string[] = [];
  const entries: Entry[] = [];
  for (const name of given) {
    const path = known.get(name);
    if (path !== undefined) entries.push({ path: path.split('.'), value: environment[name] ?? '', origin: name });
    else warnings.push(strangeVariable(name, [...known.keys()]));
  }
  return { layer: nest(entries), warnings };
}

/** Whether a variable's name claims to be a setting. */
export function isSettingVariable(name: string): boolean {
  return name.startsWith('SLIPWAY_') && !otherVariables.test(name);
}

/** `SLIPWAY_SIGN_KEY` may hold the key instead of its path: a secret is no setting, of which origin and value are told. */
export function isKeyItself(value: string | undefined): value is string {
  return value?.trimStart().startsWith('-----BEGIN ') === true;
}

function strangeVariable(name: string, known: readonly string[]): string {
  const ours = 'SLIPWAY_'.length;
  const near = nearest(
    name.slice(ours),
    known.map((one) => one.slice(ours)),
  );
  if (near === undefined) return `The variable ${name} is no setting of Slipway and has no effect.`;
  throw new Failure('settings.unknown-key', {
    message: `There is no setting for the variable ${name}`,
    where: name,
    remedy: `Did you mean SLIPWAY_${near}?`,
  });
}

interface Entry {
  readonly path: readonly string[];
  readonly value: FlagSetting['value'];
  readonly origin: string;
}

interface Tree {
  [key: string]: unknown;
}

function nest(entries: readonly Entry[]): RawLayer {
  const values: Tree = {};
  const origins = new Map<string, string>();
  for (const { path, value, origin } of entries) {
    const place = placeAt(path);
    if (place?.is !== 'setting' || path.includes('__proto__')) throw unknownKey(path, new Map([['', origin]]));
    const section = path.slice(0, -1).reduce(sectionIn, values);
    section[path.at(-1) ?? ''] = typeof value === 'string' ? fromText(value, place.about.type) : value;
    origins.set(path.join('.'), origin);
  }
  return { values, origins };
}

/** Own sections only: `constructor` may be the name of an environment. */
function sectionIn(tree: Tree, key: string): Tree {
  if (!Object.hasOwn(tree, key)) tree[key] = {};
  return tree[key] as Tree;
}

/** What a text stands for; what it cannot stand for stays a text, and the schema refuses it. */
function fromText(text: string, type: LeafType): unknown {
  switch (type) {
    case 'flag':
    case 'mount':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'number':
      return /^\d{1,9}$/.test(text) ? Number(text) : text;
    case 'argv':
      return text.startsWith('[') ? (parseJson(text) ?? text) : text;
    case 'paths':
      return text.startsWith('[') ? (parseJson(text) ?? text) : text.split(',').map((path) => path.trim());
    case 'text':
    case 'duration':
      return text;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
