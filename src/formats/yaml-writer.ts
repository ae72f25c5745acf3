import { parse } from 'yaml';
import { lineEndOf } from './json-writer.js';
import { type NewValue, newValueOf } from './new-value.js';
import type { Splice } from './text-span.js';
import type { PlainValue, TextTree, TreeEntry, TreeNode, TreeStyle } from './text-tree.js';

/**
 * Replace a value of a YAML text in place, quoted as it was where that can be. `entry`: whose value it is. Undefined: a block
 * scalar (`|`, `>`), which is not replaced.
 */
export function replaceInYaml(
  tree: TextTree,
  node: TreeNode,
  value: NewValue,
  entry: TreeEntry | undefined,
): readonly Splice[] | undefined {
  if (node.style === 'lines') return undefined;
  const style = styleOf(tree);
  if (node.style === 'empty') return fillEmpty(tree, node, value, entry, style);
  if (value.kind !== 'data') {
    const end = node.style === 'block' ? contentEnd(node) : node.end;
    return [{ start: node.start, end, text: writeScalar(value, node.style, isInFlow(tree, node)) }];
  }
  const sameKind = Array.isArray(value.value) === (node.kind === 'list') && node.kind !== 'scalar';
  if (node.style === 'block' && sameKind && sizeOf(value.value) > 0) {
    const lines = blockLines(value.value, { ...style, ...flowStyle(tree, node) });
    const indent = ' '.repeat(columnOf(tree.text, node.start));
    return [{ start: node.start, end: contentEnd(node), text: lines.join(style.eol + indent) }];
  }
  if (node.style === 'block' && entry !== undefined) {
    const start = tree.masked.indexOf(':', entry.keyEnd) + 1;
    return [{ start, end: contentEnd(node), text: ` ${writeFlow(value.value, flowStyle(tree, node))}` }];
  }
  return [{ start: node.start, end: node.end, text: writeFlow(value.value, flowStyle(tree, node)) }];
}

/** Add an entry to a map, or with `key` undefined an item to a list, at its end and in its style. */
export function addToYaml(
  tree: TextTree,
  parent: TreeNode,
  key: string | undefined,
  value: NewValue,
): readonly Splice[] {
  return parent.style === 'flow' ? [addToFlow(tree, parent, key, value)] : [addToBlock(tree, parent, key, value)];
}

interface YamlStyle {
  readonly eol: string;
  /** Columns by which a map in a map is indented. */
  readonly step: number;
  /** Columns by which a list in a map is indented. */
  readonly listStep: number;
  /** How the items of a list are quoted that is replaced or added to. */
  readonly quote?: TreeStyle;
}

function addToBlock(tree: TextTree, parent: TreeNode, key: string | undefined, value: NewValue): Splice {
  const style = { ...styleOf(tree), ...(key === undefined && flowStyle(tree, parent)) };
  const column = columnOf(tree.text, firstStart(parent));
  const gap = key === undefined ? gapOfItems(tree, parent) : '';
  const lines = key === undefined ? itemLines(value, gap, style) : entryLines(keyText(tree, parent, key), value, style);
  const indent = ' '.repeat(column);
  const written = lines.join(style.eol + indent);
  const end = contentEnd(parent);
  // Behind a block scalar a line could become part of it, or take its trailing blank lines away.
  if (endsInLines(parent)) {
    const start = firstStart(parent);
    return { start, end: start, text: `${written}${style.eol}${indent}` };
  }
  const rest = /^[^\r\n]*/.exec(tree.text.slice(end, end + 10_000))?.[0].length ?? 0;
  return { start: end + rest, end: end + rest, text: style.eol + indent + written };
}

function addToFlow(tree: TextTree, parent: TreeNode, key: string | undefined, value: NewValue): Splice {
  const flow = flowStyle(tree, parent);
  const written =
    value.kind === 'data' ? writeFlow(value.value, flow) : writeScalar(value, flow.quote ?? 'plain', true);
  const member = key === undefined ? written : `${keyText(tree, parent, key)}: ${written}`;
  const spans = spansOf(parent);
  const last = spans.at(-1);
  if (last === undefined) {
    const pad = /^\{\s+\}$/.test(tree.text.slice(parent.start, parent.end)) ? ' ' : '';
    return { start: parent.start + 1, end: parent.end - 1, text: pad + member + pad };
  }
  const lead = tree.text.slice(parent.start + 1, spans[0]?.start);
  const isSpread = spans.length > 1 && /^\s*$/.test(lead) && lead.includes('\n');
  return { start: last.end, end: last.end, text: (isSpread ? `,${lead}` : ', ') + member };
}

