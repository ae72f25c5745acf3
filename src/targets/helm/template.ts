import { type ImageReference, registryOf } from '../../core/image-name.js';
import { findEntry, findNode, type TextTree, type TreePath } from '../../formats/text-tree.js';
import { type Fields, matchField, treePathOf } from '../edit-path.js';
import { findNamedEntry } from '../named-entry.js';
import { type FieldEdit, type FieldPlace, templateFormat } from '../template-format.js';
import { parseValues, type ValuesService, valuesServices } from './values-document.js';

/** What most charts have under these names; everything else must stand in the file. */
const fields: Fields = {
  replicaCount: 'count',
  resources: 'map',
  'resources.limits.**': 'any',
  'resources.requests.**': 'any',
  podAnnotations: 'map',
  'podAnnotations.**': 'text',
  podLabels: 'map',
  'podLabels.**': 'text',
  nodeSelector: 'map',
  tolerations: 'list',
  affinity: 'map',
};

/**
 * Values of a Helm chart. A service's id is the key path of its image (`image`, `backend.image`): a map with `repository` and `tag`, or a
 * text. Paths are relative to what the image stands in: `replicaCount` beside `image`.
 */
export const helmTemplate = templateFormat<ValuesService>({
  name: 'helm',
  title: 'Helm values (YAML)',
  noun: 'image',
  parse: parseValues,
  services: valuesServices,
  setImage,
  findField,
  knownPaths: ['image', 'instances', 'env.NAME', 'labels.NAME', 'cpus', 'memory', ...Object.keys(fields)],
});

/**
 * A digest goes where the map has one, else behind the tag: charts write `repository:tag`, and an unknown key would be left unread. A digest
 * that the new image has not is emptied.
 */
function setImage(
  tree: TextTree,
  service: ValuesService,
  image: ImageReference,
  written: string,
): readonly FieldEdit[] {
  if (service.form === 'text') return [{ path: service.at, value: { kind: 'text', text: written } }];
  const map = findNode(tree, tree.roots[0], ...service.at);
  const has = (key: string): boolean => findEntry(tree, map, key) !== undefined;
  const edit = (key: string, text: string): FieldEdit => ({
    path: [...service.at, key],
    value: { kind: 'text', text },
    shown: `${service.id}.${key}`,
  });
  const { repository, tag = '', digest } = image;
  const registry = findNode(tree, map, 'registry')?.value;
  const split = typeof registry === 'string' && registry !== '';
  const host = registryOf(repository);
  const path = split && host !== undefined ? repository.slice(host.length + 1) : repository;
  const pinned = digest === undefined || has('digest') ? tag : `${tag}@${digest}`;
  return [
    ...(split ? [edit('registry', host ?? 'docker.io')] : []),
    edit('repository', path),
    ...(has('tag') || tag !== '' ? [edit('tag', pinned)] : []),
    ...(has('digest') ? [edit('digest', digest ?? '')] : []),
  ];
}

/** Words that all targets share, and the keys that charts have for them, the usual one first. */
const words: Readonly<Record<string, readonly string[]>> = {
  instances: ['replicaCount', 'replicas'],
  env: ['env', 'extraEnv', 'extraEnvVars', 'environment'],
  labels: ['podLabels', 'labels', 'commonLabels'],
};

function findField(tree: TextTree, service: ValuesService, steps: readonly string[]): FieldPlace | undefined {
  const base = service.at.slice(0, -1);
  const from = findNode(tree, tree.roots[0], ...base);
  const [first = '', ...rest] = steps;
  if (steps.length === 1 && first === 'cpus') return { path: [...base, 'resources', 'limits', 'cpu'], type: 'any' };
  if (steps.length === 1 && first === 'memory')
    return { path: [...base, 'resources', 'limits', 'memory'], type: 'any' };
  const keys = Object.hasOwn(words, first) ? (words[first] ?? []) : [];
  const standing = keys.find((key) => findEntry(tree, from, key) !== undefined);
  if (first === 'instances' && rest.length === 0) return { path: [...base, standing ?? 'replicaCount'], type: 'count' };
  if (first === 'env' && rest.length > 0) return findVariable(tree, base, standing, rest.join('.'));
  if (first === 'labels' && rest.length > 0)
    return { path: [...base, standing ?? 'podLabels', rest.join('.')], type: 'text' };
  const field = matchField(fields, steps);
  if (field) return { path: [...base, ...treePathOf(tree, from, field.steps)], type: field.type };
  const path = [...base, ...treePathOf(tree, from, steps)];
  return findNode(tree, tree.roots[0], ...path) === undefined ? undefined : { path, type: 'any' };
}

/** Charts differ in whether the environment is a list of names and values or a map: one that is not there is not guessed. */
function findVariable(tree: TextTree, base: TreePath, key: string | undefined, name: string): FieldPlace | undefined {
  if (key === undefined) return undefined;
  const root = tree.roots[0];
  const node = findNode(tree, root, ...base, key);
  if (node?.kind === 'map') return { path: [...base, key, name], type: 'text' };
  return node?.kind === 'list' && node.items.length > 0 ? findNamedEntry(tree, root, [...base, key], name) : undefined;
}
