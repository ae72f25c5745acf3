import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MarathonStandIn, startMarathonStandIn } from '../../support/marathon/server.js';
import { failureOf, first, httpCheck, second, settle, siteOf, webApp } from '../../support/marathon-site.js';

let marathon: MarathonStandIn;
beforeEach(async () => {
  marathon = await startMarathonStandIn();
});
afterEach(() => marathon.close());

const imagesOfTasks = (id: string) => {
  const workload = marathon.cluster.workloads.get(id);
  return workload?.tasks.map((task) => task.version >= workload.lastConfigChangeAt);
};
const definitionOf = (id: string) => marathon.cluster.workloads.get(id)?.definition;

describe('rolling an app out on a Marathon stand-in', () => {
  it('creates the app with its whole definition, and leaves out what Marathon adds when it is read', async () => {
    const text = webApp(first, { ...httpCheck, version: '2020-01-01T00:00:00.000Z', tasksRunning: 2, env: { A: '1' } });
    const site = siteOf(marathon, text, first);
    const applied = await site.apply();
    expect(applied).toEqual({
      change: 'created',
      reference: { version: marathon.cluster.workloads.get('/shop/web')?.version, deployment: expect.any(String) },
    });
    expect(await site.watch(applied)).toEqual({
      outcome: 'succeeded',
      evidence: '2/2 tasks running and healthy for 3 s',
    });
    expect(marathon.puts).toEqual([
      {
        path: '/v2/apps/shop/web?partialUpdate=false',
        body: { ...JSON.parse(webApp(first, { ...httpCheck, env: { A: '1' } })) },
      },
    ]);
  });

  it('removes what the template no longer has, and waits for the tasks of the version before to go', async () => {
    await siteOf(marathon, webApp(first, { env: { OLD: '1' } }), first).rollOut();
    expect((await siteOf(marathon, webApp(second), second).rollOut()).evidence).toBe('2/2 tasks running for 3 s');
    expect([definitionOf('/shop/web')?.env, imagesOfTasks('/shop/web')]).toEqual([{}, [true, true]]);
  });

  it('rolls out as its app what stands in a group of the template', async () => {
    const group = JSON.stringify({
      id: 'shop',
      groups: [{ id: 'front', apps: [{ ...JSON.parse(webApp(first)), id: 'web' }] }],
    });
    const site = siteOf(marathon, group, first, { service: '/shop/front/web' });
    expect((await site.rollOut()).outcome).toBe('succeeded');
    expect(marathon.puts.map(({ path }) => path)).toEqual(['/v2/apps/shop/front/web?partialUpdate=false']);
  });

  it('judges tasks after a change of instances by the last change that replaced any', async () => {
    await siteOf(marathon, webApp(first), first).rollOut();
    const scaled = siteOf(marathon, webApp(first, { instances: 3 }), first);
    expect(await scaled.rollOut()).toEqual({ outcome: 'succeeded', evidence: '3/3 tasks running for 3 s' });
  });

  it('takes a deployment over that a killed run of ours began, and knows what was there before', async () => {
    await siteOf(marathon, webApp(first), first).rollOut();
    marathon.cluster.behaviours.set(second, { startsAfter: 5000 });
    const killed = await siteOf(marathon, webApp(second), second).apply();
    marathon.cluster.advance(1000);
    const again = siteOf(marathon, webApp(second), second);
    const applied = await again.apply();
    expect([applied.change, applied.reference]).toEqual(['updated', killed.reference]);
    expect((applied.before as { container: unknown }).container).toEqual({ type: 'DOCKER', docker: { image: first } });
    expect((await again.watch(applied)).outcome).toBe('succeeded');
    expect(marathon.cluster.workloads.get('/shop/web')?.versions.size).toBe(2);
  });

  const odd = [
    ['a page in HTML', { status: 200, body: '<html>Log in</html>' }],
    ['another JSON', { status: 200, body: { app: [1] } }],
    ['half of an answer', 'half'],
    ['an answer without end', 'endless'],
  ] as const;
  for (const [what, fault] of odd) {
    it(`says that something else answers, or nobody, where it gets ${what}`, async () => {
      marathon.arm(/./, fault, 1000);
      const failure = await failureOf(siteOf(marathon, webApp(first), first).apply());
      expect(failure.code).toBe('deploy.orchestrator');
      expect(failure.remedy).toContain("'url'");
    });

    it(`does not know how a rollout ended, where it gets ${what} from then on`, async () => {
      const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 8 });
      const applied = await site.apply();
      marathon.arm(/./, fault, 1000);
      expect((await failureOf(site.watch(applied))).code).toBe('deploy.unknown');
    });
  }

  it('reports a Marathon that does not answer', async () => {
    await marathon.close();
    const failure = await failureOf(siteOf(marathon, webApp(first), first).rollOut());
    expect([failure.code, failure.message.includes('ECONNREFUSED')]).toEqual(['deploy.orchestrator', true]);
  });

  it('ends when it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    marathon.cluster.behaviours.set(first, { startsAfter: 1e12 });
    const site = siteOf(marathon, webApp(first), first, { timeoutSeconds: 1e9, signal: controller.signal });
    const rollout = site.rollOut();
    while (marathon.puts.length < 1) await setImmediate();
    controller.abort(reason);
    await expect(rollout).rejects.toBe(reason);
  });

  it('needs an address', () => {
    const { orchestrator, job } = siteOf(marathon, webApp(first), first);
    expect(() => orchestrator.check({ ...job.plan, options: {} }, job.template)).toThrow("needs Marathon's address");
    expect(() => orchestrator.check({ ...job.plan, options: { url: 'ftp://x' } }, job.template)).toThrow(
      'is not an http',
    );
  });
});