function fillEmpty(
  tree: TextTree,
  node: TreeNode,
  value: NewValue,
  entry: TreeEntry | undefined,
  style: YamlStyle,
): readonly Splice[] {
  const { start } = node;
  if (value.kind !== 'data') return [{ start, end: start, text: ` ${writeScalar(value, 'plain', true)}` }];
  if (sizeOf(value.value) === 0 || entry === undefined) {
    return [{ start, end: start, text: ` ${writeFlow(value.value, flowStyle(tree, undefined))}` }];
  }
  const step = Array.isArray(value.value) ? style.listStep : style.step;
  const indent = style.eol + ' '.repeat(columnOf(tree.text, entry.keyStart) + step);
  const rest = /^[^\r\n]*/.exec(tree.text.slice(start, start + 10_000))?.[0].length ?? 0;
  return [{ start: start + rest, end: start + rest, text: indent + blockLines(value.value, style).join(indent) }];
}

/** Lines of an entry, relative to its key's column. */
function entryLines(key: string, value: NewValue, style: YamlStyle): readonly string[] {
  if (value.kind !== 'data') return [`${key}: ${writeScalar(value, 'plain', false)}`];
  if (sizeOf(value.value) === 0) return [`${key}: ${Array.isArray(value.value) ? '[]' : '{}'}`];
  const pad = ' '.repeat(Array.isArray(value.value) ? style.listStep : style.step);
  return [`${key}:`, ...blockLines(value.value, style).map((line) => pad + line)];
}

function itemLines(value: NewValue, gap: string, style: YamlStyle): readonly string[] {
  const lines =
    value.kind !== 'data'
      ? [writeScalar(value, style.quote ?? 'plain', false)]
      : sizeOf(value.value) === 0
        ? [Array.isArray(value.value) ? '[]' : '{}']
        : blockLines(value.value, style);
  return lines.map((line, index) => (index === 0 ? `-${gap}${line}` : ` ${' '.repeat(gap.length)}${line}`));
}

/** A list or map that is not empty, in block style, relative to its own column. */
function blockLines(value: PlainValue, style: YamlStyle): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => itemLines(newValueOf(item), ' ', style));
  return Object.entries(value ?? {}).flatMap(([key, each]) => entryLines(plainKey(key), newValueOf(each), style));
}

interface FlowStyle {
  readonly quote?: 'single' | 'double';
  /** A blank inside of braces. */
  readonly pad: string;
}

function writeFlow(value: PlainValue, style: FlowStyle): string {
  const scalar = newValueOf(value);
  if (scalar.kind !== 'data' || value === null || typeof value !== 'object')
    return writeScalar(scalar, style.quote ?? 'plain', true);
  if (Array.isArray(value)) return `[${value.map((item) => writeFlow(item, style)).join(', ')}]`;
  const entries = Object.entries(value).map(([key, each]) => `${plainKey(key)}: ${writeFlow(each, style)}`);
  return entries.length === 0 ? '{}' : `{${style.pad}${entries.join(', ')}${style.pad}}`;
}

function flowStyle(tree: TextTree, node: TreeNode | undefined): FlowStyle {
  const first = [...(node?.items ?? []), ...(node?.entries ?? []).map((entry) => entry.value)].find(
    (each) => each.kind === 'scalar' && typeof each.value === 'string',
  )?.style;
  const pad = node !== undefined && tree.text.startsWith('{ ', node.start) ? ' ' : '';
  return { pad, ...((first === 'single' || first === 'double') && { quote: first }) };
}

/** A scalar in the wanted style, or in double quotes where that style cannot say it. */
function writeScalar(value: NewValue, style: TreeStyle, inFlow: boolean): string {
  if (value.kind === 'literal') return value.written;
  const text = value.kind === 'text' ? value.text : JSON.stringify(value.value);
  if (/[\p{Cc}\u2028\u2029\u0085\uFEFF]/u.test(text)) return inDoubleQuotes(text);
  if (style === 'single') return `'${text.replaceAll("'", "''")}'`;
  if (style === 'double' || readsDifferently(text, inFlow)) return inDoubleQuotes(text);
  return text;
}

