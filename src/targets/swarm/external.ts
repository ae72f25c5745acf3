import { closeFields, type Fields, openFields, takeFlag, takeText } from './fields.js';

/** `external: true`, the old `external: {name: …}`, and `name`. */
export function takeExternal(fields: Fields): { readonly external: boolean; readonly name?: string } {
  const name = takeText(fields, 'name');
  const value = fields.values.get('external');
  fields.taken.add('external');
  if (typeof value !== 'object' || value === null)
    return { external: takeFlag(fields, 'external') ?? false, ...(name && { name }) };
  const inner = openFields(fields.reading, `${fields.at}.external`, value);
  const old = takeText(inner, 'name') ?? name;
  closeFields(inner);
  return { external: true, ...(old && { name: old }) };
}
