import { describeError, Failure } from '../core/failure.js';
import { parseJsonTree, tryJsonTree } from './json-tree.js';
import { addToJson, replaceInJson } from './json-writer.js';
import { contentOf, isSameValue, type NewValue, newValueOf } from './new-value.js';
import { findPlaceholder } from './placeholders.js';
import { indexLines, type Splice, spliceAll } from './text-span.js';
import {
  findEntry,
  hasMask,
  invalidTemplate,
  type PlainValue,
  placeOf,
  plainOf,
  type TextTree,
  type TreeEntry,
  type TreeNode,
  type TreePath,
  writtenText,
} from './text-tree.js';
import { differencesOf } from './tree-difference.js';
import { tryYamlTree } from './yaml-tree.js';
import { addToYaml, contentEnd, replaceInYaml } from './yaml-writer.js';

/** A tree after one value of it was set. */
export interface TreeEdit {
  readonly tree: TextTree;
  /** Undefined: it was so already, and the tree is the same. */
  readonly changed?: {
    /** As written before; undefined: it was not there. */
    readonly before?: string;
    readonly after: string;
    /** 1-based line in the new text. */
    readonly line: number;
  };
  /** Other places of the same root that have changed with it, through an alias or a merge key. */
  readonly shared: readonly TreePath[];
}

/**
 * Set one value of a root: replace what stands at the path, or add it (an index behind a list's end adds an item) with the maps that
 * lead there. Everything outside of the value's span stays byte for byte. Proved by parsing again: what differs is
 * that value, and the places in `shared`. Throws `deploy.template-invalid` where it cannot be done, or stands in a placeholder.
 */
export function setInTree(tree: TextTree, root: number, path: TreePath, value: NewValue): TreeEdit {
  const top = tree.roots[root];
  if (top === undefined) throw new Failure('bug', { message: 'There is no such document', where: tree.path });
  const place = walk(tree, top, path);
  if (place.missing.length === 0) {
    refusePlaceholder(tree, place.node, path);
    if (isSameValue(plainOf(place.node), contentOf(value)) && place.node.style !== 'empty') return { tree, shared: [] };
  }
  const splices = place.missing.length === 0 ? replace(tree, place, value) : add(tree, place, value);
  const scope = scopeOf(tree, top, root, path, splices);
  const after = reparse(scope.tree, shifted(splices, scope.offset), path);
  const inner = path.slice(scope.depth);
  const shared = prove(scope.tree, after, scope.root, inner, place, value);
  const node = walk(after, after.roots[scope.root] ?? top, inner).node;
  const before = place.missing.length === 0 && place.node.style !== 'empty' ? writtenText(tree, place.node) : undefined;
  const whole = scope.tree === tree ? after : spliceTree(tree, splices);
  return {
    tree: whole,
    changed: {
      ...(before !== undefined && { before }),
      after: after.text.slice(node.start, contentEnd(node)),
      line: whole.lineOf(node.start + scope.offset),
    },
    shared,
  };
}

/** The part of a tree that is parsed again, as a tree of its own. */
interface Scope {
  readonly tree: TextTree;
  readonly root: number;
  /** Where its text begins in the whole. */
  readonly offset: number;
  /** Steps of the path that lead to it. */
  readonly depth: number;
}

/**
 * What has to be parsed again to know how the whole is read. Of JSON, the innermost object or list around the change: a text that is one
 * value by itself can stand wherever a value stood, and changes how nothing around it is read. YAML is read by its lines and
 * indentation, so all of it is.
 */
function scopeOf(tree: TextTree, top: TreeNode, root: number, path: TreePath, splices: readonly Splice[]): Scope {
  const whole = { tree, root, offset: 0, depth: 0 };
  if (tree.syntax !== 'json') return whole;
  let found: { readonly node: TreeNode; readonly depth: number } | undefined;
  for (let depth = 0; depth <= path.length; depth += 1) {
    const place = walk(tree, top, path.slice(0, depth));
    const { node } = place;
    const holds = splices.every(({ start, end }) => start > node.start && end < node.end);
    if (place.missing.length > 0 || node.kind === 'scalar' || !holds) break;
    found = { node, depth };
  }
  if (found === undefined) return whole;
  const { start, end } = found.node;
  const part = {
    ...tree,
    text: tree.text.slice(start, end),
    masked: tree.masked.slice(start, end),
    roots: [found.node],
  };
  return { tree: part, root: 0, offset: start, depth: found.depth };
}

function shifted(splices: readonly Splice[], by: number): readonly Splice[] {
  return splices.map(({ start, end, text }) => ({ start: start - by, end: end - by, text }));
}

/** The tree of the spliced text, parsed when somebody asks for more than the text. */
function spliceTree(tree: TextTree, splices: readonly Splice[]): TextTree {
  const text = spliceAll(tree.text, splices);
  const masked = tree.text === tree.masked ? text : spliceAll(tree.masked, splices);
  let parsed: TextTree | undefined;
  const lineOf = indexLines(text);
  return {
    path: tree.path,
    syntax: tree.syntax,
    text,
    masked,
    get roots() {
      parsed ??= parseJsonTree(tree.path, text, masked);
      return parsed.roots;
    },
    lineOf,
  };
}

interface Place {
  /** The value at the path, or the deepest one on the way to it. */
  readonly node: TreeNode;
  /** Whose value it is. */
  readonly entry?: TreeEntry;
  /** Steps that lead nowhere; empty: the value is there. */
  readonly missing: TreePath;
}

