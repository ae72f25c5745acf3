import { findNode, findText, type TextTree, type TreePath } from '../../formats/text-tree.js';
import { type Fields, matchField, treePathOf } from '../edit-path.js';
import { findNamedEntry } from '../named-entry.js';
import { type FieldPlace, imageOf, type PlacedService, requireImage, templateFormat } from '../template-format.js';
import { findContainer, parseManifests, type Workload, workloadsOf } from './manifest-document.js';
import { containerFields, podFields, workloadFields } from './manifest-fields.js';

/** One container of a workload; `at` is its path. */
interface ManifestService extends PlacedService {
  readonly workload: Workload;
}

/**
 * Kubernetes manifests, YAML or JSON. A service's id is `metadata.name`; where that is there twice `Kind/name`, then
 * `namespace/Kind/name`. Of a pod with several containers each is a service: `name#container`.
 */
export const kubernetesTemplate = templateFormat<ManifestService>({
  name: 'kubernetes',
  title: 'Kubernetes manifests (YAML, JSON)',
  noun: 'workload',
  parse: parseManifests,
  services: listServices,
  setImage: (tree, service, _image, written) => [
    {
      path: requireImage(tree, 'workload', service, [...service.at, 'image'], 'containers[].image'),
      value: { kind: 'text', text: written },
    },
  ],
  findField,
  knownPaths: [
    'image',
    'instances',
    'env.NAME',
    'labels.NAME',
    'cpus',
    'memory',
    'containers.NAME.image',
    ...Object.keys(workloadFields),
    ...Object.keys(containerFields),
    ...Object.keys(podFields),
  ],
});

function listServices(tree: TextTree): readonly ManifestService[] {
  const workloads = workloadsOf(tree);
  const counts = new Map<string, number>();
  for (const each of workloads) {
    for (const name of [each.name, `${each.kind}/${each.name}`]) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return workloads.flatMap((workload) => {
    const all = namesOf(workload);
    const id =
      all.find((name) => name.endsWith(workload.name) && counts.get(name) === 1) ?? all.at(-1) ?? workload.name;
    return containersOf(tree, workload, id, all);
  });
}

/** Shortest first. */
function namesOf({ kind, name, namespace }: Workload): readonly string[] {
  const own = [name, `${kind}/${name}`];
  return namespace === undefined || namespace === ''
    ? own
    : [...own, `${namespace}/${name}`, `${namespace}/${kind}/${name}`];
}

function containersOf(
  tree: TextTree,
  workload: Workload,
  id: string,
  all: readonly string[],
): readonly ManifestService[] {
  const list: TreePath = [...workload.pod, 'containers'];
  const items = findNode(tree, tree.roots[workload.root], ...list)?.items ?? [];
  return items.map((item, index) => {
    const image = findNode(tree, item, 'image');
    const container = findText(tree, item, 'name') ?? String(index);
    const names = [...all, ...all.map((name) => name.replace(/[^/]+(?=\/[^/]*$)/, (kind) => kind.toLowerCase()))];
    return {
      id: items.length > 1 ? `${id}#${container}` : id,
      names: [...new Set([...names, ...names.map((name) => `${name}#${container}`)])],
      line: tree.lineOf((image ?? item).start),
      root: workload.root,
      at: [...list, index],
      workload,
      ...imageOf(tree, image),
    };
  });
}

function findField(tree: TextTree, service: ManifestService, steps: readonly string[]): FieldPlace | undefined {
  const { workload } = service;
  const [first = '', second, ...rest] = steps;
  if ((first === 'containers' || first === 'initContainers') && second !== undefined) {
    const container = findContainer(tree, workload, first, second);
    return (
      container && (inContainer(tree, workload.root, container, rest) ?? standing(tree, workload.root, container, rest))
    );
  }
  if (first === 'spec' || first === 'metadata')
    return (
      at(tree, workload.root, workload.at, steps, workloadFields) ?? standing(tree, workload.root, workload.at, steps)
    );
  if (first === 'instances' && second === undefined) return findInstances(workload);
  if (first === 'labels' && second !== undefined) {
    return { path: [...workload.at, 'metadata', 'labels', steps.slice(1).join('.')], type: 'text' };
  }
  if (first === 'strategy' || first === 'updateStrategy')
    return at(tree, workload.root, workload.at, ['spec', ...steps], workloadFields);
  return (
    inContainer(tree, workload.root, service.at, steps) ??
    standing(tree, workload.root, service.at, steps) ??
    at(tree, workload.root, workload.pod, steps, podFields) ??
    standing(tree, workload.root, workload.pod, steps)
  );
}

/** What runs once, or once on each node, has no number of instances. */
function findInstances(workload: Workload): FieldPlace | undefined {
  if (!['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(workload.kind)) return undefined;
  return { path: [...workload.at, 'spec', 'replicas'], type: 'count' };
}

function inContainer(
  tree: TextTree,
  root: number,
  container: TreePath,
  steps: readonly string[],
): FieldPlace | undefined {
  const [first, ...rest] = steps;
  if (first === 'image' && rest.length === 0) return { path: [...container, 'image'], type: 'text' };
  if (first === 'env' && rest.length > 0) {
    return findNamedEntry(tree, tree.roots[root], [...container, 'env'], rest.join('.'));
  }
  if (rest.length === 0 && first === 'cpus') return { path: [...container, 'resources', 'limits', 'cpu'], type: 'any' };
  if (rest.length === 0 && first === 'memory')
    return { path: [...container, 'resources', 'limits', 'memory'], type: 'any' };
  return at(tree, root, container, steps, containerFields);
}

function at(
  tree: TextTree,
  root: number,
  from: TreePath,
  steps: readonly string[],
  fields: Fields,
): FieldPlace | undefined {
  const field = matchField(fields, steps);
  if (field === undefined) return undefined;
  return {
    path: [...from, ...treePathOf(tree, findNode(tree, tree.roots[root], ...from), field.steps)],
    type: field.type,
  };
}

function standing(tree: TextTree, root: number, from: TreePath, steps: readonly string[]): FieldPlace | undefined {
  const node = findNode(tree, tree.roots[root], ...from);
  const path = treePathOf(tree, node, steps);
  return findNode(tree, node, ...path) === undefined ? undefined : { path: [...from, ...path], type: 'any' };
}
