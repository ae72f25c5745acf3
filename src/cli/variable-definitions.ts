import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { placeholderNames } from '../formats/placeholders.js';

/** Files that fill placeholders in stand beside a template under such names. */
const valueFiles =
  /^(?:\.env(?:\.[\w.-]+)?|[\w.-]*\.env|[\w.-]*\.properties|(?:values|vars|globals|variables)[\w.-]*\.(?:ya?ml|json))$/i;

const mostBytes = 1_000_000;

/**
 * Where the variables that a text mentions in placeholders are defined in the files beside a template: `TAG (.env:3)`. A definition is
 * a line that begins with the name and a value; nothing of it is carried out.
 */
export function findDefinitions(directory: string, template: string, text: string): readonly string[] {
  const names = placeholderNames(text).filter((name) => /^[\w.-]+$/.test(name));
  if (names.length === 0) return [];
  const files = readdirSync(directory).filter((name) => name !== template && valueFiles.test(name));
  return names.flatMap((name) => files.sort().flatMap((file) => definedIn(join(directory, file), file, name)));
}

function definedIn(path: string, file: string, name: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > mostBytes) return [];
  const last = (name.split('.').at(-1) ?? name).replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');
  const definition = new RegExp(`^\\s*(?:export\\s+)?["']?${last}["']?\\s*[=:]`);
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) => (definition.test(line) ? [`${name} (${file}:${index + 1})`] : []));
}
