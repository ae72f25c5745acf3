/** A path into plain data: object keys and array indexes as text. */
export type ValuePath = readonly string[];

/**
 * Where two values of plain data (what JSON can say) differ: the shortest paths that cover every difference. Key order
 * counts as no difference. An added or removed key is a difference at that key.
 */
export function changedPaths(before: unknown, after: unknown): readonly ValuePath[] {
  const found: ValuePath[] = [];
  collect(before, after, [], found);
  return found;
}

function collect(before: unknown, after: unknown, path: ValuePath, found: ValuePath[]): void {
  if (Object.is(before, after)) return;
  const left = entriesOf(before);
  const right = entriesOf(after);
  if (left === undefined || right === undefined || Array.isArray(before) !== Array.isArray(after)) {
    found.push(path);
    return;
  }
  for (const [key, value] of left) {
    if (right.has(key)) collect(value, right.get(key), [...path, key], found);
    else found.push([...path, key]);
  }
  for (const key of right.keys()) if (!left.has(key)) found.push([...path, key]);
}

function entriesOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}
