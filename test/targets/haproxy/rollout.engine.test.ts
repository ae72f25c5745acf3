import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { silentProgress } from '../../../src/core/progress.js';
import type { RolloutJob } from '../../../src/core/target.js';
import { createHaproxyOrchestrator } from '../../../src/targets/haproxy/rollout.js';
import {
  type HaproxyHost,
  haproxyJob,
  haproxyPrograms,
  openHaproxyHost,
  openServerImages,
  readyServers,
} from '../../support/haproxy-host.js';
import { applyAndWatch } from '../../support/roll-out.js';

const built = openServerImages();
afterAll(() => built.remove());

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw error;
}

/** What the tests ask and do, about one HAProxy. */
function openTestSite(host: HaproxyHost, one: string, two: string) {
  const orchestrator = createHaproxyOrchestrator({ docker: host.docker });
  /** The file's servers that a restart begins with. */
  const written = () =>
    [...host.config().matchAll(/^ +server (\S+) (\S+:\d+) check .*$/gm)]
      .filter(([line]) => !line.includes(' disabled'))
      .map(([, name, address]) => `${name} ${address}`)
      .sort();
  const context = { progress: silentProgress, signal: new AbortController().signal };
  return {
    host,
    context,
    one,
    two,
    orchestrator,
    written,
    rollOut: (image: string, more?: string, timeoutSeconds?: number) =>
      applyAndWatch(orchestrator, haproxyJob(host, image, more, timeoutSeconds), context),
    answer: async (path = '/') => (await fetch(`${host.url}${path}`)).text(),
    running: () => host.containers().filter((each) => each.running),
    expectAgreement: async (count: number) => {
      expect(await readyServers(host)).toHaveLength(count);
      expect(written()).toEqual(await readyServers(host));
    },
  };
}

type TestSite = ReturnType<typeof openTestSite>;

