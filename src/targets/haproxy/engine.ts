import { createServer } from 'node:net';
import type Docker from 'dockerode';
import { z } from 'zod';
import { withDeadline } from '../../core/deadline.js';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import { parseImageReference, registryOf } from '../../core/image-name.js';
import { type Definition, label, placeDefinition } from './definition.js';

/** One container of a service, as the engine has it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly definition: string;
  readonly image: string;
  readonly address: string;
  /** On the host. */
  readonly port: number;
  readonly running: boolean;
  readonly exitCode: number;
  /** How often the engine started it again by itself. */
  readonly restarts: number;
  /** ISO 8601; when it ended last. */
  readonly endedAt: string;
}

/** What the rollout asks of this host's engine. All of it throws `deploy.orchestrator` where the engine refuses or is away. */
export interface ContainerEngine {
  list(identity: string, signal: AbortSignal): Promise<readonly Container[]>;
  /** Undefined: it is gone. */
  inspect(id: string, signal: AbortSignal): Promise<Container | undefined>;
  /** Make sure that the image is here, by its digest. Throws `deploy.refused` where it cannot be pulled. */
  pull(image: string, context: RunContext): Promise<void>;
  missingNetworks(networks: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Ports of this host that a container of Slipway has, be it running or kept. */
  takenPorts(signal: AbortSignal): Promise<ReadonlySet<number>>;
  create(
    name: string,
    definition: Definition,
    port: number,
    networks: readonly string[],
    signal: AbortSignal,
  ): Promise<string>;
  start(id: string, signal: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** SIGTERM (or the image's own signal), and SIGKILL after `graceSeconds`; returns when it has ended. */
  stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  remove(id: string, signal: AbortSignal): Promise<void>;
  /** Its last lines; none where they cannot be read. */
  lastLines(id: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** Who may pull from a registry. */
export type PullCredentials = (
  registry: string,
) => Promise<{ readonly username: string; readonly password: string } | { readonly base64: string } | undefined>;

const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number(),
  State: z.object({ Running: z.boolean(), Restarting: z.boolean(), ExitCode: z.number(), FinishedAt: z.string() }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
});

export function openEngine(docker: Docker, credentials: PullCredentials | undefined): ContainerEngine {
  const inspect = async (id: string, signal: AbortSignal): Promise<Container | undefined> => {
    const data = await call('look at a container', signal, () => orUndefined(docker.getContainer(id).inspect()));
    return data === undefined ? undefined : describeContainer(inspectSchema.parse(data));
  };
  const listIds = async (filter: string, signal: AbortSignal) =>
    call('list containers', signal, () => docker.listContainers({ all: true, filters: { label: [filter] } }));
  return {
    inspect,
    async list(identity, signal) {
      const found = await listIds(`${label.service}=${identity}`, signal);
      const all = await Promise.all(found.map(({ Id }) => inspect(Id, signal)));
      return all.filter((each) => each !== undefined).sort((left, right) => (left.name < right.name ? -1 : 1));
    },
    pull: (image, context) => pullImage(docker, credentials, image, context),
    async missingNetworks(networks, signal) {
      const there = await call('list networks', signal, () => docker.listNetworks());
      return networks.filter((name) => !there.some((each) => each.Name === name));
    },
    async takenPorts(signal) {
      const found = await listIds(label.port, signal);
      return new Set(found.map(({ Labels }) => Number(Labels[label.port])));
    },
    async create(name, definition, port, networks, signal) {
      const body = placeDefinition(definition, port);
      const { id } = await call('create a container', signal, () => docker.createContainer({ name, ...body }));
      for (const network of networks.slice(1)) {
        await call('join a network', signal, () => docker.getNetwork(network).connect({ Container: id }));
      }
      return id;
    },
    async start(id, signal) {
      await call('start a container', signal, () => docker.getContainer(id).start(), [304]);
    },
    async rename(id, name, signal) {
      await call('name a container', signal, () => docker.getContainer(id).rename({ name }));
    },
    async stop(id, graceSeconds, signal) {
      const patience = (graceSeconds + 60) * 1000;
      const work = () => docker.getContainer(id).stop({ t: graceSeconds });
      await call('stop a container', signal, work, [304, 404], patience);
    },
    async remove(id, signal) {
      const work = () => docker.getContainer(id).remove({ force: true, v: true });
      await call('remove a container', signal, work, [404, 409]);
    },
    async lastLines(id, signal) {
      const options = { stdout: true, stderr: true, tail: 20, follow: false } as const;
      const read = () => docker.getContainer(id).logs(options);
      return splitLog(await call('read a log', signal, read).catch(() => Buffer.alloc(0)));
    },
  };
}

/** Whether this host's address still has the port; somebody may take it the moment after. */
export function isPortFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ host: address, port }, () => server.close(() => resolve(true)));
  });
}

