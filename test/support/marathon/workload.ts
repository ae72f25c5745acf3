/** What the cluster of a Marathon stand-in runs: apps and pods in one form, and what their containers do. */

export type Json = Record<string, unknown>;

/** What the container of an image does when it is started; times in virtual milliseconds. */
export interface ContainerBehaviour {
  /** Until it is running. */
  readonly startsAfter?: number;
  /** Ends by itself, so long after it was running. */
  readonly exits?: { readonly after: number; readonly message: string };
  /** `missing`: never a result; `flapping`: alive and not, in turn. */
  readonly health?: 'alive' | 'missing' | 'dead' | 'flapping';
  /** What its readiness check answers. */
  readonly ready?: boolean;
}

export interface Task {
  readonly id: string;
  readonly version: string;
  readonly host: string;
  readonly fixedPorts: readonly number[];
  readonly cpus: number;
  readonly mem: number;
  readonly behaviour: ContainerBehaviour;
  readonly createdAt: number;
  runningAt?: number;
}

/** An app or a pod as it is stored. */
export interface Workload {
  readonly kind: 'app' | 'pod';
  readonly id: string;
  /** With Marathon's defaults in it. */
  definition: Json;
  version: string;
  lastConfigChangeAt: string;
  lastScalingAt: string;
  /** Every version there was. */
  readonly versions: Map<string, Json>;
  tasks: Task[];
  failure?: Json;
  readonly ended: Json[];
  /** Launching waits until then, after tasks that failed. */
  delayUntil: number;
  failuresInRow: number;
  offers: { processed: number; readonly rejected: Map<string, number> };
}

const appDefaults: Json = {
  acceptedResourceRoles: ['*'],
  backoffFactor: 1.15,
  backoffSeconds: 1,
  constraints: [],
  cpus: 1,
  dependencies: [],
  disk: 0,
  env: {},
  executor: '',
  fetch: [],
  gpus: 0,
  healthChecks: [],
  instances: 1,
  killSelection: 'YOUNGEST_FIRST',
  labels: {},
  maxLaunchDelaySeconds: 300,
  mem: 128,
  readinessChecks: [],
  requirePorts: false,
  secrets: {},
  unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
};

/** An app with what Marathon puts in where a field is absent; absent ports become one default port. */
export function withAppDefaults(body: Json, id: string): Json {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const host = networkMode(body) === 'host';
  const ports = host && !('portDefinitions' in given) && !('ports' in given);
  return {
    ...appDefaults,
    networks: [{ mode: 'host' }],
    ...given,
    ...(ports && { portDefinitions: [{ port: 10_000, protocol: 'tcp', name: 'default' }] }),
    upgradeStrategy: { ...(appDefaults.upgradeStrategy as Json), ...(given.upgradeStrategy as Json | undefined) },
    id,
  };
}

/** A pod with Marathon's defaults. */
export function withPodDefaults(body: Json, id: string): Json {
  return { networks: [{ mode: 'host' }], scaling: { kind: 'fixed', instances: 1 }, volumes: [], ...body, id };
}

function networkMode(app: Json): string {
  const [first] = (app.networks as Json[] | undefined) ?? [];
  if (first !== undefined) return String(first.mode ?? 'container');
  const docker = (app.container as Json | null | undefined)?.docker as Json | undefined;
  return docker?.network === undefined || docker.network === 'HOST' ? 'host' : 'container/bridge';
}

export function instancesOf({ kind, definition }: Workload): number {
  return Number(kind === 'app' ? definition.instances : (definition.scaling as Json).instances);
}

export function setInstances(definition: Json, kind: Workload['kind'], instances: number): Json {
  return kind === 'app' ? { ...definition, instances } : { ...definition, scaling: { kind: 'fixed', instances } };
}

export function imageOf({ kind, definition }: Workload): string {
  if (kind === 'app') return String(((definition.container as Json | undefined)?.docker as Json | undefined)?.image);
  return (definition.containers as Json[]).map((each) => String((each.image as Json | undefined)?.id)).join(' ');
}

/** How many checks there are of an app; of a pod, the containers that have one. */
export function checksOf({ kind, definition }: Workload): number {
  if (kind === 'app') return (definition.healthChecks as unknown[]).length;
  return (definition.containers as Json[]).filter((each) => each.healthCheck !== undefined).length;
}

export function readinessOf({ definition }: Workload): string | undefined {
  const [first] = (definition.readinessChecks as Json[] | undefined) ?? [];
  return first && String(first.name ?? 'readinessCheck');
}

export function resourcesOf({ kind, definition }: Workload): { readonly cpus: number; readonly mem: number } {
  if (kind === 'app') return { cpus: Number(definition.cpus), mem: Number(definition.mem) };
  const each = (definition.containers as Json[]).map((container) => container.resources as Json);
  return { cpus: sum(each.map(({ cpus }) => Number(cpus))), mem: sum(each.map(({ mem }) => Number(mem))) };
}

/** Ports that the host must have free. */
export function fixedPortsOf({ kind, definition }: Workload): readonly number[] {
  if (kind === 'pod') {
    const endpoints = (definition.containers as Json[]).flatMap((each) => (each.endpoints as Json[] | undefined) ?? []);
    return endpoints.map((each) => Number(each.hostPort ?? 0)).filter((port) => port > 0);
  }
  const container = definition.container as Json | undefined;
  const docker = container?.docker as Json | undefined;
  const mappings = ((container?.portMappings ?? docker?.portMappings) as Json[] | undefined) ?? [];
  const definitions =
    definition.requirePorts === true ? ((definition.portDefinitions as Json[] | undefined) ?? []) : [];
  return [...mappings.map(({ hostPort }) => hostPort), ...definitions.map(({ port }) => port)]
    .map((port) => Number(port ?? 0))
    .filter((port) => port > 0);
}

export function strategyOf({ kind, definition }: Workload): { readonly minimum: number; readonly over: number } {
  const scheduling = definition.scheduling as Json | undefined;
  const strategy = (kind === 'app' ? definition.upgradeStrategy : scheduling?.upgrade) as Json | undefined;
  return { minimum: Number(strategy?.minimumHealthCapacity ?? 1), over: Number(strategy?.maximumOverCapacity ?? 1) };
}

/** Each check's result at a time: undefined where there is none yet. The first comes a second after the start. */
export function healthAt(task: Task, checks: number, now: number): readonly boolean[] {
  const { health = 'alive' } = task.behaviour;
  if (checks === 0 || task.runningAt === undefined || health === 'missing' || now < task.runningAt + 1000) return [];
  const alive = health === 'alive' || (health === 'flapping' && Math.floor((now - task.runningAt) / 2000) % 2 === 0);
  return Array<boolean>(checks).fill(alive);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => left + right, 0);
}
