import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What goes wrong between a client and a registry. */
export const faultKinds = [
  /** 429 with `Retry-After`. */
  'busy',
  /** 500 after half of the body was taken. */
  'failing',
  /** The connection breaks while the client sends, or before it has the whole answer. */
  'cut',
  /** The registry does it, and the answer never arrives. */
  'lost',
  /** 307 to another host, which the client's login is not for. */
  'elsewhere',
  /** Everything takes a while, in small pieces. */
  'slow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A proxy that hands requests on to a registry, except where it makes trouble. */
export interface FaultProxy {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `METHOD path` of each request, with the fault that it met. */
  readonly seen: readonly { readonly line: string; readonly fault: FaultKind | undefined }[];
  /** Every `Authorization` that came. */
  readonly logins: readonly string[];
  /** Headers that came to the other host, which redirects lead to. */
  readonly elsewhere: readonly IncomingMessage['headers'][];
  stop(): Promise<void>;
}

/** Chooses the fault of a request; undefined: none. */
export type ChooseFault = (request: { readonly method: string; readonly path: string }) => FaultKind | undefined;

export async function startFaultProxy(registry: string, choose: ChooseFault): Promise<FaultProxy> {
  const seen: { line: string; fault: FaultKind | undefined }[] = [];
  const logins: string[] = [];
  const elsewhere: IncomingMessage['headers'][] = [];
  const other = await listen((incoming, outgoing) => {
    elsewhere.push(incoming.headers);
    return handOn(registry, incoming, outgoing);
  });
  const server = await listen((incoming, outgoing) => {
    const { method = '', url: path = '' } = incoming;
    if (incoming.headers.authorization !== undefined) logins.push(incoming.headers.authorization);
    const fault = choose({ method, path });
    seen.push({ line: `${method} ${path}`, fault });
    return meet(fault, registry, `http://localhost:${portOf(other)}`, incoming, outgoing);
  });
  return {
    host: `127.0.0.1:${portOf(server)}`,
    seen,
    logins,
    elsewhere,
    stop: async () => {
      await Promise.all([close(server), close(other)]);
    },
  };
}

async function meet(
  fault: FaultKind | undefined,
  registry: string,
  other: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  switch (fault) {
    case undefined:
      return handOn(registry, incoming, outgoing);
    case 'busy':
      incoming.resume();
      outgoing.writeHead(429, { 'retry-after': '0' }).end('{"errors":[{"code":"TOOMANYREQUESTS"}]}');
      return;
    case 'failing':
      await takeHalf(incoming);
      outgoing.writeHead(500, { connection: 'close' }).end('{"errors":[{"code":"UNKNOWN"}]}');
      return;
    case 'cut':
      if (hasBody(incoming)) {
        await takeHalf(incoming);
        incoming.socket.destroy();
        return;
      }
      return handOn(registry, incoming, outgoing, 'half');
    case 'lost':
      return handOn(registry, incoming, outgoing, 'none');
    case 'elsewhere':
      incoming.resume();
      outgoing.writeHead(307, { location: `${other}${incoming.url}` }).end();
      return;
    case 'slow':
      await pause(30);
      return handOn(registry, incoming, outgoing, 'slow');
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined;
}

/** Takes at least half of the body; the rest is taken too, unless the connection is cut. */
function takeHalf(incoming: IncomingMessage): Promise<void> {
  const half = Number(incoming.headers['content-length'] ?? 0) / 2;
  let taken = 0;
  return new Promise((resolve) => {
    incoming.once('end', resolve);
    incoming.once('close', resolve);
    incoming.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      if (taken >= half) resolve();
    });
  });
}

/** `reply`: how much of the registry's answer the client gets. */
function handOn(
  registry: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  reply: 'whole' | 'half' | 'none' | 'slow' = 'whole',
): Promise<void> {
  const [host, port] = registry.split(':');
  // The host stays the proxy's own: the registry makes its addresses of it.
  const options = { host, port: Number(port), method: incoming.method, path: incoming.url, headers: incoming.headers };
  return new Promise((resolve) => {
    const onward = request({ ...options, agent: false }, (answer) => {
      deliver(answer, incoming, outgoing, reply).then(resolve, resolve);
    });
    onward.once('error', () => {
      outgoing.destroy();
      resolve();
    });
    incoming.once('aborted', () => onward.destroy());
    incoming.pipe(onward);
  });
}

async function deliver(
  answer: IncomingMessage,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  reply: 'whole' | 'half' | 'none' | 'slow',
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (reply === 'none' || (reply === 'half' && body.length === 0)) {
    incoming.socket.destroy();
    return;
  }
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
  if (reply === 'half') {
    outgoing.write(body.subarray(0, body.length / 2));
    await pause(5);
    incoming.socket.destroy();
    return;
  }
  if (reply === 'slow') {
    for (let at = 0; at < body.length; at += Math.ceil(body.length / 4)) {
      outgoing.write(body.subarray(at, at + Math.ceil(body.length / 4)));
      await pause(5);
    }
    outgoing.end();
    return;
  }
  outgoing.end(body);
}

async function listen(answer: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    incoming.on('error', () => {});
    outgoing.on('error', () => {});
    answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** The same numbers for the same seed, from 0 up to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