describe('undoing on a Marathon stand-in', () => {
  it('puts the definition of before back as a new version, past the deployment that is undone, and waits for it', async () => {
    await siteOf(marathon, webApp(first, { ...httpCheck, env: { A: '1' } }), first).rollOut();
    const was = definitionOf('/shop/web');
    marathon.cluster.behaviours.set(second, { health: 'dead' });
    const site = siteOf(marathon, webApp(second, httpCheck), second, { timeoutSeconds: 10 });
    const applied = await site.apply();
    expect((await failureOf(site.watch(applied))).code).toBe('deploy.stuck');
    expect(await site.undo(applied)).toEqual({
      outcome: 'succeeded',
      evidence: '2/2 tasks running and healthy for 3 s',
    });
    expect(definitionOf('/shop/web')).toEqual(was);
    expect(site.said).toEqual([
      `info deploy /shop/web: putting back ${first}`,
      `warn deploy /shop/web: locked by deployment ${applied.reference.deployment}, which is forced away`,
    ]);
    expect(marathon.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    expect((await site.undo(applied)).outcome).toBe('nothing-to-do');
  });

  it('does not touch what somebody else has deployed since', async () => {
    await siteOf(marathon, webApp(first), first).rollOut();
    const site = siteOf(marathon, webApp(second), second);
    const applied = await site.apply();
    settle(marathon);
    await siteOf(marathon, webApp('other:9'), 'other:9').rollOut();
    const failure = await failureOf(site.undo(applied));
    expect([failure.code, marathon.puts.length]).toEqual(['deploy.superseded', 3]);
  });

  it('waits for the lock of somebody else', async () => {
    await siteOf(marathon, webApp(first), first).rollOut();
    const site = siteOf(marathon, webApp(second), second, { timeoutSeconds: 5 });
    const applied = await site.apply();
    settle(marathon);
    marathon.arm(/^PUT/, { status: 409, body: { message: 'App is locked', deployments: [{ id: 'theirs' }] } }, 1000);
    const failure = await failureOf(site.undo(applied));
    expect([failure.code, failure.candidates]).toEqual(['deploy.refused', ['theirs']]);
    expect(marathon.calls.some((call) => call.includes('force=true'))).toBe(false);
  });

  it('of what was not there before is refused, and removes nothing', async () => {
    const site = siteOf(marathon, webApp(first), first);
    const applied = await site.apply();
    const failure = await failureOf(site.undo(applied));
    expect([failure.code, failure.message]).toEqual([
      'deploy.refused',
      "'/shop/web' was not there before this rollout: there is nothing to go back to",
    ]);
    expect(definitionOf('/shop/web')).toBeDefined();
  });
});

describe('looking at a Marathon stand-in', () => {
  it('previews a service in a group by the steps that Marathon itself plans, without the values of variables', async () => {
    const env = { LOG: 'info', DB_PASSWORD: 'old', OLD: '1' };
    marathon.cluster.accept(
      [{ kind: 'app', id: '/shop/db', definition: JSON.parse(webApp('db:1', { id: '/shop/db' })) }],
      false,
    );
    settle(marathon);
    const preview = (text: string, image: string) => {
      const { orchestrator, job, context } = siteOf(marathon, text, image);
      return orchestrator.preview?.(job, context);
    };
    expect(await preview(webApp(first, { env }), first)).toEqual({
      change: 'create',
      by: 'server',
      lines: ['StartApplication  /shop/web', 'ScaleApplication  /shop/web'],
    });
    await siteOf(marathon, webApp(first, { env }), first).rollOut();
    expect(await preview(webApp(first, { env }), first)).toEqual({ change: 'none', by: 'server', lines: [] });
    const next = webApp(second, { env: { LOG: 'debug', DB_PASSWORD: 'new' } });
    const puts = marathon.cluster.workloads.get('/shop/web')?.versions.size;
    expect(await preview(next, second)).toEqual({
      change: 'update',
      by: 'server',
      lines: [
        `container.docker.image  ${first} → ${second}`,
        'env.LOG  changed',
        'env.DB_PASSWORD  changed',
        'env.OLD  removed',
        'RestartApplication  /shop/web',
      ],
    });
    expect(marathon.cluster.workloads.get('/shop/web')?.versions.size).toBe(puts);
  });

  it('compares a service at the root itself', async () => {
    const text = webApp(first, { id: '/web' });
    const { orchestrator, job, context } = siteOf(marathon, text, first, { service: '/web' });
    expect(await orchestrator.preview?.(job, context)).toEqual({ change: 'create', by: 'compared', lines: [] });
  });

  it('observes what runs, also while it is replaced and when it is not there', async () => {
    const site = siteOf(marathon, webApp(second), second, { timeoutSeconds: 5 });
    const observe = () => site.orchestrator.observe?.(site.job.plan, site.job.template, site.context);
    expect(await observe()).toBeUndefined();
    await siteOf(marathon, webApp(first), first).rollOut();
    expect(await observe()).toEqual({ images: [first], running: 2, wanted: 2, state: 'steady' });
    marathon.cluster.behaviours.set(second, { startsAfter: 1e9 });
    await site.apply();
    marathon.cluster.advance(2000);
    expect(await observe()).toEqual({ images: [second, first], running: 2, wanted: 2, state: 'updating' });
  });
});
