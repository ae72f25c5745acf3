import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import { type KillLane, killAtEveryStep } from '../support/kill-at-every-step.js';
import { type MarathonStandIn, startMarathonStandIn } from '../support/marathon/server.js';
import { first, second, siteOf, webApp } from '../support/marathon-site.js';

/** `kill -9` at every effect of a rollout and of its undo, on a Marathon stand-in, each followed by the same command again. */
const workspace = makeWorkspace();
const program = join(workspace.path, 'deployer.mjs');
const standIns: MarathonStandIn[] = [];

beforeAll(async () => {
  await build({
    entryPoints: ['test/support/marathon-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    // Packages that are no modules ask for their parts by `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(async () => {
  await Promise.all(standIns.map((each) => each.close()));
  workspace.remove();
});

/** An app that runs `first`, on a stand-in of the lane's own; what is deployed is `second`. */
async function makeLane(name: string, command: 'apply' | 'undo') {
  const directory = join(workspace.path, name);
  const marathon = await startMarathonStandIn();
  standIns.push(marathon);
  const text = webApp(second, { env: { NEW: '1' } });
  const { job } = siteOf(marathon, text, second);
  const lane: KillLane = {
    command: [program, command, marathon.url, directory],
    async reset() {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      writeFileSync(join(directory, 'job.json'), JSON.stringify(job));
      marathon.cluster.workloads.clear();
      marathon.cluster.deployments.splice(0);
      marathon.cluster.behaviours.clear();
      await siteOf(marathon, webApp(first), first).rollOut();
      if (command === 'apply') return;
      // What is undone is still on its way: it holds the lock.
      marathon.cluster.behaviours.set(second, { startsAfter: 1e9 });
      writeFileSync(join(directory, 'applied.json'), JSON.stringify(await siteOf(marathon, text, second).apply()));
      marathon.cluster.advance(1000);
    },
    expectSame() {
      const app = marathon.cluster.workloads.get('/shop/web');
      const image = command === 'apply' ? second : first;
      expect({
        container: app?.definition.container,
        env: app?.definition.env,
        versions: app?.versions.size,
        tasks: app?.tasks.map(
          (task) => app !== undefined && marathon.cluster.isWell(app, task) && task.version >= app.lastConfigChangeAt,
        ),
        deployments: marathon.cluster.deployments,
      }).toEqual({
        container: { type: 'DOCKER', docker: { image } },
        env: command === 'apply' ? { NEW: '1' } : {},
        versions: command === 'apply' ? 2 : 3,
        tasks: [true, true],
        deployments: [],
      });
    },
  };
  return lane;
}

describe('killed at any of its effects, and run again,', () => {
  it('a rollout ends in the same state, with exactly one deployment of the new version', async () => {
    const lanes = await Promise.all(['a', 'b'].map((name) => makeLane(name, 'apply')));
    const killed = await killAtEveryStep(lanes);
    const effects = killed.map(({ moment, effect }) => `${moment} ${effect.replace(/File \/.*\//, 'File ')}`);
    expect(effects).toEqual(
      expect.arrayContaining([
        'before http PUT /v2/apps/shop/web',
        'after http PUT /v2/apps/shop/web',
        'before writeFile applied.json',
        'after writeFile applied.json',
        'before appendFile pauses',
      ]),
    );
  }, 180_000);

  it('an undo ends in the same state, with one version for what is put back', async () => {
    const lanes = await Promise.all(['c', 'd'].map((name) => makeLane(name, 'undo')));
    const killed = await killAtEveryStep(lanes);
    expect(killed.filter(({ effect }) => effect.startsWith('http PUT')).length).toBe(4);
  }, 180_000);
});