function inDoubleQuotes(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\uFEFF]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text that a YAML 1.1 or 1.2 reader would not take as the same string when it stands unquoted (`[::1]/a`, `true`, `1:20`). */
function readsDifferently(text: string, inFlow: boolean): boolean {
  if (!/^[\p{L}\p{N}_/.]/u.test(text) || (inFlow && /[,[\]{}]/.test(text))) return true;
  if (/^[\p{L}_/][\w./@+-]*$/u.test(text) && !ambiguousWords.test(text)) return false;
  try {
    return parse(text, { version: '1.1', logLevel: 'silent' }) !== text || parse(text, { logLevel: 'silent' }) !== text;
  } catch {
    return true;
  }
}

/** What YAML 1.1 or 1.2 reads as something else than a text. */
const ambiguousWords = /^(?:y|n|yes|no|on|off|true|false|null|\.?nan|\.?inf)$/i;

function plainKey(key: string): string {
  return key === '<<' || readsDifferently(key, true) ? inDoubleQuotes(key) : key;
}

/** A key, quoted as the one before it is. */
function keyText(tree: TextTree, map: TreeNode, key: string): string {
  const quote = tree.text[map.entries.at(-1)?.keyStart ?? -1];
  if (quote === "'") return `'${key.replaceAll("'", "''")}'`;
  return quote === '"' ? inDoubleQuotes(key) : plainKey(key);
}

/** Where what is in a block map or list ends, without comments and line ends behind it. */
export function contentEnd(node: TreeNode): number {
  if (node.style === 'block') return spansOf(node).at(-1)?.end ?? node.start;
  return node.end;
}

function endsInLines(node: TreeNode): boolean {
  if (node.style === 'lines') return true;
  if (node.style !== 'block') return false;
  const index = (node.kind === 'map' ? node.entries : node.items).length - 1;
  const last = node.kind === 'map' ? node.entries[index]?.value : node.items[index];
  const isAlias = node.kind === 'map' ? node.entries[index]?.alias !== undefined : node.aliases?.has(index) === true;
  return last !== undefined && !isAlias && endsInLines(last);
}

function spansOf(node: TreeNode): readonly { readonly start: number; readonly end: number }[] {
  if (node.kind === 'map') {
    const own = node.entries.map(({ keyStart, keyEnd, value, alias }) => ({
      start: keyStart,
      end: Math.max(keyEnd, alias?.end ?? contentEnd(value)),
    }));
    // A merge key is no entry: where it comes last, its alias ends the map.
    return node.mergeEnds === undefined
      ? own
      : [...own, ...node.mergeEnds].toSorted((one, other) => one.start - other.start);
  }
  return node.items.map((item, index) => node.aliases?.get(index) ?? { start: item.start, end: contentEnd(item) });
}

function firstStart(node: TreeNode): number {
  return node.kind === 'list' ? node.start : (spansOf(node)[0]?.start ?? node.start);
}

/** What stands between a list's first dash and its item. */
function gapOfItems(tree: TextTree, list: TreeNode): string {
  return /^-( +)\S/.exec(tree.text.slice(list.start, list.start + 20))?.[1] ?? ' ';
}

/** Whether a scalar stands in a flow list or map: there, more must be quoted. */
function isInFlow(tree: TextTree, node: TreeNode): boolean {
  const line = tree.masked.slice(tree.masked.lastIndexOf('\n', node.start - 1) + 1, node.start);
  return /[[{,]/.test(line) || /^\s*[,\]}]/.test(tree.masked.slice(node.end, node.end + 200));
}

function columnOf(text: string, offset: number): number {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return offset - start - (text.startsWith('\uFEFF', start) ? 1 : 0);
}

/** The file's own indentation, by its first map in a map and first list in a map. */
function styleOf(tree: TextTree): YamlStyle {
  const found: { step?: number; listStep?: number } = {};
  const seen = new Set<TreeNode>();
  function visit(node: TreeNode): void {
    if (seen.has(node) || (found.step !== undefined && found.listStep !== undefined)) return;
    seen.add(node);
    for (const { keyStart, value, alias } of node.entries) {
      if (value.style === 'block' && alias === undefined) {
        const step = columnOf(tree.text, firstStart(value)) - columnOf(tree.text, keyStart);
        if (value.kind === 'map' && step > 0) found.step ??= step;
        if (value.kind === 'list' && step >= 0) found.listStep ??= step;
      }
      visit(value);
    }
    node.items.forEach(visit);
  }
  tree.roots.forEach(visit);
  const step = found.step ?? 2;
  return { eol: lineEndOf(tree.text), step, listStep: found.listStep ?? step };
}

function sizeOf(value: PlainValue): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}
