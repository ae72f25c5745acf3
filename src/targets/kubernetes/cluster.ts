import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { withDeadline } from '../../core/deadline.js';
import { describeError, Failure } from '../../core/failure.js';
import type { KubernetesData } from './manifests.js';

/** The API server answered with an error, or not at all. */
export class ClusterRefusal extends Error {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** The Status object's machine-readable word: `Conflict`, `Invalid`, `Forbidden`. */
  readonly reason: string | undefined;
  /** What each cause says, e.g. `conflict with "helm": .spec.replicas`. */
  readonly causes: readonly string[];

  constructor(message: string, status?: number, reason?: string, causes: readonly string[] = [], cause?: unknown) {
    super(message, { cause });
    this.name = 'ClusterRefusal';
    this.status = status;
    this.reason = reason;
    this.causes = causes;
  }
}

/** Where a kind of object is in the API: `GET /apis/apps/v1` tells. */
export interface ResourceType {
  /** `/apis/apps/v1`, `/api/v1`. */
  readonly prefix: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface ObjectKey {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A cluster's API, as far as a rollout asks it. Throws `ClusterRefusal`, and the signal's reason. Undefined: 404. */
export interface Cluster {
  /** The API server's address, for messages. */
  readonly server: string;
  /** The context's namespace, or `default`. */
  readonly namespace: string;
  find(key: ObjectKey, signal: AbortSignal): Promise<KubernetesData | undefined>;
  /** Server-side apply as the field manager `slipway` (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
  apply(
    key: ObjectKey,
    object: KubernetesData,
    options: { readonly force: boolean; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<KubernetesData>;
  list(
    apiVersion: string,
    kind: string,
    namespace: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly KubernetesData[]>;
  /** The last lines of a container, oldest first; empty where there are none to be had. */
  readLog(
    namespace: string,
    pod: string,
    container: string,
    previous: boolean,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}

/** Which cluster: a kubeconfig's context, or inside of a pod the pod's own service account. */
export interface ClusterOptions {
  readonly context?: string;
  readonly namespace?: string;
}

const patience = 20_000;
const attempts = 4;
const statusSchema = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .looseObject({
      causes: z.array(z.looseObject({ message: z.string().optional(), field: z.string().optional() })).optional(),
    })
    .nullish(),
});
const resourceList = z.looseObject({
  resources: z.array(z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const objectSchema = z.record(z.string(), z.unknown());

/**
 * A cluster by the kubeconfig that kubectl would use (`KUBECONFIG`, `~/.kube/config`, a pod's service account), read by the
 * official client, which knows its certificates, tokens and exec plugins. Throws `deploy.orchestrator` for a context that is not there.
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new Failure('deploy.orchestrator', {
      message: `The kubeconfig cannot be read: ${describeError(error)}`,
      where: 'KUBECONFIG, ~/.kube/config',
      remedy: 'See that `kubectl get pods` works here.',
      cause: error,
    });
  }
  if (options.context !== undefined) chooseContext(config, options.context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw noCluster();
  const namespace = options.namespace ?? config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
  return connect(server.replace(/\/$/, ''), namespace, (request) => config.applyToHTTPSOptions(request));
}

function chooseContext(
  config: { getContexts(): readonly { readonly name: string }[]; setCurrentContext(name: string): void },
  context: string,
): void {
  const names = config.getContexts().map(({ name }) => name);
  if (names.includes(context)) {
    config.setCurrentContext(context);
    return;
  }
  throw new Failure('deploy.orchestrator', {
    message: `The kubeconfig has no context '${context}'`,
    where: 'deploy.environments.<name>.context',
    remedy: 'Name one of its contexts.',
    candidates: names,
  });
}

function noCluster(): Failure {
  return new Failure('deploy.orchestrator', {
    message: 'No Kubernetes cluster is configured',
    where: 'KUBECONFIG, ~/.kube/config',
    remedy:
      "Give this job a kubeconfig (KUBECONFIG), and name its context with 'context' in the environment's settings.",
  });
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

function connect(server: string, namespace: string, authorize: (request: RequestOptions) => Promise<void>): Cluster {
  const types = new Map<string, Promise<ResourceType>>();
  const call = (request: Call, signal: AbortSignal): Promise<unknown> =>
    callWithRetries(server, authorize, request, signal);
  const typeOf = (apiVersion: string, kind: string, signal: AbortSignal): Promise<ResourceType> => {
    const key = `${apiVersion} ${kind}`;
    const known = types.get(key) ?? discover(call, apiVersion, kind, signal);
    types.set(key, known);
    known.catch(() => types.delete(key));
    return known;
  };
  const pathOf = async (key: ObjectKey, signal: AbortSignal): Promise<string> => {
    const type = await typeOf(key.apiVersion, key.kind, signal);
    return `${collection(type, key.namespace)}/${encodeURIComponent(key.name)}`;
  };
  return {
    server,
    namespace,
    async find(key, signal) {
      try {
        return objectSchema.parse(await call({ method: 'GET', path: await pathOf(key, signal) }, signal));
      } catch (error) {
        if (error instanceof ClusterRefusal && error.status === 404) return undefined;
        throw error;
      }
    },
    async apply(key, object, { force, dryRun }, signal) {
      const query = new URLSearchParams({
        fieldManager: 'slipway',
        force: String(force),
        ...(dryRun && { dryRun: 'All' }),
      });
      const request = {
        method: 'PATCH',
        path: `${await pathOf(key, signal)}?${query}`,
        // JSON is YAML.
        body: JSON.stringify(object),
        type: 'application/apply-patch+yaml',
      };
      return objectSchema.parse(await call(request, signal));
    },
    async list(apiVersion, kind, where, query, signal) {
      const type = await typeOf(apiVersion, kind, signal);
      const path = `${collection(type, where)}?${new URLSearchParams(query)}`;
      const answer = z.looseObject({ items: z.array(objectSchema) }).parse(await call({ method: 'GET', path }, signal));
      return answer.items;
    },
    async readLog(where, pod, container, previous, signal) {
      const query = new URLSearchParams({ container, tailLines: '20', previous: String(previous) });
      const path = `/api/v1/namespaces/${where}/pods/${encodeURIComponent(pod)}/log?${query}`;
      try {
        const text = await call({ method: 'GET', path, type: 'text' }, signal);
        return typeof text === 'string' ? text.split(/\r?\n/).filter((line) => line !== '') : [];
      } catch {
        // A log is evidence for a failure that is reported anyway.
        signal.throwIfAborted();
        return [];
      }
    },
  };
}

function collection(type: ResourceType, namespace: string): string {
  return type.namespaced
    ? `${type.prefix}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`
    : `${type.prefix}/${type.plural}`;
}

async function discover(
  call: (request: Call, signal: AbortSignal) => Promise<unknown>,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<ResourceType> {
  const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = resourceList.parse(await call({ method: 'GET', path: prefix }, signal));
  const found = resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (found) return { prefix, plural: found.name, namespaced: found.namespaced };
  throw new Failure('deploy.refused', {
    message: `The cluster knows no ${kind} in ${apiVersion}`,
    remedy: 'Check apiVersion and kind; a resource of an operator needs its definition installed first.',
  });
}

/** Every call is one that may be repeated: reads, and applies, which are the same twice. */
async function callWithRetries(
  server: string,
  authorize: (request: RequestOptions) => Promise<void>,
  request: Call,
  signal: AbortSignal,
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await withDeadline(patience, signal, (limit) => callOnce(server, authorize, request, limit));
    } catch (error) {
      signal.throwIfAborted();
      const refusal =
        error instanceof ClusterRefusal
          ? error
          : new ClusterRefusal(describeError(error), undefined, undefined, [], error);
      const passing = refusal.status === undefined || refusal.status === 429 || refusal.status >= 500;
      if (!passing || attempt >= attempts) throw refusal;
      await pause(Math.random() * 500 * 2 ** attempt, undefined, { signal });
    }
  }
}

async function callOnce(
  server: string,
  authorize: (request: RequestOptions) => Promise<void>,
  request: Call,
  signal: AbortSignal,
): Promise<unknown> {
  const options: RequestOptions = { method: request.method, headers: {}, signal };
  await authorize(options);
  const url = new URL(`${server}${request.path}`);
  const plain = url.protocol === 'http:';
  const headers = {
    ...options.headers,
    accept: request.type === 'text' ? '*/*' : 'application/json',
    ...(request.body !== undefined && {
      'content-type': request.type ?? 'application/json',
      'content-length': String(Buffer.byteLength(request.body)),
    }),
  };
  const { agent, ...rest } = options;
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const send = plain ? httpRequest : httpsRequest;
    const sent = send(url, { ...rest, ...(!plain && agent && { agent }), headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.once('error', reject);
    sent.end(request.body);
  });
  if (status < 200 || status > 299) throw refusalOf(status, text);
  return request.type === 'text' ? text : parse(text);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClusterRefusal('the API server answered something that is not JSON', undefined, undefined, [], cause);
  }
}

function refusalOf(status: number, text: string): ClusterRefusal {
  const read = statusSchema.safeParse(tryParse(text));
  if (!read.success) return new ClusterRefusal(`the API server answered ${status}`, status);
  const { message, reason, details } = read.data;
  const causes = (details?.causes ?? []).map((each) => [each.message, each.field].filter(Boolean).join(': '));
  return new ClusterRefusal(message ?? `the API server answered ${status}`, status, reason, causes);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
