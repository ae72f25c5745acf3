import { Failure } from '../core/failure.js';
import type { TextTree, TreeNode, TreePath } from '../formats/text-tree.js';
import { findNode, keysOf } from '../formats/text-tree.js';

/**
 * What a value is: `count` a whole number from 0, `flag` true or false, `any` whatever the value looks like (a quantity such as
 * `500m`, a command that is a text or a list).
 */
export type FieldType = 'text' | 'count' | 'number' | 'flag' | 'list' | 'map' | 'any';

/** Paths a target knows, and what stands there. `*` is any key or index, `**` at the end all that is left as one key. */
export type Fields = Readonly<Record<string, FieldType>>;

/** The steps of a path as it is given on the command line: `a.b`, `a[0].b`, `a.0.b`, `a["x.y"]`. Throws `settings.invalid`. */
export function parseEditPath(path: string): readonly string[] {
  const steps = [
    ...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]|\[(\d+)\]|([^.[\]]+)|(?:^|\.)(?=\.|$)|[[\]]/g),
  ].map(([, quoted, single, index, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? single ?? index ?? plain);
  if (steps.length === 0 || steps.some((step) => step === undefined)) {
    throw new Failure('settings.invalid', {
      message: `'${path}' is not a path`,
      remedy: 'Write keys with dots between them: env.LOG_LEVEL; a key that has dots itself as labels["a.b"].',
    });
  }
  return steps.map((step) => step ?? '');
}

/** A path that a target knows: the steps, a rest of free keys joined, and the type. Undefined: it is not known. */
export function matchField(
  fields: Fields,
  steps: readonly string[],
): { readonly steps: readonly string[]; readonly type: FieldType } | undefined {
  for (const [pattern, type] of Object.entries(fields)) {
    const matched = matchPattern(pattern.split('.'), steps);
    if (matched !== undefined) return { steps: matched, type };
  }
  return undefined;
}

function matchPattern(pattern: readonly string[], steps: readonly string[]): readonly string[] | undefined {
  const free = pattern.at(-1) === '**';
  const fixed = free ? pattern.slice(0, -1) : pattern;
  if (free ? steps.length <= fixed.length : steps.length !== fixed.length) return undefined;
  if (!fixed.every((part, index) => part === '*' || part === steps[index])) return undefined;
  return free ? [...steps.slice(0, fixed.length), steps.slice(fixed.length).join('.')] : steps;
}

/** The steps as a path in the tree: digits are an index where a list stands, or where nothing does and the type of the parent is open. */
export function treePathOf(tree: TextTree, from: TreeNode | undefined, steps: readonly string[]): TreePath {
  const path: (string | number)[] = [];
  let at = from;
  for (const step of steps) {
    const isIndex = /^\d+$/.test(step) && at?.kind !== 'map';
    const next = isIndex ? Number(step) : step;
    path.push(next);
    at = findNode(tree, at, next);
  }
  return path;
}

/** Paths that stand in a value, as a user would write them: for the choices of an error. */
export function writtenPaths(node: TreeNode | undefined, depth = 4): readonly string[] {
  if (node === undefined || depth === 0) return [];
  const inner = (key: string, value: TreeNode): readonly string[] => {
    const below = writtenPaths(value, depth - 1).map((path) => `${key}.${path}`);
    return [key, ...below];
  };
  if (node.kind === 'list') return node.items.flatMap((item, index) => inner(String(index), item));
  if (node.kind !== 'map') return [];
  return keysOf(node).flatMap((key) => {
    const value = [node, ...node.merged].flatMap((map) => map.entries).find((entry) => entry.key === key)?.value;
    return value === undefined ? [] : inner(/^[^.[\]"]+$/.test(key) ? key : `["${key}"]`, value);
  });
}
