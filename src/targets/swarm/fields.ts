import { Failure } from '../../core/failure.js';

/** Plain data of the Engine API: what JSON can say, without undefined. */
export type Data = { readonly [key: string]: unknown };

/** What reading a stack file collects: where it is, and every key that Slipway does not carry out. */
export interface Reading {
  /** `file:line` of the service. */
  readonly where: string;
  /** Dotted paths, `web.secrets`. */
  readonly unsupported: string[];
}

/** One mapping of the file, read key by key; what nobody took is reported by `closeFields`. */
export interface Fields {
  readonly reading: Reading;
  /** Dotted path of the mapping, for messages. */
  readonly at: string;
  readonly values: ReadonlyMap<string, unknown>;
  readonly taken: Set<string>;
}

/** A null mapping has no keys. Throws `deploy.template-invalid` for anything else that is no mapping. */
export function openFields(reading: Reading, at: string, data: unknown): Fields {
  if (data !== undefined && data !== null && (typeof data !== 'object' || Array.isArray(data))) {
    throw wrongValue(reading, at, 'a mapping');
  }
  return { reading, at, values: new Map(Object.entries(data ?? {})), taken: new Set() };
}

/** Report the keys that were not taken. Extension keys (`x-…`) are free. */
export function closeFields(fields: Fields): void {
  for (const key of fields.values.keys()) {
    if (!fields.taken.has(key) && !key.startsWith('x-')) fields.reading.unsupported.push(`${fields.at}.${key}`);
  }
}

/** The value of a key; null counts as absent. */
export function take(fields: Fields, key: string): unknown {
  fields.taken.add(key);
  return fields.values.get(key) ?? undefined;
}

/** A string; a number is written as one. */
export function takeText(fields: Fields, key: string): string | undefined {
  const value = take(fields, key);
  return value === undefined ? undefined : readText(fields.reading, `${fields.at}.${key}`, value);
}

export function takeFlag(fields: Fields, key: string): boolean | undefined {
  const value = take(fields, key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongValue(fields.reading, `${fields.at}.${key}`, 'true or false');
}

/** A whole number ≥ 0. */
export function takeCount(fields: Fields, key: string): number | undefined {
  const value = take(fields, key);
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw wrongValue(fields.reading, `${fields.at}.${key}`, 'a whole number');
}

/** One of a fixed set of words. */
export function takeWord<T extends string>(fields: Fields, key: string, words: readonly T[]): T | undefined {
  const value = take(fields, key);
  if (value === undefined) return undefined;
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw wrongValue(fields.reading, `${fields.at}.${key}`, `one of ${words.join(', ')}`);
}

/** A list; a single text is a list of one where Compose allows it. */
export function takeList(fields: Fields, key: string, textAlone = false): readonly unknown[] | undefined {
  const value = take(fields, key);
  if (value === undefined || Array.isArray(value)) return value;
  if (textAlone && typeof value === 'string') return [value];
  throw wrongValue(fields.reading, `${fields.at}.${key}`, 'a list');
}

export function takeTexts(fields: Fields, key: string, textAlone = false): readonly string[] | undefined {
  return takeList(fields, key, textAlone)?.map((each) => readText(fields.reading, `${fields.at}.${key}`, each));
}

/** A mapping, or a list of `KEY<separator>VALUE`, as Compose allows for labels, environment and hosts. */
export function takePairs(
  fields: Fields,
  key: string,
  separator = '=',
): ReadonlyMap<string, string | undefined> | undefined {
  const value = take(fields, key);
  if (value === undefined) return undefined;
  const at = `${fields.at}.${key}`;
  if (Array.isArray(value)) {
    return new Map(value.map((each) => splitPair(readText(fields.reading, at, each), separator)));
  }
  const mapping = openFields(fields.reading, at, value);
  return new Map([...mapping.values.keys()].map((name) => [name, takeText(mapping, name)]));
}

/** Throws `deploy.template-invalid` unless the value is a string or a finite number. */
export function readText(reading: Reading, at: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw wrongValue(reading, at, 'a text');
}

/** The failure for a value that Compose would refuse. */
export function wrongValue(reading: Reading, at: string, wanted: string): Failure {
  return new Failure('deploy.template-invalid', { message: `'${at}' must be ${wanted}`, where: reading.where });
}

/** The same object without its undefined members; undefined when nothing is left. */
export function compact(data: { readonly [key: string]: unknown }): Data | undefined {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A mapping or list of pairs as an object of texts; a pair without a value is an empty text. */
export function takeStrings(fields: Fields, key: string): Readonly<Record<string, string>> | undefined {
  const value = fields.values.get(key);
  fields.taken.add(key);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    return Object.fromEntries(
      (takeTexts(fields, key) ?? []).map((text) => [
        text.split('=', 1)[0] ?? '',
        text.includes('=') ? text.slice(text.indexOf('=') + 1) : '',
      ]),
    );
  }
  const mapping = openFields(fields.reading, `${fields.at}.${key}`, value);
  return Object.fromEntries([...mapping.values.keys()].map((name) => [name, readScalar(mapping, name)]));
}

function readScalar(fields: Fields, key: string): string {
  const value = fields.values.get(key);
  return typeof value === 'boolean' ? String(value) : (takeText(fields, key) ?? '');
}

function splitPair(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
