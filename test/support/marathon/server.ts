import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerCall, type Call, type Reply } from './api.js';
import { type ClusterEvent, MarathonCluster } from './cluster.js';
import { Gate } from './gate.js';

/** What goes wrong with a call. */
export type Fault =
  /** The connection is cut before anything was done. */
  | 'cut-before'
  /** The connection is cut when it was done: the reply is lost. */
  | 'cut-after'
  /** Done, and half of the reply's text arrives. */
  | 'half'
  /** A body without end. */
  | 'endless'
  | Reply;

interface ArmedFault {
  readonly match: RegExp;
  readonly fault: Fault;
  left: number;
}

/** A Marathon stand-in: two nodes, one of them the leader, in front of one cluster on a virtual clock. */
export interface MarathonStandIn {
  /** Address of the first node, which leads until another is elected. */
  readonly url: string;
  /** Address of the second node. */
  readonly other: string;
  readonly cluster: MarathonCluster;
  readonly gate: Gate;
  /** `METHOD path?query`, in order, without those of the events. */
  readonly calls: string[];
  /** Bodies that were PUT or POSTed, in order, with where. */
  readonly puts: { readonly path: string; readonly body: unknown }[];
  /** `Authorization` of every request for events, with the node it came to. */
  readonly listeners: { readonly url: string; readonly authorization: string | undefined }[];
  /** Done on each call before it is answered: `METHOD path?query`. */
  onCall: ((call: string) => void) | undefined;
  /** Let the next `times` calls that match (`METHOD path?query`) go wrong. */
  arm(match: RegExp, fault: Fault, times?: number): void;
  /** Nothing goes wrong any more. */
  disarm(): void;
  /** The other node becomes the leader: 502 for `silence` virtual milliseconds, then no deployments for `reload`. */
  elect(silence: number, reload: number): void;
  /** Cut every event stream. */
  dropEvents(): void;
  /** Undefined: events are sent as they happen; otherwise they are kept, and `flushEvents` sends them in reverse. */
  holdEvents: boolean;
  flushEvents(): void;
  /** Let the virtual clock go on by itself, so many times as fast as the real one: for clients with a clock of their own. */
  runBy(speed: number): void;
  close(): Promise<void>;
}

interface State {
  readonly standIn: MarathonStandIn;
  readonly armed: ArmedFault[];
  readonly streams: Map<ServerResponse, readonly string[]>;
  readonly held: ClusterEvent[];
  readonly urls: string[];
  timer: NodeJS.Timeout | undefined;
  leader: number;
  silentUntil: number;
  reloadedAt: number;
}

export async function startMarathonStandIn(): Promise<MarathonStandIn> {
  const cluster = new MarathonCluster();
  const servers = [0, 1].map((node) => createServer((request, response) => receive(state, node, request, response)));
  const urls = await Promise.all(servers.map(listen));
  const standIn: MarathonStandIn = {
    url: urls[0] ?? '',
    other: urls[1] ?? '',
    cluster,
    gate: new Gate(),
    calls: [],
    puts: [],
    listeners: [],
    onCall: undefined,
    holdEvents: false,
    arm: (match, fault, times = 1) => state.armed.push({ match, fault, left: times }),
    disarm: () => state.armed.splice(0),
    elect(silence, reload) {
      state.leader = 1 - state.leader;
      state.silentUntil = cluster.now + silence;
      state.reloadedAt = cluster.now + silence + reload;
      standIn.dropEvents();
    },
    dropEvents() {
      for (const stream of state.streams.keys()) stream.destroy();
      state.streams.clear();
    },
    flushEvents() {
      for (const event of state.held.splice(0).reverse()) sendEvent(state, event);
    },
    runBy(speed) {
      clearInterval(state.timer);
      state.timer = setInterval(() => cluster.advance(100 * speed), 100);
    },
    async close() {
      clearInterval(state.timer);
      standIn.dropEvents();
      await Promise.all(servers.map(stop));
    },
  };
  const state: State = {
    standIn,
    armed: [],
    streams: new Map(),
    held: [],
    urls,
    timer: undefined,
    leader: 0,
    silentUntil: 0,
    reloadedAt: 0,
  };
  cluster.listen((event) => (standIn.holdEvents ? state.held.push(event) : sendEvent(state, event)));
  return standIn;
}

