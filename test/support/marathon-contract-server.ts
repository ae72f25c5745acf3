import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for Marathon, written from its published REST API and kept apart from the client: it shares no type with
 * it. Time is counted in calls of `GET /v2/deployments`: each moves every task and deployment one step on.
 */
export interface MarathonStandIn {
  readonly url: string;
  /** `METHOD path`, in order. */
  readonly calls: string[];
  readonly apps: Map<string, StandInApp>;
  /** Bodies of every PUT. */
  readonly puts: unknown[];
  behave(behaviour: Partial<Behaviour>): void;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Answer so many PUTs with 409 "App is locked". */
  lockedPuts: number;
  /** Store so many PUTs and cut the connection instead of answering. */
  lostPuts: number;
  /** Answer so many calls of any kind as a proxy without a leader does. */
  leaderless: number;
  /** Leave a new deployment out of the list for so many steps. */
  unlistedSteps: number;
  /** Tasks never report a health check's result. */
  silentChecks: boolean;
  /** Every new task fails at once. */
  failingTasks: boolean;
  /** No offers are accepted: no new task is launched. */
  noOffers: boolean;
  /** Replace the app with this image after so many steps, as another deployer would. */
  overtakenBy: { image: string; afterSteps: number } | undefined;
  /** Answer every call so. */
  refusal: { status: number; body: unknown } | undefined;
  /** Refuse any other `Authorization`. */
  authorization: string | undefined;
}

interface StandInTask {
  id: string;
  version: string;
  age: number;
  failed: boolean;
}

interface StandInApp {
  definition: Record<string, unknown>;
  version: string;
  tasks: StandInTask[];
  deployment: { id: string; age: number } | undefined;
  failure: { taskId: string; version: string; message: string; state: string } | undefined;
}

const calm: Behaviour = {
  lockedPuts: 0,
  lostPuts: 0,
  leaderless: 0,
  unlistedSteps: 0,
  silentChecks: false,
  failingTasks: false,
  noOffers: false,
  overtakenBy: undefined,
  refusal: undefined,
  authorization: undefined,
};

