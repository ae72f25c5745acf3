import type { z } from 'zod';
import type { Change, Deployment, MarathonCluster } from './cluster.js';
import { appRules, findViolations, groupRules, podRules } from './schema.js';
import { checksOf, fixedPortsOf, healthAt, instancesOf, type Json, readinessOf, type Workload } from './workload.js';

/** An answer of a Marathon stand-in; a text body is sent as it is. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Call {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** Keys that Marathon adds when it is read, and takes in no definition. */
const addedWhenRead = [
  'version',
  'versionInfo',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'deployments',
  'readinessCheckResults',
  'lastTaskFailure',
  'taskStats',
  'tasksStats',
];

/** The REST API of `/v2/apps`, `/v2/pods`, `/v2/groups`, `/v2/deployments`, `/v2/queue`, as published. */
export function answerCall(cluster: MarathonCluster, call: Call): Reply {
  const { method, path } = call;
  const app = /^\/v2\/apps(\/.+?)(\/versions(?:\/([^/]+))?)?$/.exec(path);
  const pod = /^\/v2\/pods(\/[^:]+)(?:::(status|versions)(?:\/([^/]+))?)?$/.exec(path);
  const group = /^\/v2\/groups(\/.*)?$/.exec(path);
  const deployment = /^\/v2\/deployments\/([^/]+)$/.exec(path);
  if (app?.[1] !== undefined && app[2] === undefined) return onApp(cluster, call, decodeURIComponent(app[1]));
  if (app?.[1] !== undefined) return onVersions(cluster, 'app', decodeURIComponent(app[1]), app[3]);
  if (path === '/v2/apps' && method === 'POST') return createApp(cluster, call);
  if (path === '/v2/pods' && method === 'POST') return createPod(cluster, call);
  if (pod?.[1] !== undefined) return onPod(cluster, call, decodeURIComponent(pod[1]), pod[2], pod[3]);
  if (group) return onGroup(cluster, call, normalise(group[1] ?? '/'));
  if (path === '/v2/deployments' && method === 'GET')
    return { status: 200, body: cluster.listed().map((each) => describeDeployment(cluster, each)) };
  if (deployment?.[1] !== undefined && method === 'DELETE') return cancel(cluster, call, deployment[1]);
  if (path === '/v2/queue' && method === 'GET') return { status: 200, body: { queue: queueOf(cluster) } };
  if (path === '/v2/tasks' && method === 'GET') return { status: 200, body: { tasks: tasksOf(cluster) } };
  if (path === '/v2/info') return { status: 200, body: { name: 'marathon', version: '1.11.24', elected: true } };
  if (path === '/ping') return { status: 200, body: 'pong' };
  return { status: 500, body: { message: 'HTTP 404 Not Found' } };
}

function onApp(cluster: MarathonCluster, call: Call, id: string): Reply {
  const stored = workloadOf(cluster, 'app', id);
  if (call.method === 'GET')
    return stored === undefined
      ? missing(`App '${id}' does not exist`)
      : { status: 200, body: { app: describeApp(cluster, stored, call.query) } };
  if (call.method !== 'PUT') return { status: 405, body: { message: 'Method Not Allowed' } };
  const read = parseBody(call.body);
  if ('reply' in read) return read.reply;
  const { version, ...given } = read.json;
  // The default keeps what is left out, and takes a version for "go back to it".
  const partial = call.query.get('partialUpdate') !== 'false';
  if (version !== undefined) {
    const old = stored?.versions.get(String(version));
    if (!partial) return unprocessable('/version', 'error.unexpected.field');
    if (old === undefined) return missing(`App '${id}' does not have the version ${String(version)}`);
    return put(cluster, call, [{ kind: 'app', id, definition: old }], stored !== undefined);
  }
  const body = { ...(partial && stored?.definition), ...given, id: given.id ?? id };
  const wrong = violations(appRules, body);
  if (wrong) return wrong;
  if (normalise(String(body.id)) !== id) return unprocessable('/id', `is not ${id}`);
  return put(cluster, call, [{ kind: 'app', id, definition: body }], stored !== undefined);
}

function createApp(cluster: MarathonCluster, call: Call): Reply {
  const read = parseBody(call.body);
  if ('reply' in read) return read.reply;
  const wrong = violations(appRules, read.json);
  if (wrong) return wrong;
  const id = normalise(String(read.json.id));
  if (cluster.workloads.has(id)) return { status: 409, body: { message: `An app with id [${id}] already exists.` } };
  const { deploymentId } = cluster.accept([{ kind: 'app', id, definition: read.json }], isForced(call));
  const stored = cluster.workloads.get(id);
  const app = stored && { ...describeApp(cluster, stored, new URLSearchParams()), deployments: [{ id: deploymentId }] };
  return { status: 201, body: app, headers: { 'Marathon-Deployment-Id': deploymentId } };
}

