import { findNode, type TextTree } from '../../formats/text-tree.js';
import { matchField, treePathOf } from '../edit-path.js';
import { findPairEntry } from '../named-entry.js';
import { type FieldPlace, imageOf, type PlacedService, requireImage, templateFormat } from '../template-format.js';
import { parseHostTree } from './host-document.js';
import { serviceFields } from './service-fields.js';

/** Files of one host behind HAProxy: YAML with `haproxy` and `services` at the top. A service's id is its key under `services`. */
export const haproxyTemplate = templateFormat<PlacedService>({
  name: 'haproxy',
  title: 'One host behind HAProxy (YAML)',
  noun: 'service',
  parse: (path, text) => parseHostTree(path, text),
  services: listServices,
  setImage: (tree, service, _image, written) => [
    {
      path: requireImage(tree, 'service', service, [...service.at, 'image'], "'image:'"),
      value: { kind: 'text', text: written },
    },
  ],
  findField,
  knownPaths: ['image', 'env.NAME', 'labels.NAME', 'memory', ...Object.keys(serviceFields)],
});

function listServices(tree: TextTree): readonly PlacedService[] {
  const services = findNode(tree, tree.roots[0], 'services');
  return (services?.entries ?? [])
    .filter(({ value }) => value.kind === 'map')
    .map(({ key, value }) => {
      const image = findNode(tree, value, 'image');
      const line = tree.lineOf((image ?? value).start);
      return { id: key, line, root: 0, at: ['services', key], ...imageOf(tree, image) };
    });
}

/** Words that all targets share, in this file's own. */
const words: Readonly<Record<string, string>> = { env: 'environment', memory: 'mem_limit', replicas: 'instances' };

function findField(tree: TextTree, service: PlacedService, given: readonly string[]): FieldPlace | undefined {
  const [first = '', ...rest] = given;
  const field = matchField(serviceFields, [words[first] ?? first, ...rest]);
  if (field === undefined) return undefined;
  const from = findNode(tree, tree.roots[0], ...service.at);
  const parent = field.steps.slice(0, -1);
  const list = findNode(tree, from, ...parent);
  const last = field.steps.at(-1) ?? '';
  if (parent.length > 0 && list?.kind === 'list' && !/^\d+$/.test(last)) {
    return findPairEntry(tree, list, [...service.at, ...parent], last);
  }
  return { path: [...service.at, ...treePathOf(tree, from, field.steps)], type: field.type };
}
