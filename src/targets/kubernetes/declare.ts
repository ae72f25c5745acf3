import type { DeclaredPort, DeclaredService, TemplateReader } from '../../core/declared-service.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { findNode, findText, keysOf, scalarText, type TextTree, type TreeNode } from '../../formats/text-tree.js';
import { parseManifests, type Workload, workloadsOf } from './manifest-document.js';

/** What Kubernetes manifests declare: one service for each container, as they are released one by one. */
export const kubernetesReader: TemplateReader = {
  target: 'kubernetes',
  declare(path, text) {
    const tree = parseManifests(path, text);
    if (tree === undefined) return undefined;
    return workloadsOf(tree).flatMap((workload) => {
      const pod = findNode(tree, tree.roots[workload.root], ...workload.pod);
      const containers = findNode(tree, pod, 'containers')?.items ?? [];
      return containers.map((container, index) =>
        declareContainer(tree, workload, pod, container, index, containers.length),
      );
    });
  },
};

function declareContainer(
  tree: TextTree,
  workload: Workload,
  pod: TreeNode | undefined,
  container: TreeNode,
  index: number,
  of: number,
): DeclaredService {
  const name = findText(tree, container, 'name') ?? String(index);
  const image = findNode(tree, container, 'image');
  const written = image && scalarText(tree, image);
  const plain = written !== undefined && tryParseImageReference(written) !== undefined;
  const instances = instancesOf(tree, workload);
  const kept = keptOf(tree, workload, instances);
  const cpus = quantity(findText(tree, container, 'resources', 'requests', 'cpu'));
  const memory = quantity(
    findText(tree, container, 'resources', 'requests', 'memory') ??
      findText(tree, container, 'resources', 'limits', 'memory'),
  );
  return {
    target: 'kubernetes',
    id: of > 1 ? `${workload.name}#${name}` : workload.name,
    path: tree.path,
    line: tree.lineOf((image ?? container).start),
    ...(plain && image && { image: { value: written, line: tree.lineOf(image.start) } }),
    ...(instances !== undefined && { instances }),
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory }),
    ports: portsOf(tree, pod, container),
    ...(kept && { keptWhileUpdating: kept }),
    missing: missingVolumes(tree, workload, pod, container),
    variables: variablesOf(tree, container),
    refusals: [],
  };
}

/** What runs once, or when its time comes, has no number that is to be kept. */
function instancesOf(tree: TextTree, { kind, node }: Workload): DeclaredService['instances'] {
  if (kind === 'DaemonSet') return 'everywhere';
  if (!/^(?:Deployment|StatefulSet|ReplicaSet|ReplicationController)$/.test(kind)) return undefined;
  const replicas = findNode(tree, node, 'spec', 'replicas')?.value;
  return typeof replicas === 'number' ? replicas : 1;
}

/** Deployments keep all but `maxUnavailable` (25 % rounded down where nothing is said); Recreate keeps none; a StatefulSet all but one. */
function keptOf(
  tree: TextTree,
  { kind, node }: Workload,
  instances: DeclaredService['instances'],
): DeclaredService['keptWhileUpdating'] {
  if (typeof instances !== 'number') return undefined;
  if (kind === 'StatefulSet') return { value: Math.max(0, instances - 1), line: tree.lineOf(node.start) };
  if (kind !== 'Deployment') return undefined;
  const strategy = findNode(tree, node, 'spec', 'strategy');
  const line = tree.lineOf((strategy ?? node).start);
  if (findText(tree, strategy, 'type') === 'Recreate') return { value: 0, line };
  const allowed = findText(tree, strategy, 'rollingUpdate', 'maxUnavailable') ?? '25%';
  const share = allowed.endsWith('%') ? Math.floor((instances * Number.parseFloat(allowed)) / 100) : Number(allowed);
  return Number.isFinite(share) ? { value: Math.max(0, instances - share), line } : undefined;
}

/** Ports on the node: `hostPort`, and every container's own where the pod is in the host's network. */
function portsOf(tree: TextTree, pod: TreeNode | undefined, container: TreeNode): readonly DeclaredPort[] {
  const onHost = findNode(tree, pod, 'hostNetwork')?.value === true;
  return (findNode(tree, container, 'ports')?.items ?? []).flatMap((item) => {
    const node = findNode(tree, item, 'hostPort') ?? (onHost ? findNode(tree, item, 'containerPort') : undefined);
    const protocol = findText(tree, item, 'protocol')?.toLowerCase();
    if (node === undefined || typeof node.value !== 'number') return [];
    return [
      {
        port: node.value,
        protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
        scope: 'host' as const,
        line: tree.lineOf(node.start),
      },
    ];
  });
}

/** Mounts of volumes that neither the pod nor a claim template has. */
function missingVolumes(
  tree: TextTree,
  workload: Workload,
  pod: TreeNode | undefined,
  container: TreeNode,
): DeclaredService['missing'] {
  const named = (list: TreeNode | undefined, ...path: readonly string[]): readonly string[] =>
    (list?.items ?? []).flatMap((item) => findText(tree, item, ...path) ?? []);
  const known = new Set([
    ...named(findNode(tree, pod, 'volumes'), 'name'),
    ...named(findNode(tree, workload.node, 'spec', 'volumeClaimTemplates'), 'metadata', 'name'),
  ]);
  return (findNode(tree, container, 'volumeMounts')?.items ?? []).flatMap((item) => {
    const name = findNode(tree, item, 'name');
    const text = scalarText(tree, name);
    return name === undefined || known.has(text)
      ? []
      : [{ what: 'volume' as const, name: text, line: tree.lineOf(name.start) }];
  });
}

function variablesOf(tree: TextTree, container: TreeNode): DeclaredService['variables'] {
  return (findNode(tree, container, 'env')?.items ?? []).flatMap((item) => {
    const value = findNode(tree, item, 'value');
    if (value === undefined || !keysOf(item).includes('name')) return [];
    return [
      { name: findText(tree, item, 'name') ?? '', value: scalarText(tree, value), line: tree.lineOf(value.start) },
    ];
  });
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** `500m`, `128Mi` (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/); undefined for anything else. */
function quantity(text: string | undefined): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text ?? '') ?? [];
  const factor = units[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
