import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';

/** The stand-in keeps to Marathon's published contract: what is tried against it stands on this. No part of the client is used here. */
let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

async function call(method: string, path: string, body?: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await fetch(marathon.url + path, {
    method,
    redirect: 'manual',
    ...(body !== undefined && { body: text }),
  });
  const answer = await reply.text();
  const json: unknown = answer.startsWith('{') || answer.startsWith('[') ? JSON.parse(answer) : answer;
  return { status: reply.status, body: json, headers: reply.headers };
}
const app = { id: '/a', cmd: 'sleep 100', instances: 1 };
const put = (body: unknown, query = 'partialUpdate=false') => call('PUT', `/v2/apps/a?${query}`, body);

describe('the stand-in for Marathon', () => {
  it('answers 400 with a text, and 422 with a list of paths', async () => {
    expect(await put('{"id":')).toMatchObject({
      status: 400,
      body: { message: 'Invalid JSON', details: expect.any(String) },
    });
    expect(await put({ ...app, cpus: 'many' })).toMatchObject({
      status: 422,
      body: { message: 'Invalid JSON', details: [{ path: '/cpus', errors: [expect.any(String)] }] },
    });
    expect(await put({ ...app, upgradeStrategy: { minimumHealthCapacity: 2 } })).toMatchObject({
      status: 422,
      body: { message: 'Object is not valid', details: [{ path: '/upgradeStrategy/minimumHealthCapacity' }] },
    });
  });

  const broken: [string, object][] = [
    ['a key that there is not', { instance: 1 }],
    ['what is only read', { tasksRunning: 1 }],
    ['a version in a whole definition', { version: '2026-01-01T00:00:00.000Z' }],
    ['ports and portDefinitions', { ports: [0], portDefinitions: [] }],
    ['uris and fetch', { uris: [], fetch: [] }],
    [
      'both portMappings',
      {
        networks: [{ mode: 'container/bridge' }],
        container: { docker: { image: 'a', portMappings: [] }, portMappings: [] },
      },
    ],
    [
      'networks and the old network',
      { networks: [{ mode: 'host' }], container: { docker: { image: 'a', network: 'HOST' } } },
    ],
    [
      'port mappings in host networking',
      { container: { docker: { image: 'a' }, portMappings: [{ containerPort: 80 }] } },
    ],
    ['a number in the environment', { env: { PORT: 80 } }],
    ['an unknown protocol', { healthChecks: [{ protocol: 'GRPC' }] }],
    ['two readiness checks', { readinessChecks: [{}, {}] }],
    ['a readiness check slower than its interval', { readinessChecks: [{ intervalSeconds: 5, timeoutSeconds: 5 }] }],
    ['nothing to run', { cmd: null }],
    ['a container network without a name', { networks: [{ mode: 'container' }] }],
  ];
  for (const [what, more] of broken) {
    it(`refuses ${what}`, async () => {
      expect((await put({ ...app, ...more })).status).toBe(422);
    });
  }

  it('takes secrets in the environment, and the old forms alone', async () => {
    expect((await put({ ...app, env: { A: { secret: 'a' } }, secrets: { a: { source: '/a' } } })).status).toBe(201);
    expect(
      (
        await put(
          {
            ...app,
            uris: ['x'],
            container: { docker: { image: 'a', network: 'BRIDGE', portMappings: [{ containerPort: 80 }] } },
          },
          'partialUpdate=false&force=true',
        )
      ).status,
    ).toBe(200);
  });

  it('keeps by default what a PUT leaves out, and takes a version for "go back to it"', async () => {
    await put({ ...app, env: { A: '1' } });
    marathon.cluster.advance(5000);
    const { version } = marathon.cluster.workloads.get('/a') ?? { version: '' };
    await put({ instances: 2 }, '');
    marathon.cluster.advance(5000);
    expect(marathon.cluster.workloads.get('/a')?.definition).toMatchObject({ env: { A: '1' }, instances: 2 });
    await put({ version }, '');
    expect(marathon.cluster.workloads.get('/a')?.definition).toMatchObject({ instances: 1 });
  });

  it('locks an app with the deployments in its answer; what is there already is told without any', async () => {
    const first = await put(app);
    expect(first).toMatchObject({
      status: 201,
      body: { version: expect.any(String), deploymentId: expect.any(String) },
    });
    expect(first.headers.get('marathon-deployment-id')).toBe((first.body as { deploymentId: string }).deploymentId);
    expect(await put({ ...app, mem: 1 })).toMatchObject({
      status: 409,
      body: { deployments: [{ id: (first.body as { deploymentId: string }).deploymentId }] },
    });
    const exists = await call('POST', '/v2/apps', app);
    expect([exists.status, Object.keys(exists.body as object)]).toEqual([409, ['message']]);
  });

  it('lists a deployment late, later still under force, and forgets it however it ended', async () => {
    const list = async () => ((await call('GET', '/v2/deployments')).body as { id: string }[]).map(({ id }) => id);
    const { deploymentId } = (await put(app)).body as { deploymentId: string };
    expect(await list()).toEqual([]);
    marathon.cluster.advance(100);
    expect(await list()).toEqual([deploymentId]);
    const forced = (await put({ ...app, mem: 1 }, 'partialUpdate=false&force=true')).body as { deploymentId: string };
    expect(await list()).toEqual([]);
    marathon.cluster.advance(1000);
    expect(await list()).toEqual([forced.deploymentId]);
    marathon.cluster.advance(5000);
    expect(await list()).toEqual([]);
  });

  it('keeps the version where nothing changes, and answers with a new one', async () => {
    const first = (await put(app)).body as { version: string };
    marathon.cluster.advance(5000);
    const again = (await put(app)).body as { version: string };
    expect(again.version > first.version).toBe(true);
    expect(marathon.cluster.workloads.get('/a')?.version).toBe(first.version);
  });

  it('reverts by a new deployment, and just stops with force', async () => {
    await put(app);
    marathon.cluster.advance(5000);
    const { deploymentId } = (await put({ ...app, mem: 1 })).body as { deploymentId: string };
    const reverted = await call('DELETE', `/v2/deployments/${deploymentId}`);
    expect([reverted.status, (reverted.body as { deploymentId: string }).deploymentId === deploymentId]).toEqual([
      200,
      false,
    ]);
    expect(marathon.cluster.workloads.get('/a')?.definition.mem).toBe(128);
    expect((await call('DELETE', `/v2/deployments/${deploymentId}`)).status).toBe(404);
    marathon.cluster.advance(5000);
    const next = (await put({ ...app, mem: 2 })).body as { deploymentId: string };
    expect(await call('DELETE', `/v2/deployments/${next.deploymentId}?force=true`)).toMatchObject({
      status: 202,
      body: '',
    });
    expect(marathon.cluster.workloads.get('/a')?.definition.mem).toBe(2);
  });

  it('sends listeners of a node that does not lead on to the one that does, and proxies all else', async () => {
    marathon.elect(0, 0);
    const events = await fetch(`${marathon.url}/v2/events`, { redirect: 'manual' });
    expect([events.status, events.headers.get('location')]).toEqual([302, `${marathon.other}/v2/events`]);
    expect((await fetch(`${marathon.other}/v2/events`)).status).toBe(405);
    expect((await call('GET', '/v2/leader')).body).toEqual({ leader: new URL(marathon.other).host });
  });

  it('plans a group without changing it', async () => {
    const plan = await call('PUT', '/v2/groups/g?dryRun=true', { id: '/g', apps: [{ id: 'a', cmd: 'x' }] });
    expect(plan).toMatchObject({
      status: 200,
      body: {
        steps: [
          {
            actions: [
              { action: 'StartApplication', app: '/g/a' },
              { action: 'ScaleApplication', app: '/g/a' },
            ],
          },
        ],
      },
    });
    expect(marathon.cluster.workloads.size).toBe(0);
  });
});