async function pullImage(
  docker: Docker,
  credentials: PullCredentials | undefined,
  image: string,
  context: RunContext,
): Promise<void> {
  const reference = parseImageReference(image);
  const byDigest = reference.digest === undefined ? image : `${reference.repository}@${reference.digest}`;
  const has = () => call('look for an image', context.signal, () => orUndefined(docker.getImage(byDigest).inspect()));
  if ((await has()) === undefined) {
    context.progress.info(`pull ${image}`);
    const registry = registryOf(reference.repository) ?? 'docker.io';
    const login = await credentials?.(registry);
    const authconfig = login && ('base64' in login ? login : { ...login, serveraddress: registry });
    try {
      const options = { abortSignal: context.signal, ...(authconfig && { authconfig }) };
      const stream: NodeJS.ReadableStream = await docker.pull(byDigest, options as object);
      await new Promise<void>((settle, reject) => {
        docker.modem.followProgress(stream, (error: unknown) => (error ? reject(error) : settle()));
      });
    } catch (error) {
      context.signal.throwIfAborted();
      throw cannotPull(image, error);
    }
    if ((await has()) === undefined) throw cannotPull(image, undefined);
  }
  // What the template names must be a name that the engine knows: a container's image is shown by it.
  if (
    byDigest !== image &&
    (await call('look for an image', context.signal, () => orUndefined(docker.getImage(image).inspect()))) === undefined
  ) {
    throw cannotPull(image, undefined);
  }
}

function cannotPull(image: string, cause: unknown): Failure {
  return new Failure('deploy.refused', {
    message: `The engine cannot pull the image: ${cause === undefined ? 'it does not have it afterwards' : said(cause)}`,
    where: image,
    remedy:
      'See that the image is in the registry and that this host may pull it (docker login), then run the same command again.',
    cause,
  });
}

function describeContainer(data: z.output<typeof inspectSchema>): Container {
  const labels = data.Config.Labels ?? {};
  return {
    id: data.Id,
    name: data.Name.replace(/^\//, ''),
    definition: labels[label.definition] ?? '',
    image: labels[label.image] ?? '',
    address: labels[label.address] ?? '',
    port: Number(labels[label.port]),
    running: data.State.Running && !data.State.Restarting,
    exitCode: data.State.ExitCode,
    restarts: data.RestartCount,
    endedAt: data.State.FinishedAt,
  };
}

/** `fine`: statuses that mean it is as wanted already. */
async function call<T>(
  doing: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  fine: readonly number[] = [],
  milliseconds = 60_000,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await withDeadline(milliseconds, signal, (limit) => Promise.race([work(), rejectOnAbort(limit)]));
  } catch (error) {
    signal.throwIfAborted();
    const status = error instanceof Error ? Reflect.get(error, 'statusCode') : undefined;
    if (fine.includes(Number(status))) return undefined as T;
    throw new Failure('deploy.orchestrator', {
      message: `The engine did not ${doing}: ${said(error)}`,
      remedy: "See whether this host's engine answers (docker ps), then run the same command again.",
      cause: error,
    });
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'statusCode') === 404) return undefined;
    throw error;
  }
}

function said(error: unknown): string {
  const json = error instanceof Error ? Reflect.get(error, 'json') : undefined;
  const message = typeof json === 'object' && json !== null ? Reflect.get(json, 'message') : undefined;
  return typeof message === 'string' ? message.trim() : describeError(error);
}

/** Frames of 8 header bytes (stream, 3 zeros, big-endian length) and payload; a terminal's log has none (Engine API, "attach"). */
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
