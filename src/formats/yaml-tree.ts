import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { describeError } from '../core/failure.js';
import type { BrokenText } from './json-tree.js';
import { maskYaml, mayHavePlaceholders } from './placeholders.js';
import { indexLines, type TextSpan } from './text-span.js';
import {
  invalidTemplate,
  type PlainValue,
  type TextTree,
  type TreeEntry,
  type TreeNode,
  type TreeStyle,
} from './text-tree.js';
import { isDeepYaml } from './yaml-depth.js';

const none: readonly never[] = Object.freeze([]);

/** More values than this, aliases unfolded, no template has: some files grow without end. */
const mostValues = 2_000_000;

/**
 * A YAML text as a tree, its placeholders masked, a root for each document. Keys that are there twice are no error until they
 * are asked for. Throws `deploy.template-invalid` with the place where it is broken.
 */
export function parseYamlTree(path: string, text: string, masked?: string): TextTree {
  const tree = tryYamlTree(path, text, masked);
  if ('roots' in tree) return tree;
  const place = `${path}:${indexLines(text)(tree.offset)}`;
  const about = masked === undefined && mayHavePlaceholders(text) ? ' (its placeholders taken out)' : '';
  throw invalidTemplate(place, `This YAML ${tree.reason}${about}`);
}

/** As `parseYamlTree`, but a broken text is told by where it is broken. `masked`: how the placeholders are already known to be masked. */
export function tryYamlTree(path: string, text: string, masked?: string): TextTree | BrokenText {
  if (masked !== undefined) return readTree(path, text, masked);
  if (!mayHavePlaceholders(text)) return readTree(path, text, text);
  const first = readTree(path, text, maskYaml(text, { lines: false }));
  if ('roots' in first) return first;
  for (const other of [maskYaml(text, { lines: true }), text]) {
    const tree = readTree(path, text, other);
    if ('roots' in tree) return tree;
  }
  return first;
}

