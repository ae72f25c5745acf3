import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { startLoad, startSlowRequests } from '../../support/load.js';
import { applyAndWatch } from '../../support/roll-out.js';

const context = { progress: silentProgress, signal: new AbortController().signal };

describe.each(haproxyPrograms())('containers behind HAProxy $version', ({ program, slots }) => {
  let host: HaproxyHost;
  const built = openServerImages();
  let images: readonly string[] = [];

  beforeAll(async () => {
    host = await openHaproxyHost('load', { program, slots: slots ? 3 : 0 });
    images = [await built.image('one'), await built.image('two')];
  });
  afterAll(async () => {
    await host.remove();
    await built.remove();
  });

  it('are replaced 20 times under load without one failed request, and a reload then begins with what runs', {
    timeout: 600_000,
  }, async () => {
    const orchestrator = createHaproxyOrchestrator({ docker: host.docker });
    const jobs: readonly RolloutJob[] = images.map((image) => haproxyJob(host, image, '    instances: 2\n'));
    const rollOut = async (round: number) => {
      const job = jobs[round % 2] as RolloutJob;
      return (await applyAndWatch(orchestrator, job, context)).outcome;
    };
    await rollOut(0);
    const load = startLoad(host.url, 48);
    const slow = startSlowRequests(`${host.url}/slow`, 4);
    const outcomes: string[] = [];
    for (let round = 1; round <= 10; round += 1) outcomes.push(await rollOut(round));
    const [made, slowly] = [await load.stop(), await slow.stop()];

    expect(outcomes).toEqual(Array.from({ length: 10 }, () => 'succeeded'));
    expect({ wrk: made.failed, slow: slowly.failed }).toEqual({ wrk: 0, slow: [] });
    expect(made.perSecond).toBeGreaterThanOrEqual(500);
    expect(slowly.requests).toBeGreaterThan(40);
    expect(await host.errors()).toEqual({ econ: 0, eresp: 0, hrsp_4xx: 0, hrsp_5xx: 0 });
    console.log(
      `HAProxy ${program}: ${made.requests} requests, ${made.perSecond}/s, ${slowly.requests} slow ones, none failed`,
    );

    const running = await readyServers(host);
    await host.reload();
    expect([running.length, await readyServers(host)]).toEqual([2, running]);
    expect(await (await fetch(host.url)).text()).toBe('one');
  });
});
