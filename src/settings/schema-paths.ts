import { z } from 'zod';
import { type Leaf, leaves } from './leaves.js';
import { settingsSchema } from './schema.js';

/** What stands at a path of the schema: a setting, a section with keys, a section whose keys are names of the user's choice. */
export type Place =
  | { readonly is: 'setting'; readonly about: Leaf; readonly schema: z.ZodType }
  | { readonly is: 'section'; readonly keys: Readonly<Record<string, z.ZodType>> }
  | { readonly is: 'named'; readonly value: z.ZodType };

/** Undefined: the schema has no such path. */
export function placeAt(path: readonly string[]): Place | undefined {
  let schema: z.ZodType = settingsSchema;
  for (const key of path) {
    const place = placeOf(schema);
    if (place.is === 'setting') return undefined;
    const next = place.is === 'named' ? place.value : Object.hasOwn(place.keys, key) ? place.keys[key] : undefined;
    if (next === undefined) return undefined;
    schema = next;
  }
  return placeOf(schema);
}

function placeOf(wrapped: z.ZodType): Place {
  const schema = wrapped instanceof z.ZodOptional ? (wrapped.unwrap() as z.ZodType) : wrapped;
  const about = leaves.get(schema);
  if (about !== undefined) return { is: 'setting', about, schema };
  if (schema instanceof z.ZodRecord) return { is: 'named', value: schema.valueType as z.ZodType };
  if (schema instanceof z.ZodObject) return { is: 'section', keys: schema.shape };
  throw new TypeError('A setting is made by a function of leaves.ts');
}

/** Paths of all settings that have a fixed name, in the schema's order; `<name>` stands for a name of the user's choice. */
export function settingPaths(includeNamed = false): readonly string[] {
  return pathsUnder([], includeNamed);
}

function pathsUnder(path: readonly string[], includeNamed: boolean): readonly string[] {
  const place = placeAt(path);
  switch (place?.is) {
    case 'setting':
      return [path.join('.')];
    case 'section':
      return Object.keys(place.keys).flatMap((key) => pathsUnder([...path, key], includeNamed));
    case 'named':
      return includeNamed ? pathsUnder([...path, '<name>'], includeNamed) : [];
    case undefined:
      return [];
  }
}

/** The variable that sets a setting: `SLIPWAY_IMAGE_REGISTRY` for `image.registry`. */
export function variableOf(path: string): string {
  return `SLIPWAY_${path.replaceAll(/[.-]/g, '_').toUpperCase()}`;
}
