import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Plain data of the API. */
type Data = Record<string, unknown>;

/** How the cluster's controllers behave towards the next image. */
export interface Behaviour {
  /** Looks at the workload until a pod of a new version is available; 1 without it. */
  readonly looksPerPod?: number;
  /** Containers of this image end at once. */
  readonly crashing?: string;
  /** This image cannot be pulled. */
  readonly unpullable?: string;
  /** No node takes a new pod. */
  readonly unschedulable?: boolean;
  /** The Deployment's controller gives up after so many looks. */
  readonly deadlineAfterLooks?: number;
  /** Somebody else applies this image after so many looks. */
  readonly overtakenBy?: { readonly image: string; readonly afterLooks: number };
  /** Answers 503 to so many requests. */
  readonly away?: number;
  /** The next PATCH is carried out, and its connection is cut. */
  readonly cutNextReply?: boolean;
  /** Paths of fields that another manager owns: `.spec.replicas` → `helm`. */
  readonly owned?: Readonly<Record<string, string>>;
}

/** A stand-in for a Kubernetes API server with its controllers, written from the published API; no cluster is behind it. */
export interface KubernetesStandIn {
  readonly url: string;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: readonly string[];
  behave(behaviour: Behaviour): void;
  /** What is stored under `namespace/Kind/name`. */
  stored(key: string): Data | undefined;
  store(object: Data): void;
  stop(): Promise<void>;
}

const kinds: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '/api/v1': [
    ['pods', 'Pod'],
    ['services', 'Service'],
    ['configmaps', 'ConfigMap'],
    ['events', 'Event'],
  ],
  '/apis/apps/v1': [
    ['deployments', 'Deployment'],
    ['statefulsets', 'StatefulSet'],
    ['daemonsets', 'DaemonSet'],
  ],
  '/apis/batch/v1': [['cronjobs', 'CronJob']],
};

