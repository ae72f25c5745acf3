import { syntaxOf } from '../../formats/template-syntax.js';
import { findNode, findText, type TextTree } from '../../formats/text-tree.js';
import { parseYamlTree, tryYamlTree } from '../../formats/yaml-tree.js';

/**
 * A `kustomization.yaml`, told by its name or its `kind`. Undefined: it is none, or has no `images`. Throws
 * `deploy.template-invalid` for one that is broken.
 */
export function parseKustomization(path: string, text: string): TextTree | undefined {
  if (syntaxOf(path, text) !== 'yaml') return undefined;
  const byName = /(?:^|\/)kustomization\.ya?ml$/i.test(path);
  if (!byName && !/^\uFEFF?["']?kind["']?[ \t]*:[ \t]*["']?Kustomization\b/m.test(text)) return undefined;
  const tree = tryYamlTree(path, text);
  if (!('roots' in tree)) return parseYamlTree(path, text);
  const [root] = tree.roots;
  const isOurs = tree.roots.length === 1 && (byName || findText(tree, root, 'kind') === 'Kustomization');
  return isOurs && (findNode(tree, root, 'images')?.items ?? []).length > 0 ? tree : undefined;
}
