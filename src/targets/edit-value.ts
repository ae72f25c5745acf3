import { Failure } from '../core/failure.js';
import type { TemplateEdit } from '../core/target.js';
import { booleanLiteral, type NewValue, numberLiteral } from '../formats/new-value.js';
import type { PlainValue, TreeNode } from '../formats/text-tree.js';
import type { FieldType } from './edit-path.js';

const expectations: Readonly<Record<FieldType, string>> = {
  text: 'a text',
  count: 'a whole number from 0',
  number: 'a number',
  flag: 'true or false',
  list: 'a list as JSON, such as ["a", "b"]',
  map: 'a map as JSON, such as {"a": "b"}',
  any: 'a text, or a list or map as JSON',
};

/**
 * The text of an edit as the value that is written: typed by the field, and where that leaves it open by what stands there.
 * Throws `settings.invalid` for a text that is no such value.
 */
export function readEditValue(
  edit: TemplateEdit,
  type: FieldType,
  node: TreeNode | undefined,
  where: string,
): NewValue {
  const value = read(edit.value, type, node);
  if (value !== undefined) return value;
  const standing = node?.kind === 'list' || node?.kind === 'map' ? node.kind : type;
  throw new Failure('settings.invalid', {
    message: `'${edit.value}' is no value for '${edit.path}', which is ${expectations[standing]}`,
    where,
  });
}

function read(text: string, type: FieldType, node: TreeNode | undefined): NewValue | undefined {
  switch (type) {
    case 'list':
    case 'map':
      return readData(text, type);
    case 'count':
      return /^\d+$/.test(text) ? asItStands(text, node) : undefined;
    case 'number':
      return numberLiteral(text) && asItStands(text, node);
    case 'flag':
      return booleanLiteral(text) && asItStands(text, node);
    case 'text':
      if (node?.kind === 'list' || node?.kind === 'map') return undefined;
      return isQuotedOrAbsent(node) ? { kind: 'text', text } : asItStands(text, node);
    case 'any':
      if (node?.kind === 'list' || node?.kind === 'map') return readData(text, node.kind);
      if (/^\s*[[{]/.test(text)) return readData(text, 'list') ?? readData(text, 'map') ?? { kind: 'text', text };
      return asItStands(text, node);
  }
}

/** A text stays a text; numbers and truth values are such where one stands already, or nothing does. */
function asItStands(text: string, node: TreeNode | undefined): NewValue {
  if (typeof node?.value === 'string') return { kind: 'text', text };
  return numberLiteral(text) ?? booleanLiteral(text) ?? { kind: 'text', text };
}

function isQuotedOrAbsent(node: TreeNode | undefined): boolean {
  return node === undefined || node.value === null || typeof node.value === 'string';
}

function readData(text: string, kind: 'list' | 'map'): NewValue | undefined {
  try {
    const value = JSON.parse(text) as PlainValue;
    const fits =
      kind === 'list' ? Array.isArray(value) : typeof value === 'object' && value !== null && !Array.isArray(value);
    return fits ? { kind: 'data', value } : undefined;
  } catch {
    return undefined;
  }
}
