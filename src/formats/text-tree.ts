import { Failure } from '../core/failure.js';
import type { TextSpan } from './text-span.js';

/** Plain data, as JSON can say it. */
export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** Keys of maps and indexes of lists, from a root down. */
export type TreePath = readonly (string | number)[];

/** How a value is written: `empty` is a YAML key without a value, `lines` a YAML block scalar (`|`, `>`). */
export type TreeStyle = 'plain' | 'single' | 'double' | 'lines' | 'empty' | 'flow' | 'block';

/** One value of a JSON or YAML text with its place. An alias is the node that it stands for: the same object. */
export interface TreeNode {
  readonly kind: 'map' | 'list' | 'scalar';
  readonly style: TreeStyle;
  /** Offsets of the text of the value, without its anchor and tag; of an empty one, both right behind the colon. */
  readonly start: number;
  readonly end: number;
  /** Of a scalar. */
  readonly value: PlainValue;
  /** Of a map: what is written in it, in the file's order, keys that are there twice included. */
  readonly entries: readonly TreeEntry[];
  /** Of a list. */
  readonly items: readonly TreeNode[];
  /** Of a list: where the items stand that are aliases, by index. */
  readonly aliases?: ReadonlyMap<number, TextSpan>;
  /** Of a map: what its merge keys (`<<`) bring in; the first that has a key counts. */
  readonly merged: readonly TreeNode[];
  /** Of a map: where its merge keys stand with their values. */
  readonly mergeEnds?: readonly TextSpan[];
}

export interface TreeEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: TreeNode;
  /** The value is an alias (`*name`): where that stands. */
  readonly alias?: TextSpan;
}

/** A text that was parsed with positions; a YAML text has a root for each document. Offsets count a BOM. */
export interface TextTree {
  readonly path: string;
  readonly syntax: 'json' | 'yaml';
  readonly text: string;
  /** The text that was parsed: of the same length, placeholders replaced by something inert. */
  readonly masked: string;
  readonly roots: readonly TreeNode[];
  /** 1-based line of an offset. */
  lineOf(offset: number): number;
}

/** An entry of a map with its key, where its merge keys count too. Throws `deploy.template-invalid` for a key that is there twice. */
export function findEntry(tree: TextTree, map: TreeNode | undefined, key: string): TreeEntry | undefined {
  if (map?.kind !== 'map') return undefined;
  let found: TreeEntry | undefined;
  for (const entry of map.entries) {
    if (entry.key !== key) continue;
    if (found !== undefined) throw writtenTwice(tree, entry);
    found = entry;
  }
  if (found !== undefined) return found;
  for (const source of map.merged) {
    const inner = findEntry(tree, source, key);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The node at a path; undefined where a step leads nowhere. Throws as `findEntry`. */
export function findNode(tree: TextTree, from: TreeNode | undefined, ...path: TreePath): TreeNode | undefined {
  let at = from;
  for (const step of path) {
    at = typeof step === 'number' ? at?.items[step] : findEntry(tree, at, step)?.value;
    if (at === undefined) return undefined;
  }
  return at;
}

/** The text of a scalar at a path; undefined where there is none. */
export function findText(tree: TextTree, from: TreeNode | undefined, ...path: TreePath): string | undefined {
  const value = findNode(tree, from, ...path)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** Keys of a map, merged ones included, each once. */
export function keysOf(map: TreeNode | undefined): readonly string[] {
  if (map?.kind !== 'map') return [];
  return [...new Set([...map.entries.map((entry) => entry.key), ...map.merged.flatMap(keysOf)])];
}

/** The value as plain data, aliases and merge keys carried out; of a key that is there twice the last counts. */
export function plainOf(node: TreeNode): PlainValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plainOf);
  const inherited = node.merged.toReversed().flatMap((source) => Object.entries(plainOf(source) ?? {}));
  return Object.fromEntries([...inherited, ...node.entries.map(({ key, value }) => [key, plainOf(value)] as const)]);
}

/** A node's text as it is written in the file, placeholders and quotes included. */
export function writtenText(tree: TextTree, node: TreeNode): string {
  return tree.text.slice(node.start, node.end);
}

/** A scalar as it is meant by people: placeholders as they are written, and numbers too (a tag `1.10`); empty for none. */
export function scalarText(tree: TextTree, node: TreeNode | undefined): string {
  if (node?.kind !== 'scalar' || node.value === null) return '';
  if (typeof node.value === 'string' && !hasMask(tree, node.start, node.end)) return node.value;
  return writtenText(tree, node).replace(/^(["'])(.*)\1$/s, '$2');
}

/** Whether a part of the text holds placeholders that were masked. */
export function hasMask(tree: TextTree, start: number, end: number): boolean {
  return tree.text !== tree.masked && tree.text.slice(start, end) !== tree.masked.slice(start, end);
}

/** `path:line` of an offset. */
export function placeOf(tree: TextTree, offset: number): string {
  return `${tree.path}:${tree.lineOf(offset)}`;
}

export function invalidTemplate(where: string, message: string, remedy?: string, cause?: unknown): Failure {
  return new Failure('deploy.template-invalid', {
    message,
    where,
    ...(remedy !== undefined && { remedy }),
    ...(cause !== undefined && { cause }),
  });
}

function writtenTwice(tree: TextTree, entry: TreeEntry): Failure {
  return invalidTemplate(
    placeOf(tree, entry.keyStart),
    `The key "${entry.key}" is written twice in one object, and readers disagree on which one counts`,
    'Keep one of them.',
  );
}
