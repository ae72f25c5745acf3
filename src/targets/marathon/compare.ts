import type { JsonObject } from './marathon-client.js';

/** One value that differs: a path in the definition, as written on both sides; undefined: not there. */
export interface Difference {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Objects whose keys are the user's own: one that is not wanted must not be there. */
const maps = /^(?:env|environment|labels|secrets|containers\.\d+\.environment)$/;

/**
 * What a definition would change in a stored one. Marathon fills in defaults, so a field that only the stored one has is no
 * difference, but in maps of the user's own keys and in lists. Numbers are compared by value.
 */
export function differences(stored: JsonObject, wanted: JsonObject): readonly Difference[] {
  return compare('', stored, wanted);
}

function compare(path: string, stored: unknown, wanted: unknown): readonly Difference[] {
  if (wanted === null || wanted === undefined) return [];
  if (Array.isArray(wanted) && Array.isArray(stored) && wanted.length === stored.length) {
    return wanted.flatMap((each, index) => compare(join(path, String(index)), stored[index], each));
  }
  if (isObject(wanted) && isObject(stored)) {
    const keys = Object.keys(wanted);
    const gone = maps.test(path) ? Object.keys(stored).filter((key) => !keys.includes(key)) : [];
    return [
      ...keys.flatMap((key) => compare(join(path, key), stored[key], wanted[key])),
      ...gone.map((key) => ({ path: join(path, key), before: write(stored[key]), after: undefined })),
    ];
  }
  const [before, after] = [write(stored), write(wanted)];
  return before === after ? [] : [{ path, before, after }];
}

/** Lines for a person. Of variables and of the engine's parameters only the names are shown: their values may be secret. */
export function describeDifferences(found: readonly Difference[]): readonly string[] {
  return found.map(({ path, before, after }) => {
    if (concealed.test(path)) {
      const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
      return `${path}  ${what}`;
    }
    return `${path}  ${show(before)} → ${show(after)}`;
  });
}

const concealed = /(?:^|\.)(?:env|environment|parameters|secrets|credential|pullConfig)(?:\.|$)|pass|token/i;

/** A login in an address is not shown either. */
function show(text: string | undefined): string {
  return text === undefined ? '(none)' : text.replaceAll(/:\/\/[^/\s@"]+@/g, '://***@');
}

function write(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
