import type { DesiredService } from './desired-service.js';
import type { Data } from './fields.js';
import type { LiveService } from './swarm-client.js';

/**
 * The whole spec to send. What the template leaves open is kept from the living service: the number of replicas
 * (somebody scaled it), and the counter of forced restarts (going back would restart every task).
 */
export function completeSpec(
  desired: DesiredService,
  networkIds: readonly string[],
  live: LiveService | undefined,
): Data {
  const forceUpdate = live?.Spec.TaskTemplate.ForceUpdate;
  const networks = desired.networks
    .map((network, index) => ({ Target: networkIds[index] ?? network.name, Aliases: network.aliases }))
    .sort((left, right) => (left.Target < right.Target ? -1 : 1));
  return {
    Name: desired.name,
    Labels: desired.labels,
    TaskTemplate: { ...desired.task, Networks: networks, ...(forceUpdate && { ForceUpdate: forceUpdate }) },
    Mode: desired.mode === 'global' ? { Global: {} } : { Replicated: { Replicas: replicasOf(desired, live) } },
    ...desired.rest,
  };
}

/**
 * Whether a living spec is the one we would send. The daemon leaves out what is empty and adds its defaults, so both
 * are compared without them; a spec that we cannot tell to be the same is taken for another, and sent again.
 */
export function isSameSpec(wanted: Data, live: Data): boolean {
  return JSON.stringify(withoutDefaults(wanted)) === JSON.stringify(withoutDefaults(live));
}

/** A spec without what is empty or the daemon's default, its keys sorted. */
export function withoutDefaults(spec: Data): unknown {
  return normalise(spec, '');
}

const defaults: Readonly<Record<string, unknown>> = {
  'TaskTemplate.Runtime': 'container',
  'TaskTemplate.ContainerSpec.Isolation': 'default',
  'TaskTemplate.RestartPolicy.Condition': 'any',
  'UpdateConfig.FailureAction': 'pause',
  'UpdateConfig.Order': 'stop-first',
  'RollbackConfig.FailureAction': 'pause',
  'RollbackConfig.Order': 'stop-first',
  'EndpointSpec.Mode': 'vip',
};

/** Where nothing and zero are not the same: no parallelism is 1 and zero is "all at once", no delay is 5 s. */
const meaningfulZeros: ReadonlySet<string> = new Set([
  'UpdateConfig.Parallelism',
  'RollbackConfig.Parallelism',
  'TaskTemplate.RestartPolicy.Delay',
  'TaskTemplate.ContainerSpec.StopGracePeriod',
]);

function normalise(value: unknown, path: string): unknown {
  if (value === null || value === '' || value === defaults[path]) return undefined;
  if (value === 0) return meaningfulZeros.has(path) ? 0 : undefined;
  if (Array.isArray(value)) return normaliseList(value, path);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, inner]): [string, unknown] => [key, normalise(inner, path === '' ? key : `${path}.${key}`)])
    .filter(([, inner]) => inner !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  // `Mode: {Global: {}}` says something, though it is empty.
  return entries.length === 0 && !path.startsWith('Mode') ? undefined : Object.fromEntries(entries);
}

function normaliseList(list: readonly unknown[], path: string): unknown {
  return list.length === 0 ? undefined : list.map((each) => normalise(each, `${path}[]`) ?? null);
}

function replicasOf(desired: DesiredService, live: LiveService | undefined): number {
  const replicated = live?.Spec.Mode.Replicated;
  return desired.replicas ?? (replicated === undefined ? 1 : (replicated.Replicas ?? 0));
}
