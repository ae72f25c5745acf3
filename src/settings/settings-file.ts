import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { Failure } from '../core/failure.js';
import type { RawLayer } from './check-layer.js';
import { placeAt } from './schema-paths.js';

/**
 * The settings in a YAML text, each with `<name>:<line>` as its origin. `version: 1.20` is the text `1.20` where a text is
 * wanted, not the number 1.2. Throws `settings.invalid` for what is not YAML, or more than plain keys and values.
 */
export function parseSettingsFile(name: string, text: string): RawLayer {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, merge: false });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (second !== undefined) throw notPlain(`${name}:${lineOf(second.range[0])}`, 'a second document');
  const [error] = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  if (error) throw brokenYaml(`${name}:${lineOf(error.pos[0])}`, error.message);
  const reader = new TreeReader(name, lineOf);
  const root = document?.contents;
  const isEmpty = root === null || root === undefined || (isScalar(root) && root.value === null);
  const values = isEmpty ? {} : reader.read(root, []);
  return { values: plainObject(values, name), origins: reader.origins };
}

class TreeReader {
  readonly origins = new Map<string, string>();
  readonly #name: string;
  readonly #lineOf: (offset: number) => number;

  constructor(name: string, lineOf: (offset: number) => number) {
    this.#name = name;
    this.#lineOf = lineOf;
  }

  read(node: Node, path: readonly string[]): unknown {
    if (isAlias(node) || node.tag?.startsWith('!')) throw notPlain(this.#whereOf(node), 'an alias or a tag');
    if (isMap(node)) return this.#readMap(node.items, path);
    if (isSeq(node)) return node.items.map((item) => this.read(item as Node, path));
    if (!isScalar(node)) return undefined;
    const place = placeAt(path);
    const wantsText = place?.is === 'setting' && place.about.type === 'text';
    return wantsText && typeof node.value === 'number' ? (node.source ?? String(node.value)) : node.value;
  }

  #readMap(items: readonly { readonly key: unknown; readonly value: unknown }[], path: readonly string[]): object {
    const result: Record<string, unknown> = {};
    for (const { key, value } of items) {
      if (!isScalar(key)) throw notPlain(this.#whereOf(key as Node), 'a key that is not a plain text');
      const name = String(key.value);
      const inner = [...path, name];
      this.origins.set(inner.join('.'), this.#whereOf(key));
      if (name === '__proto__') throw notPlain(this.#whereOf(key), "the key '__proto__'");
      const read = value === null ? null : this.read(value as Node, inner);
      // A key with nothing after it, as in `image:` above commented lines, says nothing.
      if (read !== null) result[name] = read;
    }
    return result;
  }

  #whereOf(node: Node): string {
    return `${this.#name}:${this.#lineOf(node.range?.[0] ?? 0)}`;
  }
}

function plainObject(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw notPlain(name, 'something else than keys and values');
}

function brokenYaml(where: string, message: string): Failure {
  return new Failure('settings.invalid', {
    message: `The settings file is not valid YAML: ${message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? ''}`,
    where,
    remedy: 'Correct it there.',
  });
}

function notPlain(where: string, what: string): Failure {
  return new Failure('settings.invalid', {
    message: `The settings file has ${what}`,
    where,
    remedy: 'Write one document of keys and values.',
  });
}