function walk(tree: TextTree, top: TreeNode, path: TreePath): Place {
  let place: Place = { node: top, missing: path };
  for (const [index, step] of path.entries()) {
    const missing = path.slice(index + 1);
    if (typeof step === 'number') {
      const item = place.node.items[step];
      if (item === undefined) return place;
      place = { node: item, missing };
    } else {
      const entry = findEntry(tree, place.node, step);
      if (entry === undefined) return place;
      place = { node: entry.value, entry, missing };
    }
  }
  return place;
}

function replace(tree: TextTree, place: Place, value: NewValue): readonly Splice[] {
  if (tree.syntax === 'json') return replaceInJson(tree, place.node, value);
  const splices = replaceInYaml(tree, place.node, value, place.entry);
  if (splices !== undefined) return splices;
  throw invalidTemplate(
    placeOf(tree, place.node.start),
    'This value is written on several lines (a block scalar), which Slipway does not replace',
    'Write it on one line.',
  );
}

function add(tree: TextTree, place: Place, value: NewValue): readonly Splice[] {
  const { node, missing } = place;
  const [step, ...rest] = missing;
  if (isOpen(node) && typeof step === 'string') {
    refuseBlocks(tree, node);
    return replace(tree, place, nest(missing, value));
  }
  const isFitting = typeof step === 'number' ? node.kind === 'list' && step === node.items.length : node.kind === 'map';
  if (!isFitting || step === undefined) {
    throw invalidTemplate(
      placeOf(tree, node.start),
      `There is no place for '${missing.join('.')}' in this value, which is no ${typeof step === 'number' ? 'list' : 'map'}`,
    );
  }
  refuseBlocks(tree, node);
  const key = typeof step === 'string' ? step : undefined;
  const inner = rest.length === 0 ? value : nest(rest, value);
  return tree.syntax === 'json' ? addToJson(tree, node, key, inner) : addToYaml(tree, node, key, inner);
}

/** The value with the maps and lists around it that its path names. */
function nest(path: TreePath, value: NewValue): NewValue {
  const nested = path.reduceRight<PlainValue>(
    (inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }),
    contentOf(value),
  );
  return newValueOf(nested);
}

function reparse(tree: TextTree, splices: readonly Splice[], path: TreePath): TextTree {
  const text = spliceAll(tree.text, splices);
  const masked = tree.text === tree.masked ? text : spliceAll(tree.masked, splices);
  try {
    const after = tree.syntax === 'json' ? tryJsonTree(tree.path, text, masked) : tryYamlTree(tree.path, text, masked);
    if ('roots' in after) return after;
  } catch (error) {
    throw cannotSet(tree, path, describeError(error));
  }
  throw cannotSet(tree, path, 'the text could not be read any more');
}

/** Returns the other paths that differ. Throws where the intended value is not what is read, or the shape of something else is. */
function prove(
  before: TextTree,
  after: TextTree,
  root: number,
  path: TreePath,
  place: Place,
  value: NewValue,
): readonly TreePath[] {
  if (after.roots.length !== before.roots.length)
    throw cannotSet(before, path, 'it would make other documents of the file');
  const own = path.slice(0, path.length - place.missing.length + (isAdded(place) ? 1 : 0));
  const shared: TreePath[] = [];
  for (const [index, old] of before.roots.entries()) {
    const now = after.roots[index];
    if (now === undefined) continue;
    const differences = differencesOf(old, now);
    if (index !== root && differences.length > 0)
      throw cannotSet(before, path, 'another document would change with it');
    if (index === root) shared.push(...differences.filter((each) => !isBelow(each, own)));
    const found = index === root ? walk(after, now, own) : undefined;
    const expected = contentOf(nest(path.slice(own.length), value));
    if (found !== undefined && (found.missing.length > 0 || !isSameValue(plainOf(found.node), expected)))
      throw cannotSet(before, path, 'another value would be read');
  }
  if (shared.some((each) => isBelow(own, each))) throw cannotSet(before, path, 'what is around it would change');
  return shared;
}

/** Whether the first missing step is added to a map or list; else the value that is there and empty is replaced. */
function isAdded({ node, missing }: Place): boolean {
  return missing.length > 0 && !isOpen(node);
}

function isOpen(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function isBelow(path: TreePath, above: TreePath): boolean {
  return above.every((step, index) => path[index] === step);
}

function cannotSet(tree: TextTree, path: TreePath, why: string): Failure {
  return invalidTemplate(
    tree.path,
    `'${path.join('.')}' cannot be set in this file by changing nothing else: ${why}`,
    'Write it into the file by hand, once; Slipway can then change it.',
  );
}

function refusePlaceholder(tree: TextTree, node: TreeNode, path: TreePath): void {
  const written = hasMask(tree, node.start, node.end) ? findPlaceholder(writtenText(tree, node)) : undefined;
  if (written === undefined) return;
  throw invalidTemplate(
    placeOf(tree, node.start),
    `'${path.join('.')}' is filled in by a placeholder (${written})`,
    'Set the value where the placeholder is filled in, or write a plain value here.',
  );
}

/** Control blocks (`<% if … %>`) in a map: a key that is added there might hold under their condition alone. */
function refuseBlocks(tree: TextTree, node: TreeNode): void {
  if (tree.text === tree.masked) return;
  const start = node.style === 'block' ? tree.masked.slice(0, node.start).trimEnd().length : node.start;
  for (let at = start; at < contentEnd(node); at += 1) {
    if (/\s/.test(tree.masked[at] ?? '') && tree.masked[at] !== tree.text[at]) {
      throw invalidTemplate(
        placeOf(tree, at),
        'A key cannot be added among control blocks of the template: it might hold under their condition alone',
        'Write it into the file by hand, once; Slipway can then change it.',
      );
    }
  }
}