describe.each(haproxyPrograms())('a rollout behind HAProxy $version', ({ program, slots }) => {
  /** Runs a test with a HAProxy of its own, so that several can wait at the same time. */
  const withHost = (work: (site: TestSite) => Promise<void>) => async () => {
    const host = await openHaproxyHost('roll', { program, slots: slots ? 4 : 0 });
    const [one, two] = await Promise.all([built.image('one'), built.image('two')]);
    try {
      await work(openTestSite(host, one, two));
    } finally {
      await host.remove();
    }
  };

  it.concurrent(
    'begins with nothing, changes only the lines between its marks, and then has nothing to do',
    withHost(async ({ host, context, one, orchestrator, written, answer, expectAgreement }) => {
      const outside = (text: string) =>
        text.replace(/^ *# slipway:begin[\s\S]*# slipway:end.*\n/m, '').replace(/\n+/g, '\n');
      const before = outside(host.config());
      const job = haproxyJob(host, one);
      expect((await orchestrator.preview?.(job, context))?.lines).toEqual([`image  ${one}`, 'instances  0 → 1']);
      const applied = await orchestrator.apply(job, context);
      expect(applied).toMatchObject({ change: 'created', reference: { mode: slots ? 'slots' : 'dynamic' } });
      expect((await orchestrator.watch(job, applied, context)).outcome).toBe('succeeded');
      expect([await answer(), outside(host.config())]).toEqual(['one', before]);
      await expectAgreement(1);
      const [port] = /\d+$/.exec(written()[0] ?? '') ?? [];
      expect(JSON.parse(await answer('/env'))).toEqual({ ip: '127.0.0.1', port });

      const again = await orchestrator.apply(job, context);
      expect(again.change).toBe('unchanged');
      expect((await orchestrator.watch(job, again, context)).outcome).toBe('nothing-to-do');
      expect(await orchestrator.preview?.(job, context)).toEqual({ change: 'none', by: 'compared', lines: [] });
      expect(await orchestrator.observe?.(job.plan, job.template, context)).toEqual({
        images: [one],
        running: 1,
        wanted: 1,
        state: 'steady',
      });
    }),
  );

  it.concurrent(
    'keeps the old container, and goes back to it in seconds',
    withHost(async ({ host, context, one, two, orchestrator, rollOut, answer, running, expectAgreement }) => {
      await rollOut(one, '    instances: 2\n');
      const [first, ...rest] = host.containers().map((each) => each.name);
      const job = haproxyJob(host, two, '    instances: 2\n');
      const applied = await orchestrator.apply(job, context);
      await orchestrator.watch(job, applied, context);
      expect(await answer()).toBe('two');
      const begun = performance.now();
      expect((await orchestrator.undo?.(job, applied, context))?.outcome).toBe('succeeded');
      const seconds = (performance.now() - begun) / 1000;
      expect(running().map((each) => each.name)).toEqual([first, ...rest]);
      expect([await answer(), await answer(), seconds < 20]).toEqual(['one', 'one', true]);
      await expectAgreement(2);
      expect((await orchestrator.undo?.(job, applied, context))?.outcome).toBe('nothing-to-do');
    }),
  );

  it.concurrent(
    'removes a container that never answers, with its last words, and leaves the old one alone',
    withHost(async ({ host, one, rollOut, answer, running }) => {
      await rollOut(one);
      const before = [running(), host.config()];
      const broken = await built.image('broken', "console.error('no database'); process.exit(3);");
      const failure = await failureOf(rollOut(broken));
      expect(failure).toMatchObject({ code: 'deploy.rolled-back', lastLines: expect.arrayContaining(['no database']) });
      expect(failure.message).toContain(`1 of ${one} run as before`);
      expect([running(), host.config(), await answer()]).toEqual([...before, 'one']);
      expect(host.containers()).toHaveLength(1);
    }),
  );

  it.concurrent(
    'gives up on a container that answers with errors when the time is up',
    withHost(async ({ host, one, rollOut, answer }) => {
      await rollOut(one);
      const sick = await built.image('sick', "server.prependListener('request', (q, s) => { s.statusCode = 503; });");
      const failure = await failureOf(rollOut(sick, '', 8));
      expect([failure.code, failure.message]).toEqual([
        'deploy.rolled-back',
        expect.stringContaining('/health answers 503'),
      ]);
      expect([await answer(), host.containers().length]).toEqual(['one', 1]);
    }),
  );

  it.concurrent(
    'leaves nothing where the very first version does not come up',
    withHost(async ({ host, written, rollOut }) => {
      const broken = await built.image('silent', 'process.exit(3);');
      const failure = await failureOf(rollOut(broken));
      expect([failure.code, failure.message]).toEqual([
        'deploy.rolled-back',
        expect.stringContaining('nothing ran before, and nothing runs now'),
      ]);
      expect([host.containers(), await readyServers(host), written()]).toEqual([[], [], []]);
    }),
  );

  it.concurrent(
    'lets the old container take requests again where the new one dies while the old one drains',
    withHost(async ({ host, one, rollOut, answer, running, expectAgreement }) => {
      await rollOut(one);
      const old = running();
      const dying = await built.image(
        'dying',
        "server.on('request', (q) => { if (q.url === '/') setTimeout(() => process.exit(9), 300); });",
      );
      const slow = fetch(`${host.url}/slow`);
      let asking = true;
      const asks = (async () => {
        while (asking) {
          await fetch(host.url).catch(() => {});
          await new Promise((settle) => setTimeout(settle, 50));
        }
      })();
      const failure = await failureOf(rollOut(dying));
      asking = false;
      await asks;
      expect([failure.code, failure.message]).toEqual([
        'deploy.rolled-back',
        expect.stringMatching(/exit code(: |\b).*9|check of/),
      ]);
      expect([await (await slow).text(), await answer(), running()]).toEqual(['one', 'one', old]);
      await expectAgreement(1);
      expect(host.containers()).toHaveLength(1);
    }),
  );

  it.concurrent(
    'goes on when HAProxy is reloaded in the middle',
    withHost(async ({ host, one, two, rollOut, answer, expectAgreement }) => {
      await rollOut(one);
      const going = rollOut(two);
      await new Promise((settle) => setTimeout(settle, 400));
      await host.reload();
      await new Promise((settle) => setTimeout(settle, 700));
      await host.reload();
      expect((await going).outcome).toBe('succeeded');
      expect(await answer()).toBe('two');
      await expectAgreement(1);
    }),
  );

  it.concurrent(
    'has as many containers as are wanted, of one version',
    withHost(async ({ one, two, rollOut, running, expectAgreement }) => {
      await rollOut(one);
      await rollOut(two, '    instances: 3\n');
      await expectAgreement(3);
      expect(running().map((each) => each.image)).toEqual([two, two, two]);
      await rollOut(two);
      await expectAgreement(1);
      expect(running().map((each) => each.image)).toEqual([two]);
    }),
  );

  it.concurrent(
    'waits for another rollout of the service, and one version runs in the end',
    withHost(async ({ one, two, rollOut, running, expectAgreement }) => {
      await rollOut(one);
      const results = await Promise.allSettled([rollOut(two), rollOut(one, '    environment: { A: b }\n')]);
      const codes = results.map((each) => (each.status === 'fulfilled' ? 'fine' : each.reason.code));
      expect(['fine,fine', 'fine,deploy.superseded', 'deploy.superseded,fine']).toContain(codes.join());
      await expectAgreement(1);
      expect(running()).toHaveLength(1);
    }),
  );

  it.concurrent(
    'cleans up behind itself, and says so, when it is told to stop',
    withHost(async ({ host, context, one, orchestrator, rollOut, running }) => {
      await rollOut(one);
      const before = [running(), host.config()];
      const stop = new AbortController();
      const sick = await built.image('sick', "server.prependListener('request', (q, s) => { s.statusCode = 503; });");
      const going = applyAndWatch(orchestrator, haproxyJob(host, sick), { ...context, signal: stop.signal });
      setTimeout(() => stop.abort(new Failure('run.interrupted', { message: 'stopped' })), 1500);
      expect((await failureOf(going)).code).toBe('run.interrupted');
      expect([running(), host.config(), host.containers().length]).toEqual([...before, 1]);
    }),
  );

  it.concurrent(
    'refuses before anything is touched what HAProxy could not do',
    withHost(async ({ host, context, one, orchestrator }) => {
      const refused = async (job: RolloutJob) => {
        const { code, message } = await failureOf(orchestrator.apply(job, context));
        return [code, message];
      };
      const job = haproxyJob(host, one);
      const elsewhere = { ...job, template: `${job.template}    backend: nowhere\n` };
      expect(await refused(elsewhere)).toEqual(['deploy.refused', expect.stringContaining("no backend 'nowhere'")]);
      const lost = { ...job, template: job.template.replace('admin.sock', 'none.sock') };
      expect(await refused(lost)).toEqual(['deploy.orchestrator', expect.stringContaining('does not answer')]);
      const network = { ...job, template: `${job.template}    networks: [no-such-network]\n` };
      expect(await refused(network)).toEqual([
        'deploy.refused',
        expect.stringContaining("no network 'no-such-network'"),
      ]);
      if (slots) {
        const many = haproxyJob(host, one, '    instances: 4\n');
        const failure = await failureOf(orchestrator.apply(many, context));
        expect([failure.code, failure.message]).toEqual([
          'deploy.refused',
          expect.stringContaining('5 slots are needed'),
        ]);
        expect(failure.lastLines?.[1]).toMatch(/^ {4}server \S+ 127\.0\.0\.1:1 check .* disabled$/);
      } else {
        writeFileSync(join(host.directory, 'haproxy.cfg'), `${host.config()}\nnonsense\n`);
        expect(await refused(job)).toEqual(['deploy.refused', expect.stringContaining('would not start')]);
      }
      const missing = {
        ...job,
        template: job.template.replaceAll(one, `${one.slice(0, -3)}000`),
        image: `${one.slice(0, -3)}000`,
      };
      if (slots) expect(await refused(missing)).toEqual(['deploy.refused', expect.stringContaining('cannot pull')]);
      expect(host.containers()).toEqual([]);
    }),
  );
});