function readTree(path: string, text: string, masked: string): TextTree | BrokenText {
  if (isDeepYaml(masked)) return { offset: 0, reason: 'cannot be read: values are nested too deeply' };
  const lines = new LineCounter();
  try {
    const parsed = parseAllDocuments(masked, {
      merge: true,
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const documents = Array.isArray(parsed) ? parsed : [];
    const error = documents.flatMap((each) => each.errors)[0];
    if (error !== undefined) return { offset: error.pos[0], reason: `is broken: ${describeError(error)}` };
    const roots = documents.map((document) => readDocument(document, masked));
    const lineOf = (offset: number): number => Math.max(1, lines.linePos(offset).line);
    return { path, syntax: 'yaml', text, masked, roots, lineOf };
  } catch (error) {
    return { offset: 0, reason: `cannot be read: ${describeError(error)}` };
  }
}

function readDocument(document: Document, text: string): TreeNode {
  const reader: Reader = { document, text, known: new Map() };
  const root = readNode(reader, document.contents, document.range?.[0] ?? 0);
  if (text.includes('*') && sizeOf(root, new Map()) > mostValues) throw new RangeError('its aliases grow without end');
  return root;
}

interface Reader {
  readonly document: Document;
  readonly text: string;
  readonly known: Map<unknown, TreeNode>;
}

function readNode(reader: Reader, node: unknown, at: number): TreeNode {
  if (isAlias(node)) {
    const target = node.resolve(reader.document);
    if (target === undefined) throw new SyntaxError(`there is no anchor '${node.source}'`);
    return readNode(reader, target, at);
  }
  const known = reader.known.get(node);
  if (known !== undefined) return known;
  if (isMap(node)) return readMap(reader, node);
  if (isSeq(node)) {
    const items: TreeNode[] = [];
    const aliases = new Map<number, TextSpan>();
    const list: TreeNode = { ...spanOf(node), kind: 'list', value: null, entries: none, items, aliases, merged: none };
    reader.known.set(node, list);
    for (const item of node.items) {
      if (isAlias(item) && item.range) aliases.set(items.length, { start: item.range[0], end: item.range[1] });
      // A single pair in a flow list (`[a: 1]`) is a map of its own.
      items.push(isPair(item) ? readPairAsMap(reader, item) : readNode(reader, item, list.start));
    }
    return list;
  }
  if (!isScalar(node)) return emptyAt(at);
  const isEmpty = node.type === Scalar.PLAIN && node.source === '';
  const scalar: TreeNode = isEmpty
    ? emptyAt(at)
    : { ...spanOf(node), kind: 'scalar', value: plainScalar(node.value), entries: none, items: none, merged: none };
  reader.known.set(node, scalar);
  return scalar;
}

function readMap(reader: Reader, node: YAMLMap): TreeNode {
  const entries: TreeEntry[] = [];
  const merged: TreeNode[] = [];
  const mergeEnds: TextSpan[] = [];
  const map: TreeNode = { ...spanOf(node), kind: 'map', value: null, entries, items: none, merged, mergeEnds };
  reader.known.set(node, map);
  for (const pair of node.items) {
    const entry = readPair(reader, pair);
    if (entry.key === '<<') {
      merged.push(...mergeSources(entry.value));
      mergeEnds.push({ start: entry.keyStart, end: entry.alias?.end ?? entry.value.end });
    } else entries.push(entry);
  }
  return map;
}

function readPairAsMap(reader: Reader, pair: Pair): TreeNode {
  const entry = readPair(reader, pair);
  const { keyStart: start, value } = entry;
  const end = Math.max(value.end, entry.keyEnd);
  return { kind: 'map', style: 'flow', start, end, value: null, entries: [entry], items: none, merged: none };
}

function readPair(reader: Reader, pair: Pair): TreeEntry {
  const range = (pair.key as Node | null)?.range;
  const [keyStart, keyEnd] = range ?? [0, 0];
  const colon = reader.text.indexOf(':', keyEnd);
  const value = readNode(reader, pair.value, colon < 0 ? keyEnd : colon + 1);
  const own = isAlias(pair.value) ? pair.value.range : undefined;
  return { key: keyText(pair.key), keyStart, keyEnd, value, ...(own && { alias: { start: own[0], end: own[1] } }) };
}

function mergeSources(value: TreeNode): readonly TreeNode[] {
  return (value.kind === 'list' ? value.items : [value]).filter((source) => source.kind === 'map');
}

function keyText(key: unknown): string {
  const value = isScalar(key) ? key.value : key;
  if (typeof value === 'symbol') return value.description ?? '';
  return typeof value === 'object' && value !== null
    ? String((value as { toString(): string }).toString())
    : String(value);
}

function plainScalar(value: unknown): PlainValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return value === undefined ? null : String(value);
}

function emptyAt(at: number): TreeNode {
  return { kind: 'scalar', style: 'empty', start: at, end: at, value: null, entries: none, items: none, merged: none };
}

const scalarStyles: Readonly<Record<string, TreeStyle>> = {
  [Scalar.PLAIN]: 'plain',
  [Scalar.QUOTE_SINGLE]: 'single',
  [Scalar.QUOTE_DOUBLE]: 'double',
  [Scalar.BLOCK_LITERAL]: 'lines',
  [Scalar.BLOCK_FOLDED]: 'lines',
};

function spanOf(node: Node): { readonly start: number; readonly end: number; readonly style: TreeStyle } {
  const [start, end] = node.range ?? [0, 0];
  if (isScalar(node)) return { start, end, style: scalarStyles[node.type ?? ''] ?? 'plain' };
  return { start, end, style: (isMap(node) || isSeq(node)) && node.flow === true ? 'flow' : 'block' };
}

/** Values with aliases unfolded; endless for one that holds itself. */
function sizeOf(node: TreeNode, known: Map<TreeNode, number>): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  known.set(node, Number.POSITIVE_INFINITY);
  let size = 1;
  for (const { value } of node.entries) size += sizeOf(value, known);
  for (const item of node.items) size += sizeOf(item, known);
  for (const source of node.merged) size += sizeOf(source, known);
  known.set(node, size);
  return size;
}