function createPod(cluster: MarathonCluster, call: Call): Reply {
  const read = parseBody(call.body);
  if ('reply' in read) return read.reply;
  const wrong = violations(podRules, read.json);
  if (wrong) return wrong;
  const id = normalise(String(read.json.id));
  if (cluster.workloads.has(id)) return { status: 409, body: { message: `A pod with id [${id}] already exists.` } };
  return putPod(cluster, call, id, read.json, 201);
}

function onPod(cluster: MarathonCluster, call: Call, id: string, part: string | undefined, version?: string): Reply {
  const stored = workloadOf(cluster, 'pod', id);
  if (stored === undefined) return missing(`Pod '${id}' does not exist`);
  if (part === 'status') return { status: 200, body: podStatus(cluster, stored) };
  if (part === 'versions') return onVersions(cluster, 'pod', id, version);
  if (call.method === 'GET') return { status: 200, body: { ...stored.definition, version: stored.version } };
  if (call.method !== 'PUT') return { status: 405, body: { message: 'Method Not Allowed' } };
  const read = parseBody(call.body);
  if ('reply' in read) return read.reply;
  const wrong = violations(podRules, read.json);
  if (wrong) return wrong;
  if (normalise(String(read.json.id)) !== id) return unprocessable('/id', `is not ${id}`);
  const locks = lockedBy(cluster, call, [id]);
  return locks ?? putPod(cluster, call, id, read.json, 200);
}

/** A pod's answer is the pod; the deployment's id is in the header alone. */
function putPod(cluster: MarathonCluster, call: Call, id: string, definition: Json, status: number): Reply {
  const { deploymentId } = cluster.accept([{ kind: 'pod', id, definition }], isForced(call));
  const stored = cluster.workloads.get(id);
  const headers = { 'Marathon-Deployment-Id': deploymentId };
  return { status, body: { ...stored?.definition, version: stored?.version }, headers };
}

function onVersions(cluster: MarathonCluster, kind: Workload['kind'], id: string, version: string | undefined): Reply {
  const stored = workloadOf(cluster, kind, id);
  if (stored === undefined) return missing(`'${id}' does not exist`);
  if (version === undefined) {
    const versions = [...stored.versions.keys()].reverse();
    return { status: 200, body: kind === 'app' ? { versions } : versions };
  }
  const definition = stored.versions.get(decodeURIComponent(version));
  return definition ? { status: 200, body: { ...definition, version } } : missing(`no version ${version}`);
}

function onGroup(cluster: MarathonCluster, call: Call, id: string): Reply {
  if (call.method === 'GET') {
    const group = describeGroup(cluster, id);
    return group === undefined ? missing(`Group '${id}' does not exist`) : { status: 200, body: group };
  }
  if (call.method !== 'PUT') return { status: 405, body: { message: 'Method Not Allowed' } };
  const read = parseBody(call.body);
  if ('reply' in read) return read.reply;
  const wanted = readGroup(read.json, id);
  if ('reply' in wanted) return wanted.reply;
  const inside = [...cluster.workloads.values()].filter((each) => each.id.startsWith(id === '/' ? '/' : `${id}/`));
  const gone = inside.filter((each) => !wanted.changes.some((change) => change.id === each.id));
  const changes: Change[] = [
    ...wanted.changes,
    ...gone.map(({ kind, id: each }) => ({ kind, id: each, definition: undefined })),
  ];
  if (call.query.get('dryRun') === 'true') {
    const steps = cluster
      .plan(changes)
      .map((step) => ({ actions: step.map(({ action, kind, id: each }) => ({ action, [kind]: each })) }));
    return { status: 200, body: { steps } };
  }
  return put(cluster, call, changes, true);
}

function readGroup(body: Json, id: string): { readonly changes: readonly Change[] } | { readonly reply: Reply } {
  const wrong = violations(groupRules, body);
  if (wrong) return { reply: wrong };
  const changes: Change[] = [];
  for (const [key, kind, rules] of [
    ['apps', 'app', appRules],
    ['pods', 'pod', podRules],
  ] as const) {
    for (const member of (body[key] as Json[] | undefined) ?? []) {
      const bad = violations(rules, member);
      if (bad) return { reply: bad };
      changes.push({ kind, id: normalise(String(member.id), id), definition: member });
    }
  }
  for (const member of (body.groups as Json[] | undefined) ?? []) {
    const read = readGroup(member, normalise(String(member.id), id));
    if ('reply' in read) return read;
    changes.push(...read.changes);
  }
  const outside = changes.find((change) => !change.id.startsWith(id === '/' ? '/' : `${id}/`));
  if (outside)
    return {
      reply: unprocessable('/apps', `identifier ${outside.id} is not child of ${id}. Hint: use relative paths.`),
    };
  return { changes };
}

