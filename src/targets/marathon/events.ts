import { parseServerEvents } from './event-stream.js';
import type { MarathonClient } from './marathon-client.js';
import { eventSchema } from './marathon-replies.js';
import type { MarathonSession } from './session.js';

/** Marathon's events, as far as a watch uses them: they end a pause early, and never decide that all is well. */
export interface EventFeed {
  /** Resolves at the next event that is about us, at once where one came since the last call. */
  next(): Promise<void>;
  /** Whether Marathon said that this deployment ended without success. */
  hasFailed(deployment: string | undefined): boolean;
  close(): void;
}

const types = [
  'deployment_success',
  'deployment_failed',
  'deployment_step_success',
  'health_status_changed_event',
  'status_update_event',
];
const firstPause = 1_000;
const longestPause = 30_000;

/**
 * Follow `/v2/events` until it is closed, with a new connection after each one that ends. Whatever goes wrong here only makes a watch
 * slower: it polls.
 */
export function followEvents(
  marathon: MarathonClient,
  services: readonly string[],
  say: (text: string) => void,
): EventFeed {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const { signal } = marathon.session.connection;
  signal.addEventListener('abort', stop, { once: true });
  const failed = new Set<string>();
  let arrived = false;
  let wake = (): void => {};
  const take = (text: string): void => {
    const event = readEvent(text);
    if (event === undefined) return;
    if (event.eventType === 'deployment_failed' && event.id !== undefined) failed.add(event.id);
    const about = event.appId ?? event.runSpecId;
    if (about !== undefined && !services.includes(about)) return;
    arrived = true;
    wake();
  };
  const done = stayConnected(marathon, controller.signal, take, say).catch(() => {});
  return {
    next: () =>
      new Promise((resolve) => {
        wake = () => {
          arrived = false;
          resolve();
        };
        if (arrived) wake();
      }),
    hasFailed: (deployment) => deployment !== undefined && failed.has(deployment),
    close() {
      signal.removeEventListener('abort', stop);
      controller.abort();
      void done;
    },
  };
}

function readEvent(text: string) {
  try {
    return eventSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function stayConnected(
  marathon: MarathonClient,
  signal: AbortSignal,
  take: (text: string) => void,
  say: (text: string) => void,
): Promise<void> {
  let pause = firstPause;
  while (!signal.aborted) {
    const stream = await connect(marathon, signal).catch(() => undefined);
    if (stream === 'elsewhere') {
      say(
        "Marathon's leader is at another address, to which the login does not go (SLIPWAY_MARATHON_LEADERS lists those it may go to): Slipway polls",
      );
      return;
    }
    if (stream !== undefined) {
      pause = firstPause;
      await parseServerEvents(stream, take).catch(() => {});
    }
    if (!signal.aborted) await wait(pause, signal);
    pause = Math.min(pause * 2, longestPause);
  }
}

/**
 * Nodes that do not lead send this one path on to the leader instead of passing it there, and another origin gets the credentials only
 * where the settings say so: the leader is asked for, and connected to directly.
 */
async function connect(
  marathon: MarathonClient,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | 'elsewhere' | undefined> {
  const { session } = marathon;
  const authorization = await session.authorization();
  const query = types.map((type) => `event_type=${type}`).join('&');
  const first = await open(session.address(`v2/events?${query}`), authorization, signal);
  if (first.status === 200) return first.body ?? undefined;
  await first.body?.cancel();
  if (first.status < 300 || first.status > 399) return undefined;
  const own = session.address('');
  const leader = new URL(`/v2/events?${query}`, `${own.protocol}//${await marathon.findLeader()}`);
  if (authorization !== undefined && leader.origin !== own.origin && !trusts(session, leader.origin))
    return 'elsewhere';
  const second = await open(leader, authorization, signal);
  if (second.status === 200) return second.body ?? undefined;
  await second.body?.cancel();
  return undefined;
}

function trusts(session: MarathonSession, origin: string): boolean {
  return session.connection.leaders.includes(origin);
}

function open(url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Response> {
  const headers = { Accept: 'text/event-stream', ...(authorization !== undefined && { Authorization: authorization }) };
  return fetch(url, { headers, redirect: 'manual', signal });
}

/** Real time, also where a watch counts another: nothing waits for this. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