function receive(state: State, node: number, request: IncomingMessage, response: ServerResponse): void {
  readBody(request).then(
    (body) => handle(state, node, request, body, response),
    () => response.destroy(),
  );
}

function handle(state: State, node: number, request: IncomingMessage, body: string, response: ServerResponse): void {
  const { standIn } = state;
  const url = new URL(request.url ?? '/', 'http://stand-in');
  const named = `${request.method} ${request.url}`;
  // Not of Marathon: lets a client in another process move the virtual clock.
  if (url.pathname === '/stand-in/advance') {
    standIn.cluster.advance(Number(url.searchParams.get('ms')));
    send(response, { status: 200, body: { now: standIn.cluster.now } });
    return;
  }
  if (url.pathname === '/v2/events') {
    openEvents(state, node, request, url, response);
    return;
  }
  standIn.calls.push(named);
  standIn.onCall?.(named);
  const armed = state.armed.find((each) => each.left > 0 && each.match.test(named));
  if (armed) armed.left--;
  const fault = armed?.fault;
  if (fault === 'cut-before') response.destroy();
  else if (fault === 'endless') sendEndless(response);
  else if (typeof fault === 'object') send(response, fault);
  else {
    const reply = answer(state, request, url, body);
    if (fault === 'cut-after') response.destroy();
    else if (fault === 'half') sendHalf(response, reply);
    else send(response, reply);
  }
}

function answer(state: State, request: IncomingMessage, url: URL, body: string): Reply {
  const { standIn } = state;
  const { cluster, gate } = standIn;
  if (cluster.now < state.silentUntil) {
    return { status: 502, body: '<html><body>Bad Gateway</body></html>', headers: { 'Content-Type': 'text/html' } };
  }
  if (url.pathname === '/acs/api/v1/auth/login' && request.method === 'POST') return gate.login(body, cluster.now);
  const refused = gate.refuse(request.headers.authorization, cluster.now);
  if (refused) return refused;
  if (url.pathname === '/v2/leader')
    return { status: 200, body: { leader: new URL(state.urls[state.leader] ?? '').host } };
  if (url.pathname === '/v2/deployments' && cluster.now < state.reloadedAt) return { status: 200, body: [] };
  const call: Call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, body };
  if (call.method === 'PUT' || call.method === 'POST')
    standIn.puts.push({ path: request.url ?? '', body: tryParse(body) });
  return answerCall(cluster, call);
}

function openEvents(state: State, node: number, request: IncomingMessage, url: URL, response: ServerResponse): void {
  const { standIn } = state;
  const { authorization } = request.headers;
  standIn.listeners.push({ url: state.urls[node] ?? '', authorization });
  if (standIn.cluster.now < state.silentUntil) {
    send(response, { status: 502, body: '<html></html>' });
    return;
  }
  if (node !== state.leader) {
    response.writeHead(302, { Location: `${state.urls[state.leader]}${request.url}` }).end();
    return;
  }
  const refused = standIn.gate.refuse(authorization, standIn.cluster.now);
  if (refused) {
    send(response, refused);
    return;
  }
  if (request.headers.accept !== 'text/event-stream') {
    response.writeHead(405).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write('event: event_stream_attached\r\ndata: {"eventType":"event_stream_attached"}\r\n\r\n');
  state.streams.set(response, url.searchParams.getAll('event_type'));
  response.on('close', () => state.streams.delete(response));
}

function sendEvent(state: State, event: ClusterEvent): void {
  for (const [stream, types] of state.streams) {
    if (types.length > 0 && !types.includes(event.eventType)) continue;
    stream.write(`event: ${event.eventType}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`);
  }
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text);
}

function sendHalf(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body ?? {});
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(text.slice(0, text.length / 2));
}

function sendEndless(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const piece = `${'['.repeat(1024)}`.repeat(64);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
