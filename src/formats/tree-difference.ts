import { keysOf, type TreeNode, type TreePath } from './text-tree.js';

/**
 * Where two trees differ, with aliases and merge keys carried out: the shortest paths that cover every difference. Keys that
 * are there twice count each; an entry that is new is a difference at its key.
 */
export function differencesOf(before: TreeNode, after: TreeNode): readonly TreePath[] {
  const found: TreePath[] = [];
  compare(before, after, { path: [], found, equal: new Map() });
  return found;
}

interface Comparison {
  /** Of the nodes that are being compared: one array for all, since most are the same. */
  readonly path: (string | number)[];
  readonly found: TreePath[];
  /** Of a node that was compared and is the same: its counterpart. */
  readonly equal: Map<TreeNode, TreeNode>;
}

function compare(before: TreeNode, after: TreeNode, comparison: Comparison): void {
  const { path, found, equal } = comparison;
  if (before.kind === 'scalar' && after.kind === 'scalar') {
    if (!Object.is(before.value, after.value)) found.push([...path]);
    return;
  }
  if (before.kind !== after.kind) {
    found.push([...path]);
    return;
  }
  if (equal.get(before) === after) return;
  const count = found.length;
  if (before.kind === 'list') compareLists(before, after, comparison);
  else compareMaps(before, after, comparison);
  if (found.length === count) equal.set(before, after);
}

function compareAt(step: string | number, before: TreeNode, after: TreeNode, comparison: Comparison): void {
  comparison.path.push(step);
  compare(before, after, comparison);
  comparison.path.pop();
}

function compareLists(before: TreeNode, after: TreeNode, comparison: Comparison): void {
  if (after.items.length < before.items.length) {
    comparison.found.push([...comparison.path]);
    return;
  }
  after.items.forEach((item, index) => {
    const other = before.items[index];
    if (other === undefined) comparison.found.push([...comparison.path, index]);
    else compareAt(index, other, item, comparison);
  });
}

function compareMaps(before: TreeNode, after: TreeNode, comparison: Comparison): void {
  let at = 0;
  for (const { key, value } of after.entries) {
    const other = before.entries[at];
    if (other?.key === key) {
      compareAt(key, other.value, value, comparison);
      at += 1;
    } else comparison.found.push([...comparison.path, key]);
  }
  if (at < before.entries.length) {
    comparison.found.push([...comparison.path]);
    return;
  }
  if (before.merged.length === 0 && after.merged.length === 0) return;
  const own = new Set(after.entries.map((entry) => entry.key));
  for (const key of new Set([...before.merged, ...after.merged].flatMap(keysOf))) {
    if (own.has(key)) continue;
    const [left, right] = [before, after].map((map) => inherited(map, key));
    if (left === undefined || right === undefined) comparison.found.push([...comparison.path, key]);
    else compareAt(key, left, right, comparison);
  }
}

function inherited(map: TreeNode, key: string): TreeNode | undefined {
  for (const source of map.merged) {
    const found = source.entries.findLast((entry) => entry.key === key)?.value ?? inherited(source, key);
    if (found !== undefined) return found;
  }
  return undefined;
}
