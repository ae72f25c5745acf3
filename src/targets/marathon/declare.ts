import type { DeclaredPort, DeclaredService, TemplateReader } from '../../core/declared-service.js';
import { findNode, type TextTree, type TreeNode } from '../../formats/text-tree.js';
import { type MarathonService, marathonServices, parseMarathon } from './app-document.js';

/** What Marathon's apps and pods declare (RAML types app, appContainer, pod). */
export const marathonReader: TemplateReader = {
  target: 'marathon',
  declare(path, text) {
    const tree = parseMarathon(path, text);
    return tree && marathonServices(tree).flatMap((service) => declareService(tree, service));
  },
};

function declareService(document: TextTree, service: MarathonService): readonly DeclaredService[] {
  const node = findNode(document, document.roots[0], ...service.definition);
  if (node === undefined) return [];
  const line = document.lineOf(node.start);
  const plain = service.image;
  const instances = service.type === 'pod' ? numberIn(node, 'scaling', 'instances') : numberIn(node, 'instances');
  const cpus = numberIn(node, 'cpus');
  const mem = numberIn(node, 'mem');
  const ports = service.type === 'pod' ? endpointsOf(document, node) : portsOf(document, node);
  const declared: DeclaredService = {
    target: 'marathon',
    id: service.id,
    path: document.path,
    line,
    ...(plain !== undefined && { image: { value: plain, line: service.line } }),
    instances: instances ?? 1,
    ...(cpus !== undefined && { cpus }),
    ...(mem !== undefined && { memory: mem * 1024 * 1024 }),
    ports,
    keptWhileUpdating: keptOf(document, node, instances ?? 1),
    missing: [],
    variables: variablesOf(document, node),
    refusals: [],
  };
  return [declared];
}

/** `minimumHealthCapacity`, 1 where nothing is said, rounded up to whole instances as Marathon does it. */
function keptOf(document: TextTree, node: TreeNode, instances: number): { value: number; line: number } {
  const share = nodeIn(node, 'upgradeStrategy', 'minimumHealthCapacity');
  const value = typeof share?.value === 'number' ? share.value : 1;
  return { value: Math.ceil(instances * value), line: document.lineOf((share ?? node).start) };
}

/** Fixed host ports of a pod's containers, of all of them: they run on one agent together. */
function endpointsOf(document: TextTree, node: TreeNode): readonly DeclaredPort[] {
  return itemsIn(node, 'containers')
    .flatMap((container) => itemsIn(container, 'endpoints'))
    .flatMap((endpoint) => portAt(document, endpoint, 'hostPort', 'host'));
}

function portsOf(document: TextTree, node: TreeNode): readonly DeclaredPort[] {
  const mappings = [
    ...itemsIn(node, 'container', 'portMappings'),
    ...itemsIn(node, 'container', 'docker', 'portMappings'),
  ].flatMap((item) => [
    ...portAt(document, item, 'hostPort', 'host'),
    ...portAt(document, item, 'servicePort', 'service'),
  ]);
  // Without requirePorts a port definition's number is a service port (Marathon docs, "Ports").
  const scope = nodeIn(node, 'requirePorts')?.value === true ? 'host' : 'service';
  const definitions = itemsIn(node, 'portDefinitions').flatMap((item) => portAt(document, item, 'port', scope));
  const legacy = itemsIn(node, 'ports').flatMap((item) => portOf(document, item, 'tcp', scope));
  return [...mappings, ...definitions, ...legacy];
}

function portAt(
  document: TextTree,
  item: TreeNode,
  key: string,
  scope: DeclaredPort['scope'],
): readonly DeclaredPort[] {
  const protocols = String(nodeIn(item, 'protocol')?.value ?? 'tcp').split(',');
  const node = nodeIn(item, key);
  return protocols.flatMap((protocol) => portOf(document, node, protocol === 'udp' ? 'udp' : 'tcp', scope));
}

/** 0 means any port. */
function portOf(
  document: TextTree,
  node: TreeNode | undefined,
  protocol: 'tcp' | 'udp',
  scope: DeclaredPort['scope'],
): readonly DeclaredPort[] {
  const port: unknown = node?.value;
  if (node === undefined || typeof port !== 'number' || port === 0) return [];
  return [{ port, protocol, scope, line: document.lineOf(node.start) }];
}

function variablesOf(document: TextTree, node: TreeNode): DeclaredService['variables'] {
  const env = nodeIn(node, 'env') ?? nodeIn(node, 'environment');
  return (env?.entries ?? []).flatMap(({ key, value }) =>
    typeof value.value === 'string' ? [{ name: key, value: value.value, line: document.lineOf(value.start) }] : [],
  );
}

function numberIn(node: TreeNode, ...path: readonly string[]): number | undefined {
  const value: unknown = nodeIn(node, ...path)?.value;
  return typeof value === 'number' ? value : undefined;
}

function itemsIn(node: TreeNode, ...path: readonly string[]): readonly TreeNode[] {
  const found = nodeIn(node, ...path);
  return found?.items ?? [];
}

function nodeIn(node: TreeNode, ...path: readonly string[]): TreeNode | undefined {
  let inner: TreeNode | undefined = node;
  for (const key of path) inner = inner?.entries.find((entry) => entry.key === key)?.value;
  return inner;
}