function put(cluster: MarathonCluster, call: Call, changes: readonly Change[], existed: boolean): Reply {
  const locks = lockedBy(
    cluster,
    call,
    changes.map((change) => change.id),
  );
  if (locks) return locks;
  const accepted = cluster.accept(changes, isForced(call));
  return { status: existed ? 200 : 201, body: accepted, headers: { 'Marathon-Deployment-Id': accepted.deploymentId } };
}

function lockedBy(cluster: MarathonCluster, call: Call, ids: readonly string[]): Reply | undefined {
  const locks = cluster.locksOf(ids);
  if (locks.length === 0 || isForced(call)) return undefined;
  const message =
    'App is locked by one or more deployments. Override with the option "?force=true". View details at \'/v2/deployments/<DEPLOYMENT_ID>\'.';
  return { status: 409, body: { message, deployments: locks.map(({ id }) => ({ id })) } };
}

function cancel(cluster: MarathonCluster, call: Call, id: string): Reply {
  const cancelled = cluster.cancel(id, isForced(call));
  if (cancelled === undefined) return missing(`DeploymentPlan ${id} does not exist`);
  return cancelled === 'stopped' ? { status: 202 } : { status: 200, body: cancelled };
}

function isForced({ query }: Call): boolean {
  return query.get('force') === 'true';
}

function describeApp(cluster: MarathonCluster, app: Workload, query: URLSearchParams): Json {
  const embed = query.getAll('embed');
  const checks = checksOf(app);
  const well = app.tasks.filter((task) => cluster.isWell(app, task)).length;
  const running = app.tasks.filter((task) => task.runningAt !== undefined);
  const readiness = readinessOf(app);
  const locks = cluster.locksOf([app.id]).filter((each) => each.launchesAt <= cluster.now);
  return {
    ...app.definition,
    version: app.version,
    versionInfo: { lastScalingAt: app.lastScalingAt, lastConfigChangeAt: app.lastConfigChangeAt },
    tasksStaged: app.tasks.length - running.length,
    tasksRunning: running.length,
    tasksHealthy: checks > 0 ? well : 0,
    tasksUnhealthy: 0,
    ...(embed.includes('app.deployments') && { deployments: locks.map(({ id }) => ({ id })) }),
    ...(embed.includes('app.tasks') && { tasks: app.tasks.map((task) => describeTask(cluster, app, task)) }),
    ...(embed.includes('app.lastTaskFailure') && app.failure && { lastTaskFailure: app.failure }),
    ...(embed.includes('app.readiness') &&
      readiness !== undefined && {
        readinessCheckResults: running
          .filter((task) => task.version === app.version)
          .map((task) => ({
            name: readiness,
            taskId: task.id,
            ready: task.behaviour.ready !== false,
            lastResponse: {
              status: task.behaviour.ready === false ? 503 : 200,
              contentType: 'text/plain',
              body: 'warming up',
            },
          })),
      }),
  };
}

function describeTask(cluster: MarathonCluster, app: Workload, task: Workload['tasks'][number]): Json {
  const results = healthAt(task, checksOf(app), cluster.now);
  return {
    id: task.id,
    appId: app.id,
    host: task.host,
    ports: fixedPortsOf(app),
    version: task.version,
    state: task.runningAt === undefined ? 'TASK_STAGING' : 'TASK_RUNNING',
    stagedAt: cluster.timestamp(task.createdAt),
    startedAt: task.runningAt === undefined ? null : cluster.timestamp(task.runningAt),
    ...(results.length > 0 && {
      healthCheckResults: results.map((alive) => ({ alive, consecutiveFailures: alive ? 0 : 1, taskId: task.id })),
    }),
  };
}

function podStatus(cluster: MarathonCluster, pod: Workload): Json {
  const checks = checksOf(pod);
  const since = {
    statusSince: cluster.timestamp(),
    lastUpdated: cluster.timestamp(),
    lastChanged: cluster.timestamp(),
  };
  const instances = pod.tasks.map((task) => {
    const well = cluster.isWell(pod, task);
    return {
      id: task.id,
      status: task.runningAt === undefined ? 'STAGING' : well ? 'STABLE' : 'DEGRADED',
      ...since,
      conditions: [],
      agentHostname: task.host,
      specReference: `/v2/pods${pod.id}::versions/${task.version}`,
      containers: (pod.definition.containers as Json[]).map((container) => ({
        name: container.name,
        status: task.runningAt === undefined ? 'TASK_STAGING' : 'TASK_RUNNING',
        ...since,
        ...(checks > 0 && { endpoints: [{ name: 'http', healthy: well }] }),
      })),
    };
  });
  const stable = instances.filter(({ status }) => status === 'STABLE').length;
  const wanted = instancesOf(pod);
  return {
    id: pod.id,
    spec: { ...pod.definition, version: pod.version },
    status: stable >= wanted ? 'STABLE' : 'DEGRADED',
    ...since,
    instances,
    terminationHistory: pod.ended,
  };
}

