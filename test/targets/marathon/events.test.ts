import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.js';
import type { Clock } from '../../../src/targets/clock.js';
import { parseServerEvents } from '../../../src/targets/marathon/event-stream.js';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { failureOf, first, siteOf, webApp } from '../../support/marathon-site.js';

/** Fault test 5 of the research, and what events may do: against a stand-in for Marathon. */
let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

const token = { credentials: async () => ({ token: new Secret('s3cret') }) };

/** Pauses of a poll never end by themselves; short ones are real. What is left to go on are events. */
function eventsOnly(): Clock {
  const { cluster } = marathon;
  return {
    now: () => cluster.now,
    sleep: async (milliseconds, signal) => {
      if (milliseconds <= 200) return setTimeout(1);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    },
  };
}

/** Let virtual time pass until the work is done: 500 ms of it each 10 ms. */
async function whileTimePasses<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const ends = work.finally(() => {
    done = true;
  });
  const pass = async (): Promise<void> => {
    while (!done) {
      marathon.cluster.advance(500);
      await setTimeout(10);
    }
  };
  const [result] = await Promise.all([ends, pass()]);
  return result;
}

/** Watch a rollout of two tasks of which one comes late, so that there is an event after each thing to see. */
async function watchByEvents(options: Parameters<typeof siteOf>[3]) {
  const site = siteOf(marathon, webApp(first), first, { clock: eventsOnly(), timeoutSeconds: 1e6, ...options });
  const applied = await site.apply();
  const watching = whileTimePasses(site.watch(applied));
  // Something else happens in the cluster now and then, and its events are the only thing that wakes us.
  const others = setInterval(() => marathon.cluster.accept([], false), 20);
  try {
    return { result: await watching, said: site.said };
  } finally {
    clearInterval(others);
  }
}

describe('5: events', () => {
  it('end a pause, so that a rollout is seen without a poll', async () => {
    expect((await watchByEvents({})).result.outcome).toBe('succeeded');
    expect(marathon.listeners).toEqual([{ url: marathon.url, authorization: undefined }]);
  });

  it('are asked of the leader itself, where a node sends on to it', async () => {
    expect((await watchByEvents({ url: marathon.other })).result.outcome).toBe('succeeded');
    expect(marathon.listeners.map(({ url }) => url)).toEqual([marathon.other, marathon.url]);
  });

  it('take the login to another address only where the settings name it', async () => {
    marathon.gate.door = { token: 's3cret' };
    expect((await watchByEvents({ url: marathon.other, leaders: [marathon.url], ...token })).result.outcome).toBe(
      'succeeded',
    );
    expect(marathon.listeners).toEqual([
      { url: marathon.other, authorization: 'token=s3cret' },
      { url: marathon.url, authorization: 'token=s3cret' },
    ]);
  });

  it('are left where the login may not go; polling finds the end, and that is said once', async () => {
    marathon.gate.door = { token: 's3cret' };
    const site = siteOf(marathon, webApp(first), first, { url: marathon.other, ...token });
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(marathon.listeners).toEqual([{ url: marathon.other, authorization: 'token=s3cret' }]);
    expect(site.said).toEqual([expect.stringMatching(/^info Marathon's leader is at another address/)]);
  });

  it('that are dropped are connected to again', async () => {
    const dropping = setInterval(() => marathon.dropEvents(), 100);
    try {
      marathon.cluster.behaviours.set(first, { startsAfter: 20_000 });
      expect((await watchByEvents({})).result.outcome).toBe('succeeded');
    } finally {
      clearInterval(dropping);
    }
    expect(marathon.listeners.length).toBeGreaterThan(1);
  });

  it('in the wrong order, late or never, change no outcome', async () => {
    marathon.holdEvents = true;
    const site = siteOf(marathon, webApp(first), first);
    const applied = await site.apply();
    const watching = site.watch(applied);
    marathon.flushEvents();
    expect((await watching).outcome).toBe('succeeded');
  });

  it('that say success are not believed: the tasks are looked at', async () => {
    marathon.cluster.behaviours.set(first, { startsAfter: 1e9 });
    const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 20 });
    const applied = await site.apply();
    marathon.onCall = () => marathon.cluster.accept([], false);
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.stuck');
  });
});

describe('an event stream', () => {
  const parse = async (...chunks: string[]): Promise<string[]> => {
    const seen: string[] = [];
    await parseServerEvents(new Blob(chunks).stream(), (data) => seen.push(data));
    return seen;
  };
  /** Each byte a chunk of its own. */
  const byByte = async (text: string): Promise<string[]> => {
    const seen: string[] = [];
    const bytes = new TextEncoder().encode(text);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    await parseServerEvents(stream, (data) => seen.push(data));
    return seen;
  };
  const text = 'event: a\r\ndata: {"ü":1}\r\n\r\n: comment\n\ndata:two\ndata: lines\n\nid: 7\n\ndata: unfinished';

  it('is read by its lines, however it was cut', async () => {
    expect(await parse(text)).toEqual(['{"ü":1}', 'two\nlines']);
    expect(await byByte(text)).toEqual(['{"ü":1}', 'two\nlines']);
  });

  it('without an end is given up', async () => {
    await expect(parse(`data: ${'x'.repeat(5 * 1024 * 1024)}`)).rejects.toThrow('an event without end');
  });
});
