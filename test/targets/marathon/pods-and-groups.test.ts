import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { failureOf, first, second, siteOf, webApp } from '../../support/marathon-site.js';

let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

const resources = { cpus: 0.1, mem: 32 };
function pod(image: string, more: Readonly<Record<string, unknown>> = {}): string {
  const web = { name: 'web', resources, image: { kind: 'DOCKER', id: image }, ...more };
  const side = { name: 'side', resources, image: { kind: 'DOCKER', id: 'side:1' } };
  return JSON.stringify({ id: '/shop/pod', containers: [web, side], scaling: { kind: 'fixed', instances: 2 } });
}
const onPod = (text: string, image: string, more: Parameters<typeof siteOf>[3] = {}) =>
  siteOf(marathon, text, image, { service: '/shop/pod#web', ...more });
const check = {
  healthCheck: { http: { endpoint: 'http', path: '/health' } },
  endpoints: [{ name: 'http', containerPort: 80 }],
};

describe('rolling a pod out on a Marathon stand-in', () => {
  it('creates it by a POST, and updates it by a PUT', async () => {
    expect(await onPod(pod(first), first).rollOut()).toEqual({
      outcome: 'succeeded',
      evidence: '2/2 tasks running for 3 s',
    });
    const site = onPod(pod(second), second);
    const applied = await site.apply();
    expect([applied.change, applied.reference.deployment]).toEqual(['updated', expect.any(String)]);
    expect((await site.watch(applied)).outcome).toBe('succeeded');
    expect((await onPod(pod(second), second).rollOut()).outcome).toBe('nothing-to-do');
    expect(marathon.puts.map(({ path }) => path)).toEqual(['/v2/pods', '/v2/pods/shop/pod', '/v2/pods/shop/pod']);
  });

  it('waits for the checks of its containers', async () => {
    marathon.cluster.behaviours.set(`${first} side:1`, { health: 'dead' });
    const failure = await failureOf(onPod(pod(first, check), first, { timeoutSeconds: 10 }).rollOut());
    expect([failure.code, failure.message.includes('0/2 tasks running and healthy')]).toEqual(['deploy.stuck', true]);
  });

  it('reports instances that keep ending', async () => {
    marathon.cluster.behaviours.set(`${first} side:1`, { exits: { after: 100, message: 'web exited with 1' } });
    const failure = await failureOf(onPod(pod(first), first, { timeoutSeconds: 600 }).rollOut());
    expect(failure.message).toMatch(
      /^The rollout of '\/shop\/pod' failed: its tasks ended \d+ times: web exited with 1$/,
    );
  });

  it('explains from the queue why nothing starts', async () => {
    marathon.cluster.agents = [{ host: 'small', cpus: 0.1, mem: 1024 }];
    const failure = await failureOf(onPod(pod(first), first, { timeoutSeconds: 10 }).rollOut());
    expect(failure.message).toMatch(/its queue says: InsufficientCpus: \d+ of \d+ offers declined$/);
  });

  it('finds it after a lost answer, and makes no second deployment', async () => {
    marathon.arm(/^POST/, 'cut-after');
    expect((await onPod(pod(first), first).rollOut()).outcome).toBe('succeeded');
    marathon.arm(/^PUT/, 'cut-after');
    expect((await onPod(pod(second), second).rollOut()).outcome).toBe('succeeded');
    expect(marathon.cluster.workloads.get('/shop/pod')?.versions.size).toBe(2);
  });

  it('is put back as it was', async () => {
    await onPod(pod(first), first).rollOut();
    marathon.cluster.behaviours.set(`${second} side:1`, { startsAfter: 1e9 });
    const site = onPod(pod(second), second, { timeoutSeconds: 10 });
    const applied = await site.apply();
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.stuck');
    expect((await site.undo(applied)).outcome).toBe('succeeded');
    const { orchestrator, job, context } = site;
    expect(await orchestrator.observe?.(job.plan, job.template, context)).toEqual({
      images: [first, 'side:1'],
      running: 2,
      wanted: 2,
      state: 'steady',
    });
    expect(await orchestrator.preview?.(job, context)).toMatchObject({ change: 'update', by: 'server' });
  });

  it('is refused by the schema with the path of what is wrong', async () => {
    const text = pod(first).replaceAll('"mem":32', '"mem":-1');
    const failure = await failureOf(onPod(text, first).apply());
    expect([failure.code, failure.message.includes('/containers/0/resources/mem')]).toEqual(['deploy.refused', true]);
  });
});

describe('rolling a whole group out on a Marathon stand-in', () => {
  const group = (image: string, db = 'db:1'): string =>
    JSON.stringify({
      id: '/shop',
      apps: [
        { ...JSON.parse(webApp(image)), id: 'web', dependencies: ['/shop/db'] },
        { ...JSON.parse(webApp(db)), id: 'db' },
      ],
    });
  const onGroup = (text: string, image: string, more: Parameters<typeof siteOf>[3] = {}) =>
    siteOf(marathon, text, image, { options: { group: 'true' }, ...more });

  it('creates it, changes one app of it, and does nothing the third time', async () => {
    expect((await onGroup(group(first), first).rollOut()).evidence).toBe(
      '2/2 tasks running; 2/2 tasks running for 3 s',
    );
    const db = marathon.cluster.workloads.get('/shop/db')?.version;
    const site = onGroup(group(second), second);
    expect(await site.orchestrator.preview?.(site.job, site.context)).toMatchObject({
      change: 'update',
      by: 'server',
      lines: expect.arrayContaining(['RestartApplication  /shop/web']),
    });
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect((await onGroup(group(second), second).rollOut()).outcome).toBe('nothing-to-do');
    expect(marathon.cluster.workloads.get('/shop/db')?.version).toBe(db);
  });

  it('fails where another app of it fails', async () => {
    marathon.cluster.behaviours.set('db:2', { exits: { after: 100, message: 'no disk' } });
    const failure = await failureOf(onGroup(group(first, 'db:2'), first, { timeoutSeconds: 60 }).rollOut());
    expect([failure.code, failure.message.includes('no disk')]).toEqual(['deploy.stuck', true]);
  });

  it('is put back as it was', async () => {
    await onGroup(group(first), first).rollOut();
    marathon.cluster.behaviours.set(second, { startsAfter: 1e9 });
    const site = onGroup(group(second), second, { timeoutSeconds: 10 });
    const applied = await site.apply();
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.stuck');
    expect((await site.undo(applied)).outcome).toBe('succeeded');
    expect(marathon.cluster.workloads.get('/shop/web')?.definition).toMatchObject({
      container: { docker: { image: first } },
    });
  });

  it('needs a template that is one', () => {
    const { orchestrator, job } = onGroup(webApp(first), first);
    expect(() => orchestrator.check(job.plan, job.template)).toThrow('the template is no group with an id');
  });
});
