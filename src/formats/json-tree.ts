import { printParseErrorCode, visit } from 'jsonc-parser';
import { describeError } from '../core/failure.js';
import { maskJson, mayHavePlaceholders } from './placeholders.js';
import { indexLines } from './text-span.js';
import { invalidTemplate, type TextTree, type TreeEntry, type TreeNode } from './text-tree.js';

/** Where a JSON text is broken. */
export interface BrokenText {
  readonly offset: number;
  /** What is to say of the text: `is broken: …`, `cannot be read: …`. */
  readonly reason: string;
}

const none: readonly never[] = Object.freeze([]);
/** The same, where a type wants to push. */
const nothing = none as never[];

interface OpenNode extends TreeNode {
  end: number;
  readonly entries: TreeEntry[];
  readonly items: TreeNode[];
  key: string;
  keyStart: number;
  keyEnd: number;
}

/**
 * A JSON text as a tree, comments and a BOM allowed; where it is no JSON and has placeholders, once more with these masked. Throws
 * `deploy.template-invalid` with the place where it is broken.
 */
export function parseJsonTree(path: string, text: string, known?: string): TextTree {
  const tree = tryJsonTree(path, text, known);
  if ('roots' in tree) return tree;
  const place = `${path}:${indexLines(text)(tree.offset)}`;
  const masked = mayHavePlaceholders(text) ? ' (its placeholders taken out)' : '';
  throw invalidTemplate(place, `This JSON ${tree.reason}${masked}`);
}

/** As `parseJsonTree`, but a broken text is told by where it is broken. `masked`: how the placeholders are already known to be masked. */
export function tryJsonTree(path: string, text: string, masked?: string): TextTree | BrokenText {
  if (masked !== undefined) return readTree(path, text, masked);
  const plain = readTree(path, text, text);
  if ('roots' in plain || !mayHavePlaceholders(text)) return plain;
  return readTree(path, text, maskJson(text));
}

function readTree(path: string, text: string, masked: string): TextTree | BrokenText {
  try {
    const root = readRoot(masked, masked !== text);
    if ('reason' in root) return root;
    let lines: ((offset: number) => number) | undefined;
    return {
      path,
      syntax: 'json',
      text,
      masked,
      roots: [root],
      lineOf(offset) {
        lines ??= indexLines(text);
        return lines(offset);
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return { offset: 0, reason: `cannot be read: ${describeError(error)}` };
    throw error;
  }
}

function readRoot(text: string, hasMask: boolean): TreeNode | BrokenText {
  const stack: OpenNode[] = [];
  let root: TreeNode | undefined;
  let broken: BrokenText | undefined;

  function add(node: TreeNode): void {
    const open = stack.at(-1);
    if (open === undefined) root ??= node;
    else if (open.kind === 'list') open.items.push(node);
    else open.entries.push({ key: open.key, keyStart: open.keyStart, keyEnd: open.keyEnd, value: node });
  }
  function begin(kind: 'map' | 'list', start: number): void {
    const node: OpenNode = {
      kind,
      style: 'flow',
      start,
      end: start,
      value: null,
      entries: kind === 'map' ? [] : nothing,
      items: kind === 'list' ? [] : nothing,
      merged: none,
      key: '',
      keyStart: 0,
      keyEnd: 0,
    };
    add(node);
    stack.push(node);
  }
  function close(offset: number, length: number): void {
    const open = stack.pop();
    if (open !== undefined) open.end = offset + length;
  }
  visit(
    // The scanner takes a BOM for a wrong symbol; a space keeps every offset.
    text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text,
    {
      onObjectBegin: (offset) => begin('map', offset),
      onArrayBegin: (offset) => begin('list', offset),
      onObjectEnd: close,
      onArrayEnd: close,
      onObjectProperty(key, offset, length) {
        const open = stack.at(-1);
        if (open === undefined) return;
        open.key = key;
        open.keyStart = offset;
        open.keyEnd = offset + length;
      },
      onLiteralValue(value: string | number | boolean | null, offset, length) {
        const style = typeof value === 'string' ? 'double' : 'plain';
        const end = offset + length;
        add({ kind: 'scalar', style, start: offset, end, value, entries: none, items: none, merged: none });
      },
      onError(code, offset) {
        broken ??= { offset, reason: `is broken: ${printParseErrorCode(code)}` };
      },
    },
    { allowTrailingComma: hasMask },
  );
  return broken ?? root ?? { offset: 0, reason: 'is empty' };
}
