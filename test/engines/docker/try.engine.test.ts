import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TryPlan } from '../../../src/core/plan.js';
import { builderImage, createScratch, recordingContext, type Scratch } from './fixture.js';
import { docker, leftovers } from './observe.js';

let scratch: Scratch;
const image = 'slipway-engine-test/try:1';

beforeAll(async () => {
  scratch = await createScratch();
  const server = [
    'const [path, status, after] = [process.env.ANSWERS, Number(process.env.STATUS ?? 200), Number(process.env.AFTER ?? 0)];',
    'console.log("starting"); console.error("on stderr");',
    'if (process.env.EXIT) process.exit(Number(process.env.EXIT));',
    'setTimeout(() => require("http").createServer((q, s) => { s.statusCode = q.url === path ? status : 404; s.end(); }).listen(8080, process.env.HOST), after);',
  ].join('\n');
  const dockerfile = `FROM ${builderImage}\nRUN echo '${Buffer.from(server).toString('base64')}' | base64 -d > /s.js\nENTRYPOINT ["node", "/s.js"]\n`;
  execFileSync('docker', ['build', '-q', '-t', image, '-'], { input: dockerfile, stdio: ['pipe', 'ignore', 'ignore'] });
});
afterAll(async () => {
  docker('rmi', '-f', image);
  await scratch.clean();
});

function attempt(env: Record<string, string>, plan: Partial<TryPlan> = {}, probeWith = builderImage) {
  const full: TryPlan = { probe: { port: 8080, path: '/health' }, timeoutSeconds: 20, env, ...plan };
  return scratch.engine().tryImage(image, full, probeWith, recordingContext().context);
}

test.each([builderImage, 'golang:1.26'])(
  'a server that answers after a while is well, asked from %s',
  async (probeWith) => {
    const result = await attempt({ ANSWERS: '/health', AFTER: '1000' }, {}, probeWith);
    expect(result.answer).toBe('HTTP/1.1 200 OK');
    expect(result.milliseconds).toBeGreaterThan(1000);
    expect(await leftovers(scratch)).toEqual([]);
  },
);

test('a redirect is an answer too, and without a path an accepted connection is', async () => {
  expect((await attempt({ ANSWERS: '/health', STATUS: '302' })).answer).toBe('HTTP/1.1 302 Found');
  expect((await attempt({ STATUS: '500' }, { probe: { port: 8080 } })).answer).toBe('TCP connection on port 8080');
});

test('a server that answers with an error until time is up is not well', async () => {
  await expect(attempt({ ANSWERS: '/health', STATUS: '503' }, { timeoutSeconds: 3 })).rejects.toMatchObject({
    code: 'build.unhealthy',
    message:
      'The image did not answer to GET /health on port 8080 within 3 s (last answer: HTTP/1.1 503 Service Unavailable)',
    lastLines: expect.arrayContaining(['starting', 'on stderr']),
  });
  expect(await leftovers(scratch)).toEqual([]);
});

test('a server that ends is not waited for', async () => {
  const started = Date.now();
  await expect(attempt({ EXIT: '3' })).rejects.toMatchObject({
    code: 'build.unhealthy',
    message: 'The image ended with exit code 3 before it answered to GET /health on port 8080',
    lastLines: expect.arrayContaining(['starting', 'on stderr']),
  });
  expect(Date.now() - started).toBeLessThan(10_000);
});

test.each([builderImage, 'golang:1.26'])(
  'a server that listens on the loopback only is not well, and is told apart soon, asked from %s',
  async (probeWith) => {
    const started = Date.now();
    await expect(
      attempt({ ANSWERS: '/health', HOST: '127.0.0.1' }, { timeoutSeconds: 60 }, probeWith),
    ).rejects.toMatchObject({
      code: 'build.unhealthy',
      message:
        'The image answers to GET /health on port 8080 inside its container only: the program listens on 127.0.0.1',
      remedy: expect.stringContaining('0.0.0.0'),
    });
    await expect(attempt({ HOST: '127.0.0.1' }, { probe: { port: 8080 } }, probeWith)).rejects.toMatchObject({
      message: 'The image answers on port 8080 inside its container only: the program listens on 127.0.0.1',
    });
    expect(Date.now() - started).toBeLessThan(40_000);
    expect(await leftovers(scratch)).toEqual([]);
  },
);

describe('without a known port', () => {
  const plan: TryPlan = { timeoutSeconds: 20, env: {} };

  function run(env: Record<string, string>) {
    const recorded = recordingContext();
    const trying = scratch.engine().tryImage(image, { ...plan, env }, builderImage, recorded.context);
    return { trying, said: recorded.said };
  }

  test('an image that goes on is well', async () => {
    const { trying, said } = run({});
    expect((await trying).answer).toBe('still running');
    expect(said).toEqual([]);
  });

  test('one that ends with an error is not', async () => {
    await expect(run({ EXIT: '3' }).trying).rejects.toMatchObject({
      code: 'build.unhealthy',
      message: 'The image ended with exit code 3 after its start',
      lastLines: expect.arrayContaining(['starting', 'on stderr']),
    });
    expect(await leftovers(scratch)).toEqual([]);
  });

  test('one that ends well may be a job, and is warned of', async () => {
    const { trying, said } = run({ EXIT: '0' });
    expect((await trying).answer).toBe('ended with exit code 0');
    expect(said).toEqual([
      'The image ended at once with exit code 0. That is right for a job; a service would go on: see its arguments.',
    ]);
  });
});

test('a hostile path is never run by a shell', async () => {
  const path = '/$(touch /tmp/pwned)`id`\'"; exit 0; #';
  await expect(
    attempt({ ANSWERS: '/health' }, { probe: { port: 8080, path }, timeoutSeconds: 2 }),
  ).rejects.toMatchObject({
    code: 'build.unhealthy',
  });
});

test('an interrupt ends a try and leaves nothing', async () => {
  const interrupt = new AbortController();
  const { context } = recordingContext(interrupt.signal);
  const plan: TryPlan = { probe: { port: 8080, path: '/never' }, timeoutSeconds: 60, env: {} };
  const trying = scratch.engine().tryImage(image, plan, builderImage, context);
  setTimeout(() => interrupt.abort(new Error('interrupted')), 1500);
  await expect(trying).rejects.toThrow('interrupted');
  expect(await leftovers(scratch)).toEqual([]);
});