export async function startKubernetesStandIn(): Promise<KubernetesStandIn> {
  const objects = new Map<string, Data>();
  const rollouts = new Map<string, { looks: number; image: string; before: string | undefined }>();
  const requests: string[] = [];
  let behaviour: Behaviour = {};
  let away = 0;

  const server = createServer((request, reply) => {
    answer(request, reply).catch((error: unknown) => send(reply, 500, status(500, String(error))));
  });

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const body = await readAll(request);
    requests.push(`${request.method} ${request.url}`);
    if (away > 0) {
      away -= 1;
      return send(reply, 503, status(503, 'apiserver is shutting down'));
    }
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const prefix = Object.keys(kinds).find((each) => url.pathname === each || url.pathname.startsWith(`${each}/`));
    if (prefix === undefined) return send(reply, 404, status(404, 'not found'));
    if (url.pathname === prefix) {
      const resources = (kinds[prefix] ?? []).map(([name, kind]) => ({ name, kind, namespaced: true }));
      return send(reply, 200, { kind: 'APIResourceList', resources });
    }
    const [, namespace = '', plural = '', name, sub] =
      /\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(url.pathname) ?? [];
    const kind = kinds[prefix]?.find(([each]) => each === plural)?.[1] ?? '';
    if (sub === 'log') return void reply.writeHead(200).end('the database is not there\n');
    if (name === undefined) return send(reply, 200, { items: list(kind, namespace, url.searchParams) });
    const key = `${namespace}/${kind}/${name}`;
    if (request.method === 'GET') {
      const found = objects.get(key);
      if (found) tick(key, found);
      return found
        ? send(reply, 200, objects.get(key) ?? {})
        : send(reply, 404, status(404, `${plural} "${name}" not found`));
    }
    if (request.method === 'PATCH') return patch(reply, key, JSON.parse(body), url.searchParams);
    send(reply, 405, status(405, 'not supported here'));
  }

  function patch(reply: ServerResponse, key: string, sent: Data, query: URLSearchParams): void {
    const live = objects.get(key);
    const conflicts = Object.entries(behaviour.owned ?? {}).filter(([path]) => {
      const wanted = at(sent, path);
      return wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(at(live, path));
    });
    if (conflicts.length > 0 && query.get('force') !== 'true') {
      const causes = conflicts.map(([field, manager]) => ({ message: `conflict with "${manager}"`, field }));
      send(reply, 409, { ...status(409, 'Apply failed with conflicts', 'Conflict'), details: { causes } });
      return;
    }
    const next = merge(live, sent);
    const changed = JSON.stringify((live as Data | undefined)?.spec) !== JSON.stringify(next.spec);
    const generation = Number(at(live, '.metadata.generation') ?? 0) + (changed ? 1 : 0);
    next.metadata = { ...(next.metadata as Data), generation, uid: 'uid', resourceVersion: String(Date.now()) };
    next.status = (live as Data | undefined)?.status ?? {};
    if (query.get('dryRun') !== 'All') {
      objects.set(key, next);
      if (imageOf(next) !== undefined && imageOf(next) !== rollouts.get(key)?.image) {
        rollouts.set(key, { looks: 0, image: imageOf(next) ?? '', before: rollouts.get(key)?.image });
      }
    }
    if (behaviour.cutNextReply) {
      behaviour = { ...behaviour, cutNextReply: false };
      reply.destroy();
    } else {
      send(reply, live ? 200 : 201, next);
    }
  }

  /** The controllers get on by one step at every look: as real ones do between two. */
  function tick(key: string, object: Data): void {
    const rollout = rollouts.get(key);
    const kind = object.kind;
    if (rollout === undefined || (kind !== 'Deployment' && kind !== 'StatefulSet' && kind !== 'DaemonSet')) return;
    rollout.looks += 1;
    const over = behaviour.overtakenBy;
    if (over && rollout.looks === over.afterLooks) setImage(object, over.image);
    const replicas = Number(at(object, '.spec.replicas') ?? 1);
    const bad = [behaviour.crashing, behaviour.unpullable].includes(rollout.image) || behaviour.unschedulable === true;
    const ready = bad ? 0 : Math.min(replicas, Math.floor(rollout.looks / (behaviour.looksPerPod ?? 1)));
    const old = rollout.before === undefined ? 0 : replicas - ready;
    const generation = at(object, '.metadata.generation');
    const failed = behaviour.deadlineAfterLooks !== undefined && rollout.looks > behaviour.deadlineAfterLooks;
    const progressing = failed
      ? {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: 'ReplicaSet has timed out progressing.',
        }
      : { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' };
    const updated = bad ? Math.min(1, replicas) : ready;
    object.status = {
      observedGeneration: rollout.looks === 1 ? Number(generation) - 1 : generation,
      ...(kind === 'DaemonSet'
        ? {
            desiredNumberScheduled: replicas,
            currentNumberScheduled: replicas,
            updatedNumberScheduled: updated,
            numberAvailable: bad ? old : ready + old,
          }
        : { replicas: updated + old, updatedReplicas: updated, availableReplicas: (bad ? 0 : ready) + old }),
      conditions: [progressing],
    };
  }

  function list(kind: string, namespace: string, query: URLSearchParams): readonly Data[] {
    if (kind === 'Pod') return pods(namespace, query.get('labelSelector') ?? '');
    if (kind === 'Event') {
      return pods(namespace, '').map((pod) => ({
        type: 'Warning',
        involvedObject: { name: at(pod, '.metadata.name') },
        message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      }));
    }
    return [...objects].filter(([key]) => key.startsWith(`${namespace}/${kind}/`)).map(([, object]) => object);
  }

  function pods(namespace: string, selector: string): readonly Data[] {
    return [...objects].flatMap(([key, object]) => {
      const rollout = rollouts.get(key);
      const labels = (at(object, '.spec.selector.matchLabels') ?? {}) as Record<string, string>;
      const own = Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
      if (!key.startsWith(`${namespace}/`) || rollout === undefined || (selector !== '' && selector !== own)) return [];
      const replicas = Number(at(object, '.spec.replicas') ?? 1);
      const { looks, image } = rollout;
      const crash = image === behaviour.crashing;
      const pull = image === behaviour.unpullable;
      const pod = (name: string, of: string, more: Data): Data => ({
        metadata: { name, labels },
        spec: { containers: [{ name: 'web', image: of }] },
        ...more,
      });
      const waiting = crash
        ? {
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 3, reason: 'Error' } },
            restartCount: looks,
          }
        : {
            state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } },
            restartCount: 0,
          };
      if (behaviour.unschedulable) {
        const condition = {
          type: 'PodScheduled',
          status: 'False',
          message: '0/3 nodes are available: 3 Insufficient memory.',
        };
        return [pod('web-new-0', image, { status: { phase: 'Pending', conditions: [condition] } })];
      }
      if (crash || pull)
        return [pod('web-new-0', image, { status: { phase: 'Pending', containerStatuses: [waiting] } })];
      return Array.from({ length: replicas }, (_, index) =>
        pod(`web-new-${index}`, image, { status: { phase: 'Running' } }),
      );
    });
  }

  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave: (next) => {
      behaviour = next;
      away = next.away ?? 0;
    },
    stored: (key) => objects.get(key),
    store: (object) => {
      const key = `${at(object, '.metadata.namespace')}/${object.kind}/${at(object, '.metadata.name')}`;
      objects.set(key, { ...object, metadata: { generation: 1, ...(object.metadata as Data) } });
      rollouts.set(key, { looks: 100, image: imageOf(object) ?? '', before: undefined });
    },
    stop: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

function status(code: number, message: string, reason?: string): Data {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code,
    message,
    ...(reason !== undefined && { reason }),
  };
}

function send(reply: ServerResponse, code: number, body: unknown): void {
  reply.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
      value,
    );
}

function containers(object: unknown): Data[] {
  const list =
    at(object, '.spec.template.spec.containers') ?? at(object, '.spec.jobTemplate.spec.template.spec.containers');
  return Array.isArray(list) ? list : [];
}

function imageOf(object: unknown): string | undefined {
  const image = containers(object)[0]?.image;
  return typeof image === 'string' ? image : undefined;
}

function setImage(object: Data, image: string): void {
  for (const container of containers(object)) container.image = image;
}

/** Maps by key; lists are replaced whole, which is enough for what the tests apply. */
function merge(live: unknown, sent: Data): Data {
  const base = typeof live === 'object' && live !== null && !Array.isArray(live) ? (structuredClone(live) as Data) : {};
  for (const [key, value] of Object.entries(sent)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    base[key] = isMap ? merge(base[key], value as Data) : structuredClone(value);
  }
  return base;
}
