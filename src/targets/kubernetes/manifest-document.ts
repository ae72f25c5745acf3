import { Failure } from '../../core/failure.js';
import { parseJsonTree, tryJsonTree } from '../../formats/json-tree.js';
import {
  findNode,
  findText,
  placeOf,
  scalarText,
  type TextTree,
  type TreeNode,
  type TreePath,
} from '../../formats/text-tree.js';
import { parseYamlTree, tryYamlTree } from '../../formats/yaml-tree.js';

/** A kind of object that runs containers, as it stands in a file. */
export interface Workload {
  readonly kind: string;
  /** `metadata.name` as written; empty where there is none. */
  readonly name: string;
  readonly namespace?: string;
  /** Index of its document. */
  readonly root: number;
  /** Path of the object in its document: empty, or into a `List`. */
  readonly at: TreePath;
  /** Path of its pod's spec. */
  readonly pod: TreePath;
  readonly node: TreeNode;
}

/** Where the pod's spec is in each kind (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/). */
const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/**
 * A file of Kubernetes manifests: YAML of any number of documents, or JSON. Undefined where nothing in it runs containers. Throws
 * `deploy.template-invalid` for one that is broken.
 */
export function parseManifests(path: string, text: string): TextTree | undefined {
  const looksOurs =
    /^[\uFEFF \t"']*apiVersion["']?[ \t]*:/m.test(text) && /^[\uFEFF \t"']*kind["']?[ \t]*:/m.test(text);
  if (!looksOurs && !/"apiVersion"/.test(text)) return undefined;
  const tree = read(path, text, looksOurs);
  return tree !== undefined && workloadsOf(tree).length > 0 ? tree : undefined;
}

function read(path: string, text: string, looksOurs: boolean): TextTree | undefined {
  if (/\.ya?ml$/i.test(path)) {
    const tree = tryYamlTree(path, text);
    if ('roots' in tree) return tree;
    return looksOurs ? parseYamlTree(path, text) : undefined;
  }
  if (!/\.jsonc?$/i.test(path)) return undefined;
  const tree = tryJsonTree(path, text);
  if ('roots' in tree) return tree;
  return /"kind"\s*:\s*"(?:Deployment|StatefulSet|DaemonSet|CronJob|Job|Pod|List)"/.test(text)
    ? parseJsonTree(path, text)
    : undefined;
}

/** Everything in a file that runs containers, in the file's order. */
export function workloadsOf(tree: TextTree): readonly Workload[] {
  return tree.roots.flatMap((root, index) => workloadsIn(tree, root, index, []));
}

function workloadsIn(tree: TextTree, node: TreeNode, root: number, at: TreePath): readonly Workload[] {
  const kind = findText(tree, node, 'kind');
  if (kind === undefined || findText(tree, node, 'apiVersion') === undefined) return [];
  if (kind.endsWith('List')) {
    const items = findNode(tree, node, 'items')?.items ?? [];
    return items.flatMap((item, index) => workloadsIn(tree, item, root, [...at, 'items', index]));
  }
  const pod = podPaths[kind];
  if (pod === undefined) return [];
  const name = findNode(tree, node, 'metadata', 'name');
  const namespace = findNode(tree, node, 'metadata', 'namespace');
  return [
    {
      kind,
      name: scalarText(tree, name),
      ...(namespace && { namespace: scalarText(tree, namespace) }),
      root,
      at,
      pod: [...at, ...pod],
      node,
    },
  ];
}

/** The index of a container by its name in `containers` or `initContainers`; undefined where there is none. */
export function findContainer(
  tree: TextTree,
  workload: Workload,
  list: 'containers' | 'initContainers',
  name: string,
): TreePath | undefined {
  const items = findNode(tree, tree.roots[workload.root], ...workload.pod, list)?.items ?? [];
  const found = items.flatMap((item, index) => (findText(tree, item, 'name') === name ? [{ item, index }] : []));
  const [only, second] = found;
  if (second !== undefined) {
    throw new Failure('deploy.ambiguous-match', {
      message: `There are ${found.length} containers called '${name}'`,
      where: found.map(({ item }) => placeOf(tree, item.start)).join(', '),
      remedy: 'Keep one of them.',
    });
  }
  return only && [...workload.pod, list, only.index];
}