export async function startMarathonStandIn(): Promise<MarathonStandIn> {
  const state = { behaviour: { ...calm }, apps: new Map<string, StandInApp>(), puts: [] as unknown[], serial: 0 };
  const calls: string[] = [];
  const server = createServer((request, response) => {
    readBody(request).then(
      (body) => {
        calls.push(`${request.method} ${request.url}`);
        answer(state, request, body, response);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    apps: state.apps,
    puts: state.puts,
    behave: (behaviour) => Object.assign(state.behaviour, behaviour),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type State = { behaviour: Behaviour; apps: Map<string, StandInApp>; puts: unknown[]; serial: number };

function answer(state: State, request: IncomingMessage, body: string, response: ServerResponse): void {
  const { behaviour } = state;
  const url = new URL(request.url ?? '', 'http://x');
  if (behaviour.leaderless > 0) {
    behaviour.leaderless--;
    response.writeHead(502, { 'Content-Type': 'text/html' }).end('<html>Bad Gateway</html>');
    return;
  }
  if (behaviour.authorization !== undefined && request.headers.authorization !== behaviour.authorization) {
    send(response, 401, { message: 'Invalid username or password.' });
    return;
  }
  if (behaviour.refusal !== undefined) {
    send(response, behaviour.refusal.status, behaviour.refusal.body);
    return;
  }
  const id = url.pathname.startsWith('/v2/apps/') ? url.pathname.slice('/v2/apps'.length) : undefined;
  if (id !== undefined && request.method === 'GET') getApp(state, id, response);
  else if (id !== undefined && request.method === 'PUT') putApp(state, id, url, body, response);
  else if (url.pathname === '/v2/deployments') listDeployments(state, response);
  else if (url.pathname === '/v2/queue') send(response, 200, queueOf(state));
  else send(response, 500, { message: 'unknown URI' });
}

function getApp(state: State, id: string, response: ServerResponse): void {
  const app = state.apps.get(id);
  if (app === undefined) {
    send(response, 404, { message: `App '${id}' does not exist` });
    return;
  }
  const checks = (app.definition.healthChecks as unknown[] | undefined)?.length ?? 0;
  const tasks = app.tasks.map((task) => ({
    id: task.id,
    version: task.version,
    state: task.age >= 1 ? 'TASK_RUNNING' : 'TASK_STAGING',
    ...(checks > 0 &&
      task.age >= 2 &&
      !state.behaviour.silentChecks && { healthCheckResults: Array(checks).fill({ alive: true }) }),
  }));
  const deployments = app.deployment === undefined ? [] : [{ id: app.deployment.id }];
  const failure = app.failure && { lastTaskFailure: app.failure };
  send(response, 200, {
    app: {
      ...app.definition,
      version: app.version,
      versionInfo: { lastConfigChangeAt: app.version, lastScalingAt: app.version },
      tasks,
      deployments: state.behaviour.unlistedSteps > 0 ? [] : deployments,
      ...failure,
    },
  });
}

function putApp(state: State, id: string, url: URL, body: string, response: ServerResponse): void {
  const definition = JSON.parse(body) as Record<string, unknown>;
  state.puts.push(definition);
  if (url.searchParams.get('partialUpdate') !== 'false' || url.searchParams.has('force') || 'version' in definition) {
    send(response, 422, {
      message: 'Object is not valid',
      details: [{ path: '/', errors: ['the stand-in wants whole definitions'] }],
    });
    return;
  }
  if (state.behaviour.lockedPuts > 0) {
    state.behaviour.lockedPuts--;
    send(response, 409, {
      message: 'App is locked by one or more deployments.',
      deployments: [{ id: 'other-deployment' }],
    });
    return;
  }
  const deployment = `deployment-${++state.serial}`;
  const version = store(state, id, definition, deployment);
  if (state.behaviour.lostPuts > 0) {
    state.behaviour.lostPuts--;
    response.destroy();
    return;
  }
  send(response, 200, { version, deploymentId: deployment }, { 'Marathon-Deployment-Id': deployment });
}

/** An identical definition keeps the app's version; the reply still carries a new one. */
function store(state: State, id: string, definition: Record<string, unknown>, deployment: string): string {
  const before = state.apps.get(id);
  const version = `2026-01-01T00:00:${String(state.serial).padStart(2, '0')}.000Z`;
  if (before !== undefined && JSON.stringify(before.definition) === JSON.stringify(definition)) return version;
  state.apps.set(id, {
    definition,
    version,
    tasks: before?.tasks ?? [],
    deployment: { id: deployment, age: 0 },
    failure: undefined,
  });
  return version;
}

function listDeployments(state: State, response: ServerResponse): void {
  const { behaviour } = state;
  for (const [id, app] of state.apps) step(state, id, app);
  const listed = behaviour.unlistedSteps > 0 ? [] : [...state.apps.values()].flatMap((app) => app.deployment ?? []);
  if (behaviour.unlistedSteps > 0) behaviour.unlistedSteps--;
  send(
    response,
    200,
    listed.map(({ id }) => ({ id, steps: [], currentActions: [] })),
  );
}

function step(state: State, id: string, app: StandInApp): void {
  const { overtakenBy } = state.behaviour;
  if (overtakenBy !== undefined && app.deployment !== undefined && app.deployment.age >= overtakenBy.afterSteps) {
    state.behaviour.overtakenBy = undefined;
    state.serial++;
    store(state, id, { id, container: { docker: { image: overtakenBy.image } } }, `deployment-${state.serial}`);
    return;
  }
  for (const task of app.tasks) task.age++;
  if (app.deployment === undefined) return;
  app.deployment.age++;
  launch(state, app);
  const wanted = instancesOf(app);
  const started = app.tasks.filter((task) => task.version === app.version && task.age >= 2);
  if (started.length < wanted) return;
  app.tasks = started;
  app.deployment = undefined;
}

function launch(state: State, app: StandInApp): void {
  const current = app.tasks.filter((task) => task.version === app.version);
  if (state.behaviour.noOffers || current.length >= instancesOf(app)) return;
  const id = `task-${++state.serial}`;
  if (state.behaviour.failingTasks) {
    app.failure = { taskId: id, version: app.version, message: 'Container exited with status 3', state: 'TASK_FAILED' };
  } else {
    app.tasks.push({ id, version: app.version, age: 0, failed: false });
  }
}

function queueOf(state: State): unknown {
  const waiting = [...state.apps].filter(([, app]) => app.deployment !== undefined);
  const rejected = [
    { reason: 'InsufficientMemory', declined: 12, processed: 12 },
    { reason: 'UnfulfilledRole', declined: 0, processed: 12 },
  ];
  return {
    queue: waiting.map(([id]) => ({ app: { id }, processedOffersSummary: { rejectSummaryLastOffers: rejected } })),
  };
}

function instancesOf(app: StandInApp): number {
  return (app.definition.instances as number | undefined) ?? 1;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}
