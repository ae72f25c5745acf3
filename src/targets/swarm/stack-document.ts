import { syntaxOf } from '../../formats/template-syntax.js';
import {
  findEntry,
  findNode,
  invalidTemplate,
  placeOf,
  plainOf,
  type TextTree,
  type TreeNode,
} from '../../formats/text-tree.js';
import { parseYamlTree, tryYamlTree } from '../../formats/yaml-tree.js';

/** A Compose file, parsed with positions, as it is rolled out: nothing of it is a placeholder. */
export interface StackDocument {
  readonly path: string;
  readonly tree: TextTree;
  /** The file's `services`, anchors resolved, in the file's order. */
  readonly services: ReadonlyMap<string, TreeNode>;
  /** 1-based line of an offset. */
  lineOf(offset: number): number;
  /** The whole file as plain data, anchors and merge keys resolved. */
  readonly data: unknown;
}

/**
 * Undefined: not a Compose file (no `services` map in which something has an `image` or a `build`). Throws
 * `deploy.template-invalid` for a Compose file that YAML or Compose cannot read.
 */
export function parseStack(path: string, text: string): StackDocument | undefined {
  const tree = parseStackTree(path, text, text);
  const [root] = tree?.roots ?? [];
  if (tree === undefined || root === undefined) return undefined;
  refuseDuplicates(tree, root, new Set());
  const services = new Map(serviceEntries(tree).map(({ key, value }) => [key, value]));
  return { path, tree, services, lineOf: tree.lineOf, data: plainOf(root) };
}

/** As `parseStack`, for rewriting: with its placeholders masked, and keys that are there twice allowed. */
export function parseStackTree(path: string, text: string, masked?: string): TextTree | undefined {
  if (syntaxOf(path, text) !== 'yaml') return undefined;
  const looksOurs = /^["']?services["']?[ \t]*:/m.test(text.replace(/^\uFEFF/, ''));
  const tree = tryYamlTree(path, text, masked);
  if (!('roots' in tree)) return looksOurs ? parseYamlTree(path, text, masked) : undefined;
  const mine = tree.roots.find((root) => findNode(tree, root, 'services')?.kind === 'map');
  // A file of one host behind HAProxy has services too, and what it calls its host; Compose knows no such key.
  if (mine === undefined || findEntry(tree, mine, 'haproxy')) return undefined;
  const isOurs = serviceEntries({ ...tree, roots: [mine] }).some(
    ({ value }) => findEntry(tree, value, 'image') || findEntry(tree, value, 'build'),
  );
  if (!isOurs) return undefined;
  if (tree.roots.length === 1) return tree;
  throw invalidTemplate(`${path}:1`, 'A Compose file is one YAML document; this file has several');
}

/** The services as they stand in the file. */
export function serviceEntries(tree: TextTree): readonly { readonly key: string; readonly value: TreeNode }[] {
  const services = findNode(tree, tree.roots[0], 'services');
  return (services?.entries ?? []).filter(({ value }) => value.kind === 'map');
}

/** YAML's rule, which `docker stack deploy` keeps. */
function refuseDuplicates(tree: TextTree, node: TreeNode, seen: Set<TreeNode>): void {
  if (seen.has(node)) return;
  seen.add(node);
  const keys = new Set<string>();
  for (const { key, keyStart, value } of node.entries) {
    if (keys.has(key)) throw invalidTemplate(placeOf(tree, keyStart), `The key '${key}' is written twice`);
    keys.add(key);
    refuseDuplicates(tree, value, seen);
  }
  for (const item of node.items) refuseDuplicates(tree, item, seen);
}
