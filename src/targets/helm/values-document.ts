import { tryParseImageReference } from '../../core/image-name.js';
import { syntaxOf } from '../../formats/template-syntax.js';
import {
  findEntry,
  findNode,
  hasMask,
  scalarText,
  type TextTree,
  type TreeNode,
  type TreePath,
} from '../../formats/text-tree.js';
import { parseYamlTree, tryYamlTree } from '../../formats/yaml-tree.js';
import { imageOf, type PlacedService } from '../template-format.js';

/** An image in a values file: a map with `repository` and `tag`, or one text. */
export interface ValuesService extends PlacedService {
  readonly form: 'map' | 'text';
}

/**
 * The values of a Helm chart: any YAML could be one, so it is told by its name (`values*.yaml`), or chosen. Undefined: it is none, or
 * has no image. Throws `deploy.template-invalid` for one that is broken.
 */
export function parseValues(path: string, text: string, chosen: boolean): TextTree | undefined {
  if (!chosen && !/(?:^|\/)values[\w.-]*\.ya?ml(?:\.\w+)?$/i.test(path)) return undefined;
  if (syntaxOf(path, text) !== 'yaml') return undefined;
  const tree = tryYamlTree(path, text);
  if (!('roots' in tree)) return parseYamlTree(path, text);
  return tree.roots.length === 1 && valuesServices(tree).length > 0 ? tree : undefined;
}

/** Every image of the values, by its key path. */
export function valuesServices(tree: TextTree): readonly ValuesService[] {
  const [root] = tree.roots;
  return root === undefined ? [] : servicesIn(tree, root, []);
}

function servicesIn(tree: TextTree, map: TreeNode, at: TreePath): readonly ValuesService[] {
  if (map.kind !== 'map') return [];
  return map.entries.flatMap((entry) => {
    const path = [...at, entry.key];
    if (entry.value.kind === 'map') {
      const isImage =
        typeof findNode(tree, entry.value, 'repository')?.value === 'string' &&
        (findEntry(tree, entry.value, 'tag') ?? findEntry(tree, entry.value, 'digest')) !== undefined;
      return isImage ? [mapService(tree, entry.value, path)] : servicesIn(tree, entry.value, path);
    }
    const image = imageOf(tree, entry.value);
    const written = image.image ?? image.written ?? '';
    const isImage = /^image$/i.test(entry.key)
      ? written !== '' && typeof entry.value.value === 'string'
      : /image$/i.test(entry.key) && /[\w}>]:[\w$<{%]/.test(written);
    return isImage ? [{ ...place(tree, path, entry.value), form: 'text', ...image }] : [];
  });
}

function mapService(tree: TextTree, map: TreeNode, path: TreePath): ValuesService {
  const parts = ['registry', 'repository', 'tag', 'digest'].map((key) => findNode(tree, map, key));
  const [registry = '', repository = '', tag = '', digest = ''] = parts.map((node) => node && scalarText(tree, node));
  const whole = `${registry && `${registry}/`}${repository}${tag && `:${tag}`}${digest && `@${digest}`}`;
  const masked = parts.some((node) => node !== undefined && hasMask(tree, node.start, node.end));
  const isPlain = !masked && tryParseImageReference(whole) !== undefined;
  const node = parts[2] ?? parts[1] ?? map;
  return { ...place(tree, path, node), form: 'map', ...(isPlain ? { image: whole } : { written: whole }) };
}

function place(
  tree: TextTree,
  path: TreePath,
  node: TreeNode,
): Pick<ValuesService, 'id' | 'names' | 'line' | 'root' | 'at'> {
  const parent = path.slice(0, -1).join('.');
  return {
    id: path.join('.'),
    ...(parent !== '' && { names: [parent] }),
    line: tree.lineOf(node.start),
    root: 0,
    at: path,
  };
}
