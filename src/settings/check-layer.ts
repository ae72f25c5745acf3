import type { z } from 'zod';
import { Failure } from '../core/failure.js';
import { nearest } from '../core/nearest.js';
import { settingsSchema } from './schema.js';
import { placeAt, settingPaths } from './schema-paths.js';
import type { CheckedLayer } from './settings.js';

/** One source of settings as it was read: settings and sections, and where each stands. */
export interface RawLayer {
  readonly values: Readonly<Record<string, unknown>>;
  /** Origin of each setting and section, by path with `.`. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Throws `settings.unknown-key` or `settings.invalid`, with the origin of the first thing that is wrong. */
export function checkLayer(layer: RawLayer): CheckedLayer {
  const parsed = settingsSchema.safeParse(layer.values);
  if (!parsed.success) throw failureOf(parsed.error.issues, layer);
  const settings = [...layer.origins].filter(([path]) => placeAt(path.split('.'))?.is === 'setting');
  return { values: parsed.data, origins: new Map(settings) };
}

/** A mistyped key often makes other complaints; it is named first. */
function failureOf(issues: readonly z.core.$ZodIssue[], layer: RawLayer): Failure {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown) return unknownKey([...unknown.path.map(String), unknown.keys[0] ?? ''], layer.origins);
  const [first] = issues;
  const path = first?.path.map(String) ?? [];
  return first?.code === 'invalid_key' ? invalidName(path, layer) : invalidValue(path, layer);
}

function invalidName(path: readonly string[], layer: RawLayer): Failure {
  const where = originNear(path, layer.origins);
  return new Failure('settings.invalid', {
    message: `'${path.slice(0, -1).join('.')}' must not have the name ${shown(JSON.stringify(path.at(-1)))}`,
    ...(where !== undefined && { where }),
    remedy: 'A name has letters, digits, _ and, where it is an environment, -.',
  });
}

/** The failure for a path that the schema does not have; `origins` has its origin, or that of its section. */
export function unknownKey(path: readonly string[], origins: RawLayer['origins']): Failure {
  const section = path.slice(0, -1);
  const key = path.at(-1) ?? '';
  const place = placeAt(section);
  const siblings = place?.is === 'section' ? Object.keys(place.keys) : [];
  const near = nearest(key, siblings) ?? settingPaths().find((other) => other.endsWith(`.${key}`));
  const where = originNear(path, origins);
  return new Failure('settings.unknown-key', {
    message: `There is no setting '${shown([...section, key].join('.'))}'`,
    ...(where !== undefined && { where }),
    remedy:
      near === undefined
        ? 'Remove it, or use one of the settings there are.'
        : `Did you mean '${near.includes('.') ? near : [...section, near].join('.')}'?`,
    candidates: siblings,
  });
}

function invalidValue(path: readonly string[], layer: RawLayer): Failure {
  const { setting, about } = settingAround(path);
  const where = originNear(path, layer.origins);
  const given = valueAt(layer.values, setting);
  return new Failure('settings.invalid', {
    message: about?.concealed
      ? `'${setting.join('.')}' is not what it must be`
      : `'${shown(setting.join('.')) || 'The file'}' must not be ${shown(JSON.stringify(given) ?? 'nothing')}`,
    ...(where !== undefined && { where }),
    remedy: `It must be ${about?.expects ?? expectedSection(setting)}.`,
  });
}

/** The setting that a path leads to or into (`node.start.0`); a section where there is none. */
function settingAround(path: readonly string[]) {
  for (let length = path.length; length > 0; length--) {
    const setting = path.slice(0, length);
    const place = placeAt(setting);
    if (place?.is === 'setting') return { setting, about: place.about };
    if (place !== undefined) return { setting, about: undefined };
  }
  return { setting: [], about: undefined };
}

function expectedSection(path: readonly string[]): string {
  const place = placeAt(path);
  return place?.is === 'section'
    ? `a section with keys of ${Object.keys(place.keys).join(', ')}`
    : 'a section of names with their values';
}

function originNear(path: readonly string[], origins: RawLayer['origins']): string | undefined {
  for (let length = path.length; length >= 0; length--) {
    const origin = origins.get(path.slice(0, length).join('.'));
    if (origin !== undefined) return origin;
  }
  return undefined;
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined),
    tree,
  );
}

/** On one line, and not longer than a message bears. */
function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 120);
}
