import type Docker from 'dockerode';
import { z } from 'zod';
import { withDeadline } from '../../core/deadline.js';
import { callEngine, EngineRefusal, type EngineRequest, type RegistryAuth } from './engine-call.js';
import type { Data } from './fields.js';

const specSchema = z.looseObject({
  Name: z.string(),
  Labels: z.record(z.string(), z.string()).nullish(),
  TaskTemplate: z.looseObject({
    ContainerSpec: z.looseObject({ Image: z.string() }).optional(),
    RestartPolicy: z.looseObject({ Condition: z.string().optional(), MaxAttempts: z.number().optional() }).optional(),
    ForceUpdate: z.number().optional(),
  }),
  Mode: z.looseObject({ Replicated: z.looseObject({ Replicas: z.number().optional() }).optional() }),
  UpdateConfig: z.looseObject({ Monitor: z.number().optional() }).optional(),
});

const serviceSchema = z.looseObject({
  ID: z.string(),
  Version: z.looseObject({ Index: z.number() }),
  Spec: specSchema,
  PreviousSpec: specSchema.nullish(),
  UpdateStatus: z.looseObject({ State: z.string().optional(), Message: z.string().optional() }).nullish(),
});

const taskSchema = z.looseObject({
  ID: z.string(),
  Slot: z.number().optional(),
  NodeID: z.string().optional(),
  DesiredState: z.string(),
  Spec: z.looseObject({ ContainerSpec: z.looseObject({ Image: z.string() }).optional() }),
  Status: z.looseObject({
    Timestamp: z.string().optional(),
    State: z.string(),
    Message: z.string().optional(),
    Err: z.string().optional(),
    ContainerStatus: z.looseObject({ ContainerID: z.string().optional(), ExitCode: z.number().optional() }).nullish(),
  }),
});

const networkSchema = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  Scope: z.string(),
  Attachable: z.boolean().optional(),
});

const nodeSchema = z.looseObject({
  Spec: z.looseObject({ Availability: z.string() }),
  Status: z.looseObject({ State: z.string() }),
});

/** A service as the Swarm has it. */
export type LiveService = z.infer<typeof serviceSchema>;
/** A task as the Swarm has it; `upToDate` when it was made from the service's present spec. */
export type LiveTask = z.infer<typeof taskSchema> & { readonly upToDate: boolean };
type LiveNetwork = z.infer<typeof networkSchema>;

/** A spec that was kept as plain data. Throws a ZodError for anything else. */
export function parseSpec(data: unknown): LiveService['Spec'] {
  return specSchema.parse(data);
}

/** The calls a rollout needs. Reads throw `EngineRefusal`; undefined means 404. */
export interface SwarmClient {
  findService(nameOrId: string, signal: AbortSignal): Promise<LiveService | undefined>;
  createService(spec: Data, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void>;
  updateService(live: LiveService, spec: Data, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<void>;
  listTasks(serviceId: string, signal: AbortSignal): Promise<readonly LiveTask[]>;
  /** By exact name, the Swarm's before one of the node alone. */
  findNetwork(name: string, signal: AbortSignal): Promise<LiveNetwork | undefined>;
  createNetwork(spec: Data, signal: AbortSignal): Promise<void>;
  /** Nodes that are ready and take tasks. */
  countNodes(signal: AbortSignal): Promise<number>;
  /** The last lines a task's container wrote, oldest first; empty when there are none to be had. */
  readTaskLog(taskId: string, lines: number, signal: AbortSignal): Promise<readonly string[]>;
}

export function openSwarm(docker: Docker): SwarmClient {
  const get = (path: string, query: Record<string, string>, signal: AbortSignal) =>
    callEngine(docker, { method: 'GET', path, query }, signal);
  const post = (path: string, query: Record<string, string>, body: Data, signal: AbortSignal, auth?: RegistryAuth) =>
    callEngine(docker, { method: 'POST', path, query, body, ...(auth && { auth }) }, signal);
  return {
    async findService(nameOrId, signal) {
      const data = await orUndefined(get(`/services/${encodeURIComponent(nameOrId)}`, {}, signal));
      return data === undefined ? undefined : serviceSchema.parse(data);
    },
    async createService(spec, auth, signal) {
      await post('/services/create', {}, spec, signal, auth);
    },
    async updateService(live, spec, auth, signal) {
      const query = { version: String(live.Version.Index), ...(auth === undefined && { registryAuthFrom: 'spec' }) };
      await post(`/services/${live.ID}/update`, query, spec, signal, auth);
    },
    async listTasks(serviceId, signal) {
      const list = (more: Data) =>
        get('/tasks', { filters: JSON.stringify({ service: [serviceId], ...more }) }, signal);
      const [all, present] = await Promise.all([list({}), list({ '_up-to-date': ['true'] })]);
      const ids = new Set(
        z
          .array(taskSchema)
          .parse(present)
          .map((task) => task.ID),
      );
      return z
        .array(taskSchema)
        .parse(all)
        .map((task) => ({ ...task, upToDate: ids.has(task.ID) }));
    },
    async findNetwork(name, signal) {
      const data = await get('/networks', { filters: JSON.stringify({ name: [name] }) }, signal);
      const found = z
        .array(networkSchema)
        .parse(data)
        .filter((network) => network.Name === name);
      return found.find((network) => network.Scope === 'swarm') ?? found[0];
    },
    async createNetwork(spec, signal) {
      await post('/networks/create', {}, spec, signal);
    },
    async countNodes(signal) {
      const nodes = z.array(nodeSchema).parse(await get('/nodes', {}, signal));
      return nodes.filter((node) => node.Status.State === 'ready' && node.Spec.Availability === 'active').length;
    },
    async readTaskLog(taskId, lines, signal) {
      const query = { stdout: '1', stderr: '1', tail: String(lines) };
      const request: EngineRequest = { method: 'GET', path: `/tasks/${taskId}/logs`, query, raw: true };
      try {
        const bytes = await withDeadline(5_000, signal, (limit) => callEngine(docker, request, limit));
        return Buffer.isBuffer(bytes) ? splitLog(bytes).slice(-lines) : [];
      } catch {
        // A log is evidence for a failure that is reported anyway; many logging drivers have none to read.
        signal.throwIfAborted();
        return [];
      }
    },
  };
}

async function orUndefined(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return undefined;
    throw error;
  }
}

/** Frames of 8 header bytes (stream, 3 zeros, big-endian length) and payload; a terminal's log has none. */
function splitLog(bytes: Buffer): readonly string[] {
  const framed = bytes.length >= 8 && (bytes[0] ?? 9) <= 2 && bytes.readUIntBE(1, 3) === 0;
  const parts: Buffer[] = [];
  for (let at = 0; framed && at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const text = (framed ? Buffer.concat(parts) : bytes).toString('utf8');
  return text.split(/\r?\n/).filter((line) => line !== '');
}
