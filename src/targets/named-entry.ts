import { Failure } from '../core/failure.js';
import type { NewValue } from '../formats/new-value.js';
import { contentOf } from '../formats/new-value.js';
import {
  findEntry,
  findNode,
  findText,
  placeOf,
  type TextTree,
  type TreeNode,
  type TreePath,
} from '../formats/text-tree.js';
import type { FieldPlace } from './template-format.js';

/**
 * Where a variable is in a list of names and values (`[{name: A, value: x}]`, as Kubernetes has them) at `path`; a new one is added to its
 * end. Throws `deploy.template-invalid` for one whose value comes from elsewhere (`valueFrom`), `deploy.ambiguous-match` for one that is
 * there twice.
 */
export function findNamedEntry(tree: TextTree, root: TreeNode | undefined, path: TreePath, name: string): FieldPlace {
  const list = findNode(tree, root, ...path);
  const entry = (value: NewValue) => ({ name, value: contentOf(value) });
  if (list?.kind !== 'list') {
    return { path, type: 'text', wrap: (value) => ({ kind: 'data', value: [entry(value)] }) };
  }
  const found = list.items.flatMap((item, index) => (findText(tree, item, 'name') === name ? [{ item, index }] : []));
  const [only, second] = found;
  if (second !== undefined) {
    throw new Failure('deploy.ambiguous-match', {
      message: `'${name}' is in this list ${found.length} times`,
      where: found.map(({ item }) => placeOf(tree, item.start)).join(', '),
      remedy: 'Keep one of them.',
    });
  }
  if (only === undefined) {
    return {
      path: [...path, list.items.length],
      type: 'text',
      wrap: (value) => ({ kind: 'data', value: entry(value) }),
    };
  }
  if (findEntry(tree, only.item, 'valueFrom') !== undefined) {
    throw new Failure('deploy.template-invalid', {
      message: `'${name}' takes its value from elsewhere (valueFrom)`,
      where: placeOf(tree, only.item.start),
      remedy: 'Change it there, or write a value here by hand.',
    });
  }
  return { path: [...path, only.index, 'value'], type: 'text' };
}

/**
 * Where `KEY` is in a list of `KEY=VALUE` texts, as Compose has them; a new one is added to its end. Throws `deploy.ambiguous-match`
 * for one that is there twice.
 */
export function findPairEntry(tree: TextTree, list: TreeNode, path: TreePath, key: string): FieldPlace {
  const found = list.items.flatMap((item, index) => {
    const text = item.value;
    return typeof text === 'string' && (text === key || text.startsWith(`${key}=`)) ? [{ item, index }] : [];
  });
  const [only, second] = found;
  if (second !== undefined) {
    throw new Failure('deploy.ambiguous-match', {
      message: `'${key}' is in this list ${found.length} times`,
      where: found.map(({ item }) => placeOf(tree, item.start)).join(', '),
      remedy: 'Keep one of them.',
    });
  }
  const wrap = (value: NewValue): NewValue => ({ kind: 'text', text: `${key}=${String(contentOf(value))}` });
  return { path: [...path, only?.index ?? list.items.length], type: 'text', wrap };
}
