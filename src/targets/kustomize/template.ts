import type { ImageReference } from '../../core/image-name.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { findEntry, findNode, hasMask, scalarText, type TextTree, type TreeNode } from '../../formats/text-tree.js';
import { type Fields, matchField } from '../edit-path.js';
import { type FieldEdit, type PlacedService, templateFormat } from '../template-format.js';
import { parseKustomization } from './kustomization-document.js';

const fields: Fields = { newName: 'text', newTag: 'text', digest: 'text', tagSuffix: 'text' };

/**
 * The `images` of a kustomization (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/). A service's id is
 * the `name` of an image.
 */
export const kustomizeTemplate = templateFormat<PlacedService>({
  name: 'kustomize',
  title: 'Kustomization (YAML)',
  noun: 'image',
  parse: parseKustomization,
  services: (tree) =>
    (findNode(tree, tree.roots[0], 'images')?.items ?? []).flatMap((item, index) => {
      const name = findNode(tree, item, 'name');
      if (name === undefined) return [];
      const service = { id: scalarText(tree, name), line: tree.lineOf(name.start), root: 0, at: ['images', index] };
      return [{ ...service, ...imageOfEntry(tree, item) }];
    }),
  setImage,
  findField(_tree, service, steps) {
    const field = matchField(fields, steps);
    return field && { path: [...service.at, ...field.steps], type: field.type };
  },
  knownPaths: ['image', ...Object.keys(fields)],
});

/** As it is deployed: `newName` for `name`, with tag and digest. */
function imageOfEntry(tree: TextTree, entry: TreeNode): Pick<PlacedService, 'image' | 'written'> {
  const parts = ['name', 'newName', 'newTag', 'digest'].map((key) => findNode(tree, entry, key));
  const [name = '', newName = '', tag = '', digest = ''] = parts.map((node) => node && scalarText(tree, node));
  const whole = `${newName || name}${tag && `:${tag}`}${digest && `@${digest}`}`;
  const masked = parts.some((node) => node !== undefined && hasMask(tree, node.start, node.end));
  return !masked && tryParseImageReference(whole) !== undefined ? { image: whole } : { written: whole };
}

/** A digest or tag that the new image has not is emptied: kustomize would go on using it. */
function setImage(tree: TextTree, service: PlacedService, image: ImageReference): readonly FieldEdit[] {
  const entry = findNode(tree, tree.roots[0], ...service.at);
  const has = (key: string): boolean => findEntry(tree, entry, key) !== undefined;
  const edit = (key: string, text: string): FieldEdit => ({
    path: [...service.at, key],
    value: { kind: 'text', text },
    shown: key,
  });
  const { repository, tag, digest } = image;
  return [
    ...(has('newName') || repository !== service.id ? [edit('newName', repository)] : []),
    ...(tag !== undefined || has('newTag') ? [edit('newTag', tag ?? '')] : []),
    ...(digest !== undefined || has('digest') ? [edit('digest', digest ?? '')] : []),
  ];
}