function describeGroup(cluster: MarathonCluster, id: string): Json | undefined {
  const prefix = id === '/' ? '/' : `${id}/`;
  const inside = [...cluster.workloads.values()].filter((each) => each.id.startsWith(prefix));
  if (inside.length === 0 && id !== '/') return undefined;
  const own = inside.filter((each) => !each.id.slice(prefix.length).includes('/'));
  const below = new Set(
    inside
      .filter((each) => !own.includes(each))
      .map((each) => `${prefix}${each.id.slice(prefix.length).split('/')[0]}`),
  );
  return {
    id,
    version: cluster.timestamp(),
    dependencies: [],
    apps: own.filter(({ kind }) => kind === 'app').map((each) => describeApp(cluster, each, new URLSearchParams())),
    pods: own.filter(({ kind }) => kind === 'pod').map((each) => ({ ...each.definition, version: each.version })),
    groups: [...below].map((each) => describeGroup(cluster, each)),
  };
}

function describeDeployment(cluster: MarathonCluster, deployment: Deployment): Json {
  const named = ({ action, kind, id }: Deployment['steps'][number][number]): Json => ({ action, [kind]: id });
  const current = deployment.steps[deployment.current] ?? [];
  const ids = (kind: Workload['kind']): string[] => [
    ...new Set(
      deployment.steps
        .flat()
        .filter((each) => each.kind === kind)
        .map(({ id }) => id),
    ),
  ];
  return {
    id: deployment.id,
    version: deployment.version,
    affectedApps: ids('app'),
    affectedPods: ids('pod'),
    steps: deployment.steps.map((step) => ({ actions: step.map(named) })),
    currentActions: current.map((action) => {
      const workload = cluster.workloads.get(action.id);
      const results =
        workload &&
        describeApp(cluster, workload, new URLSearchParams({ embed: 'app.readiness' })).readinessCheckResults;
      return { ...named(action), readinessCheckResults: action.kind === 'app' ? (results ?? []) : [] };
    }),
    currentStep: deployment.current + 1,
    totalSteps: deployment.steps.length,
  };
}

function queueOf(cluster: MarathonCluster): readonly Json[] {
  return [...cluster.workloads.values()]
    .filter((each) => each.tasks.filter((task) => task.version >= each.lastConfigChangeAt).length < instancesOf(each))
    .map((each) => {
      const reasons = ['UnfulfilledRole', 'InsufficientMemory', 'InsufficientCpus', 'InsufficientPorts'];
      const summary = reasons.map((reason) => ({
        reason,
        declined: each.offers.rejected.get(reason) ?? 0,
        processed: each.offers.processed,
      }));
      const left = Math.max(0, Math.ceil((each.delayUntil - cluster.now) / 1000));
      return {
        [each.kind]: { ...each.definition, version: each.version },
        count: instancesOf(each),
        delay: { overdue: left === 0, timeLeftSeconds: left },
        since: cluster.timestamp(),
        processedOffersSummary: {
          processedOffersCount: each.offers.processed,
          unusedOffersCount: each.offers.processed,
          rejectSummaryLastOffers: summary,
          rejectSummaryLaunchAttempt: summary,
        },
      };
    });
}

function tasksOf(cluster: MarathonCluster): readonly Json[] {
  const apps = [...cluster.workloads.values()].filter(({ kind }) => kind === 'app');
  return apps.flatMap((app) => app.tasks.map((task) => describeTask(cluster, app, task)));
}

function workloadOf(cluster: MarathonCluster, kind: Workload['kind'], id: string): Workload | undefined {
  const stored = cluster.workloads.get(normalise(id));
  return stored?.kind === kind ? stored : undefined;
}

function normalise(id: string, group = '/'): string {
  const joined = id.startsWith('/') ? id : `${group}/${id}`;
  return `/${joined.split('/').filter(Boolean).join('/')}`;
}

function parseBody(text: string): { readonly json: Json } | { readonly reply: Reply } {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { json: json as Json };
    return { reply: unprocessable('/', 'error.expected.jsobject') };
  } catch (error) {
    return { reply: { status: 400, body: { message: 'Invalid JSON', details: String(error) } } };
  }
}

function violations(rules: z.ZodType, body: Json): Reply | undefined {
  const added = addedWhenRead.find((key) => key in body);
  if (added !== undefined) return unprocessable(`/${added}`, 'error.unexpected.field');
  const wrong = findViolations(rules, body);
  return wrong && { status: 422, body: wrong };
}

function unprocessable(path: string, error: string): Reply {
  return { status: 422, body: { message: 'Object is not valid', details: [{ path, errors: [error] }] } };
}

function missing(message: string): Reply {
  return { status: 404, body: { message } };
}
