import type { Node } from 'jsonc-parser';
import type { DeclaredPort, DeclaredService, TemplateReader } from '../../core/declared-service.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { type MarathonDocument, type MarathonService, parseMarathon } from './app-document.js';

/** What Marathon's apps and pods declare (RAML types app, appContainer, pod). */
export const marathonReader: TemplateReader = {
  target: 'marathon',
  declare(path, text) {
    const document = parseMarathon(path, text);
    return document?.services.map((service) => declareService(document, service));
  },
};

function declareService(document: MarathonDocument, service: MarathonService): DeclaredService {
  const { node } = service;
  const line = document.lineOf(node.offset);
  const image: unknown = service.image?.value;
  const plain = typeof image === 'string' && tryParseImageReference(image) !== undefined ? image : undefined;
  const instances = service.type === 'pod' ? numberIn(node, 'scaling', 'instances') : numberIn(node, 'instances');
  const cpus = numberIn(node, 'cpus');
  const mem = numberIn(node, 'mem');
  const ports = service.type === 'pod' ? [] : portsOf(document, node);
  return {
    target: 'marathon',
    id: service.id,
    path: document.path,
    line,
    ...(plain !== undefined && { image: { value: plain, line: document.lineOf(service.image?.offset ?? 0) } }),
    instances: instances ?? 1,
    ...(cpus !== undefined && { cpus }),
    ...(mem !== undefined && { memory: mem * 1024 * 1024 }),
    ports,
    keptWhileUpdating: keptOf(document, node, instances ?? 1),
    missing: [],
    variables: variablesOf(document, node),
    refusals: [],
  };
}

/** `minimumHealthCapacity`, 1 where nothing is said, rounded up to whole instances as Marathon does it. */
function keptOf(document: MarathonDocument, node: Node, instances: number): { value: number; line: number } {
  const share = nodeIn(node, 'upgradeStrategy', 'minimumHealthCapacity');
  const value = typeof share?.value === 'number' ? share.value : 1;
  return { value: Math.ceil(instances * value), line: document.lineOf((share ?? node).offset) };
}

function portsOf(document: MarathonDocument, node: Node): readonly DeclaredPort[] {
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
  document: MarathonDocument,
  item: Node,
  key: string,
  scope: DeclaredPort['scope'],
): readonly DeclaredPort[] {
  const protocols = String(nodeIn(item, 'protocol')?.value ?? 'tcp').split(',');
  const node = nodeIn(item, key);
  return protocols.flatMap((protocol) => portOf(document, node, protocol === 'udp' ? 'udp' : 'tcp', scope));
}

/** 0 means any port. */
function portOf(
  document: MarathonDocument,
  node: Node | undefined,
  protocol: 'tcp' | 'udp',
  scope: DeclaredPort['scope'],
): readonly DeclaredPort[] {
  const port: unknown = node?.value;
  if (node === undefined || typeof port !== 'number' || port === 0) return [];
  return [{ port, protocol, scope, line: document.lineOf(node.offset) }];
}

function variablesOf(document: MarathonDocument, node: Node): DeclaredService['variables'] {
  const env = nodeIn(node, 'env') ?? nodeIn(node, 'environment');
  return (env?.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (typeof key?.value !== 'string' || typeof value?.value !== 'string') return [];
    return [{ name: key.value, value: value.value, line: document.lineOf(value.offset) }];
  });
}

function numberIn(node: Node, ...path: readonly string[]): number | undefined {
  const value: unknown = nodeIn(node, ...path)?.value;
  return typeof value === 'number' ? value : undefined;
}

function itemsIn(node: Node, ...path: readonly string[]): readonly Node[] {
  const found = nodeIn(node, ...path);
  return found?.type === 'array' ? (found.children ?? []) : [];
}

function nodeIn(node: Node, ...path: readonly string[]): Node | undefined {
  let inner: Node | undefined = node;
  for (const key of path) {
    inner = inner?.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1];
  }
  return inner;
}
