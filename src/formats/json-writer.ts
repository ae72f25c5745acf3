import type { NewValue } from './new-value.js';
import { newValueOf } from './new-value.js';
import type { Splice } from './text-span.js';
import type { PlainValue, TextTree, TreeNode } from './text-tree.js';

/** Replace a value of a JSON text in place. */
export function replaceInJson(tree: TextTree, node: TreeNode, value: NewValue): readonly Splice[] {
  const spread = node.kind === 'scalar' ? isSpread(tree.text) : tree.text.slice(node.start, node.end).includes('\n');
  const style = styleOf(tree.text, node, spread);
  return [{ start: node.start, end: node.end, text: write(value, style) }];
}

/** Add a member to an object, or with `key` undefined an element to an array, in the file's own indentation. */
export function addToJson(
  tree: TextTree,
  parent: TreeNode,
  key: string | undefined,
  value: NewValue,
): readonly Splice[] {
  const { text } = tree;
  const spans =
    parent.kind === 'map'
      ? parent.entries.map((entry) => ({ start: entry.keyStart, end: entry.value.end }))
      : parent.items.map(({ start, end }) => ({ start, end }));
  const last = spans.at(-1);
  if (last === undefined) return [fillEmpty(tree, parent, key, value)];
  const [before, latest] = spans.slice(-2);
  const between = before && latest && before !== latest ? text.slice(before.end, latest.start) : undefined;
  const lead = text.slice(parent.start + 1, spans[0]?.start);
  const separator =
    between !== undefined && /^\s*,\s*$/.test(between)
      ? between
      : `,${/^\s*$/.test(lead) && lead.includes('\n') ? lead : gapOf(colonOf(tree, parent))}`;
  const spread = separator.includes('\n');
  const written = member(key, value, styleOf(text, parent, spread, indentAt(text, last.start)), colonOf(tree, parent));
  const comment = spread ? /^[ \t]*\/\/[^\r\n]*/.exec(text.slice(last.end))?.[0] : undefined;
  if (comment === undefined) return [{ start: last.end, end: last.end, text: separator + written }];
  const end = last.end + comment.length;
  return [
    { start: last.end, end: last.end, text: ',' },
    { start: end, end, text: separator.replace(/^\s*,[ \t]*/, '') + written },
  ];
}

interface JsonStyle {
  /** Undefined: all on one line. */
  readonly unit?: string;
  readonly eol: string;
  /** What the line begins with on which the value begins. */
  readonly indent: string;
}

function styleOf(text: string, node: TreeNode, spread: boolean, indent = indentAt(text, node.start)): JsonStyle {
  return { eol: lineEndOf(text), indent, ...(spread && { unit: indentUnit(text) }) };
}

function fillEmpty(tree: TextTree, parent: TreeNode, key: string | undefined, value: NewValue): Splice {
  const { text } = tree;
  const style = styleOf(text, parent, isSpread(text));
  const inner = { start: parent.start + 1, end: parent.end - 1 };
  const kept = text.slice(inner.start, inner.end).trim() === '' ? inner : { start: inner.start, end: inner.start };
  if (style.unit === undefined) return { ...kept, text: member(key, value, style, colonOf(tree, parent)) };
  const indent = style.indent + style.unit;
  const written = member(key, value, { ...style, indent }, colonOf(tree, parent));
  return { ...kept, text: `${style.eol}${indent}${written}${kept === inner ? style.eol + style.indent : ''}` };
}

function member(key: string | undefined, value: NewValue, style: JsonStyle, colon: string): string {
  return key === undefined ? write(value, style) : JSON.stringify(key) + colon + write(value, style, colon);
}

function write(value: NewValue, style: JsonStyle, colon = ': '): string {
  if (value.kind === 'text') return JSON.stringify(value.text);
  if (value.kind === 'literal') return value.written;
  return writeData(value.value, style, colon);
}

function writeData(value: PlainValue, style: JsonStyle, colon: string): string {
  if (value === null || typeof value !== 'object') return write(newValueOf(value), style, colon);
  const isList = Array.isArray(value);
  const inner = { ...style, indent: style.indent + (style.unit ?? '') };
  const parts = Object.entries(value).map(([key, each]) => {
    const written = writeData(each, inner, colon);
    return isList ? written : JSON.stringify(key) + colon + written;
  });
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return open + close;
  if (style.unit === undefined) return open + parts.join(`,${gapOf(colon)}`) + close;
  const start = style.eol + inner.indent;
  return `${open}${start}${parts.join(`,${start}`)}${style.eol}${style.indent}${close}`;
}

/** What stands between a key and its value in this object, or else in the file. */
function colonOf(tree: TextTree, parent: TreeNode): string {
  const entry = parent.entries.at(-1) ?? tree.roots[0]?.entries[0] ?? tree.roots[0]?.items[0]?.entries[0];
  const between = entry && tree.masked.slice(entry.keyEnd, entry.value.start);
  return between !== undefined && /^[ \t]*:[ \t]*$/.test(between) ? between : ': ';
}

function gapOf(colon: string): string {
  return colon.endsWith(' ') ? ' ' : '';
}

/** Whether the file has more than one line of content. */
function isSpread(text: string): boolean {
  return /\n\s*\S/.test(text);
}

/** The first indentation that the file has; two spaces where it has none. */
function indentUnit(text: string): string {
  return /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
}

/** The blanks that the line of an offset begins with. */
function indentAt(text: string, offset: number): string {
  const start = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^\uFEFF?([ \t]*)/.exec(text.slice(start, offset))?.[1] ?? '';
}

/** The line end of the file's first line. */
export function lineEndOf(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
}
