import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../../support/cli.js';
import { type KillLane, killAtEveryStep } from '../../support/kill-at-every-step.js';
import { openSwarmScratch } from '../../support/swarm-scratch.js';

/** kill -9 before and after every effect of a rollout on the real Swarm; the same command again ends as if nobody had killed it. */
const swarm = openSwarmScratch();
const { docker, stack } = swarm;
const workspace = makeWorkspace();
const program = join('node_modules', '.cache', `swarm-rollout-${process.pid}.mjs`);
let first = '';
let second = '';

beforeAll(async () => {
  first = await swarm.pushImage('1.0.0', ['sleep', 'infinity']);
  second = await swarm.pushImage('1.1.0', ['sleep', 'infinity', '--']);
  await build({
    entryPoints: ['test/support/swarm-rollout-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});
afterAll(async () => {
  rmSync(program, { force: true });
  workspace.remove();
  await swarm.remove();
});

/** A network of its own for each service, so that a first rollout has to make it. */
function stackOf(service: string, image: string): string {
  return `services:
  ${service}:
    image: ${image}
    init: true
    stop_grace_period: 1s
    networks: [${service}]
    deploy: {restart_policy: {delay: 0s}, update_config: {monitor: 500ms}}
networks: {${service}: {}}
`;
}

async function remove(service: string): Promise<void> {
  const name = `${stack}_${service}`;
  await docker
    .getService(name)
    .remove()
    .catch(() => {});
  for (let left = 200; left > 0; left -= 1) {
    await docker
      .getNetwork(name)
      .remove()
      .catch(() => {});
    // A node still shows a network of the Swarm for a moment after it is removed.
    if ((await docker.listNetworks({ filters: { name: [name] } })).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the network ${name} stays`);
}

function jobFile(service: string, image: string, undo: boolean): string {
  const file = join(workspace.path, `${service}-${undo ? 'undo' : image.replace(/\W/g, '-').slice(-20)}.json`);
  writeFileSync(file, JSON.stringify({ stack, service, template: stackOf(service, image), image, undo }));
  return file;
}

async function running(service: string): Promise<{ readonly images: readonly string[]; readonly networks: number }> {
  const filters = { service: [`${stack}_${service}`], 'desired-state': ['running'] };
  const tasks = await docker.listTasks({ filters });
  const networks = await docker.listNetworks({ filters: { name: [`${stack}_${service}`] } });
  return {
    images: tasks.filter((task) => task.Status.State === 'running').map((task) => task.Spec.ContainerSpec.Image),
    networks: networks.length,
  };
}

describe('a rollout on the real Swarm that is killed at every step', () => {
  it.concurrent('is a first deployment in the end, with one network and one task', async () => {
    const lanes = ['made-a', 'made-b'].map(
      (service): KillLane => ({
        command: [program, jobFile(service, first, false)],
        reset: () => remove(service),
        expectSame: async () => expect(await running(service)).toEqual({ images: [first], networks: 1 }),
      }),
    );
    const killed = await killAtEveryStep(lanes);
    expect(killed.filter(({ moment }) => moment === 'before').map(({ effect }) => effect.replace(/\?.*/, ''))).toEqual([
      'http POST /networks/create',
      'http POST /services/create',
    ]);
  });

  it.concurrent('is an update in the end', async () => {
    const lane: KillLane = {
      command: [program, jobFile('changed', second, false)],
      reset: () => rollOutFirst('changed'),
      expectSame: async () => expect(await running('changed')).toEqual({ images: [second], networks: 1 }),
    };
    expect((await killAtEveryStep(lane)).map(({ moment }) => moment)).toEqual(['before', 'after']);
  });

  it.concurrent('goes back in the end, when it is killed on its way there', async () => {
    const lane: KillLane = {
      command: [program, jobFile('undone', second, true)],
      reset: () => rollOutFirst('undone'),
      expectSame: async () => expect(await running('undone')).toEqual({ images: [first], networks: 1 }),
    };
    expect((await killAtEveryStep(lane)).length).toBe(4);
  });
});

/** The state before: the first version runs, put there by the same program. */
async function rollOutFirst(service: string): Promise<void> {
  await remove(service);
  await promisify(execFile)(process.execPath, [program, jobFile(service, first, false)]);
}
