import type { DeclaredPort, DeclaredService, TemplateReader } from '../../core/declared-service.js';
import { Failure } from '../../core/failure.js';
import { tryParseImageReference } from '../../core/image-name.js';
import { member, numberMember, textMember } from '../../formats/json-member.js';
import { findEntry, findNode, keysOf, type TreeNode } from '../../formats/text-tree.js';
import { type DesiredService, desiredServiceOf } from './desired-service.js';
import type { Data } from './fields.js';
import { parseStack, type StackDocument } from './stack-document.js';

/** What stack files declare, as the rollout would read them. */
export const swarmReader: TemplateReader = {
  target: 'swarm',
  declare(path, text) {
    const stack = parseStack(path, text);
    return stack && [...stack.services].map(([id, map]) => declareService(stack, id, map));
  },
};

function declareService(stack: StackDocument, id: string, map: TreeNode): DeclaredService {
  const place = { target: 'swarm', id, path: stack.path, line: lineIn(stack, map) };
  const missing = missingOf(stack, map);
  const variables = variablesOf(stack, map);
  const nothing = { ...place, ports: [], missing, variables, refusals: [] };
  try {
    return { ...nothing, ...describeDesired(stack, map, desiredServiceOf(withMissing(stack, missing), id, 'stack')) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const refusal = {
      message: error.message,
      line: place.line,
      ...(error.remedy !== undefined && { remedy: error.remedy }),
    };
    return { ...nothing, refusals: [refusal], ...imageOf(stack, map) };
  }
}

function describeDesired(stack: StackDocument, map: TreeNode, desired: DesiredService): Partial<DeclaredService> {
  const instances = desired.mode === 'global' ? 'everywhere' : (desired.replicas ?? 1);
  const resources = desired.task.Resources;
  const cpus = numberMember(resources, 'Reservations', 'NanoCPUs');
  const memory =
    numberMember(resources, 'Reservations', 'MemoryBytes') ?? numberMember(resources, 'Limits', 'MemoryBytes');
  const kept = keptWhileUpdating(instances, desired.rest.UpdateConfig);
  return {
    ...imageOf(stack, map),
    instances,
    ...(cpus !== undefined && { cpus: cpus / 1e9 }),
    ...(memory !== undefined && { memory }),
    ports: portsOf(desired, lineOfKey(stack, map, 'ports')),
    ...(kept !== undefined && { keptWhileUpdating: { value: kept, line: lineOfKey(stack, map, 'deploy') } }),
  };
}

/** `start-first` keeps every task until its successor runs; `stop-first` stops `parallelism` of them before. */
function keptWhileUpdating(instances: number | 'everywhere', update: unknown): number | undefined {
  if (instances === 'everywhere') return undefined;
  if (textMember(update, 'Order') === 'start-first') return instances;
  return Math.max(0, instances - (numberMember(update, 'Parallelism') || instances));
}

function portsOf(desired: DesiredService, line: number): readonly DeclaredPort[] {
  const endpoint = desired.rest.EndpointSpec as Data | undefined;
  const ports = Array.isArray(endpoint?.Ports) ? endpoint.Ports : [];
  return ports.flatMap((port: unknown) => {
    const published = numberMember(port, 'PublishedPort');
    if (published === undefined) return [];
    const protocol = textMember(port, 'Protocol');
    return [
      {
        port: published,
        protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp',
        scope: textMember(port, 'PublishMode') === 'host' ? 'host' : 'service',
        line,
      },
    ];
  });
}

function imageOf(stack: StackDocument, map: TreeNode): Pick<DeclaredService, 'image'> {
  const node = findNode(stack.tree, map, 'image');
  if (typeof node?.value !== 'string' || !tryParseImageReference(node.value)) return {};
  return { image: { value: node.value, line: stack.lineOf(node.start) } };
}

/** Named networks and volumes that the stack's own sections do not have. */
function missingOf(stack: StackDocument, map: TreeNode): DeclaredService['missing'] {
  const networks = namesIn(stack, findNode(stack.tree, map, 'networks')).map(({ name, line }) => ({
    what: 'network' as const,
    name,
    line,
  }));
  const volumes = namesIn(stack, findNode(stack.tree, map, 'volumes'))
    .map(({ name, line }) => ({
      what: 'volume' as const,
      name: name.includes(':') ? (name.split(':')[0] ?? '') : '',
      line,
    }))
    .filter(({ name }) => /^[A-Za-z0-9]/.test(name));
  const declared = (what: 'network' | 'volume'): Set<string> => {
    return new Set(keysOf(findNode(stack.tree, stack.tree.roots[0], `${what}s`)));
  };
  const known = { network: declared('network').add('default'), volume: declared('volume') };
  return [...networks, ...volumes].filter(({ what, name }) => !known[what].has(name));
}

/** As if it declared what is missing, which is told by its name: the rest of the service is still to be looked at. */
function withMissing(stack: StackDocument, missing: DeclaredService['missing']): StackDocument {
  if (missing.length === 0 || typeof stack.data !== 'object' || stack.data === null) return stack;
  const declared = (what: 'network' | 'volume'): object => ({
    ...(member(stack.data, `${what}s`) as object | undefined),
    ...Object.fromEntries(missing.filter((each) => each.what === what).map(({ name }) => [name, {}])),
  });
  return { ...stack, data: { ...stack.data, networks: declared('network'), volumes: declared('volume') } };
}

/** Keys of a mapping, or the texts of a list. */
function namesIn(
  stack: StackDocument,
  node: TreeNode | undefined,
): readonly { readonly name: string; readonly line: number }[] {
  const keys = (node?.entries ?? []).map(({ key, keyStart }) => ({ name: key, line: stack.lineOf(keyStart) }));
  const items = (node?.items ?? []).filter((item) => item.kind === 'scalar');
  return [...keys, ...items.map((item) => ({ name: String(item.value), line: stack.lineOf(item.start) }))];
}

function variablesOf(stack: StackDocument, map: TreeNode): DeclaredService['variables'] {
  const node = findNode(stack.tree, map, 'environment');
  if (node?.kind === 'list') {
    return namesIn(stack, node).flatMap(({ name, line }) => {
      const at = name.indexOf('=');
      return at < 0 ? [] : [{ name: name.slice(0, at), value: name.slice(at + 1), line }];
    });
  }
  return (node?.entries ?? []).flatMap(({ key, value }) =>
    value.kind === 'scalar' && value.value !== null
      ? [{ name: key, value: String(value.value), line: stack.lineOf(value.start) }]
      : [],
  );
}

function lineOfKey(stack: StackDocument, map: TreeNode, key: string): number {
  const entry = findEntry(stack.tree, map, key);
  return entry === undefined ? lineIn(stack, map) : stack.lineOf(entry.keyStart);
}

/** The line of a service's key: its map begins on the next. */
function lineIn(stack: StackDocument, map: TreeNode): number {
  return stack.lineOf(map.start);
}
