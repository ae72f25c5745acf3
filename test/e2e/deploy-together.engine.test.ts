import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeployScratch, type ScratchRelease } from '../support/deploy-scratch.js';

const scratch = openDeployScratch(['web', 'worker']);
let one: ScratchRelease;
let two: ScratchRelease;
let half: ScratchRelease;

/** Runs as web, and ends with an error as worker: the Swarm tells a container its service's name by its host name. */
const worksAsWeb = [
  'sh',
  '-c',
  "trap 'exit 0' TERM; case $(hostname) in worker*) echo no queue; exit 3;; esac; sleep 1000 & wait",
];

beforeAll(async () => {
  one = await scratch.release('1.0.0');
  two = await scratch.release('1.1.0', ['sh', '-c', "trap 'exit 0' TERM; sleep 1001 & wait"]);
  half = await scratch.release('1.2.0', worksAsWeb);
});
afterAll(() => scratch.remove());

const deploy = (release: ScratchRelease) => ['deploy', '--env', 'prod', '--release', release.file, '--json'];
const images = () => ['web', 'worker'].flatMap((service) => [scratch.running(service), scratch.template(service)]);

/** What a run holds while it lasts. */
function held(): readonly string[] {
  const place = join(scratch.stateDirectory, 'deployments');
  return existsSync(place) ? readdirSync(place).filter((name) => name.includes('.lock-')) : [];
}

describe('two services of one release', () => {
  it('are rolled out one after another, each with its own record', async () => {
    const { code, stdout } = await scratch.run(...deploy(one));
    expect([code, JSON.parse(stdout).deployments.map(({ service }: { service: string }) => service)]).toEqual([
      0,
      ['web', 'worker'],
    ]);
    expect(images()).toEqual(Array(4).fill(one.image));
    expect(scratch.log().slice(0, 2)).toEqual(['Deploy worker 1.0.0 to prod', 'Deploy web 1.0.0 to prod']);
  });

  it('are both as they were when the second one fails, with a report of each', async () => {
    const { code, stdout, stderr } = await scratch.run(...deploy(half));
    expect({ code, stderr: code === 56 ? '' : stderr }).toEqual({ code: 56, stderr: '' });
    const { deployments } = JSON.parse(stdout);
    expect(deployments).toMatchObject([
      { service: 'worker', outcome: 'rolled-back', evidence: expect.stringContaining('non-zero exit (3)') },
      {
        service: 'web',
        outcome: 'rolled-back',
        evidence: expect.stringContaining('another service of the release failed'),
      },
    ]);
    expect(stderr).toMatch(/services:\n {4}worker {2}rolled-back .*\n {4}web {2}rolled-back /);
    expect(images()).toEqual(Array(4).fill(one.image));
  });
});

describe('a deployment that gets SIGTERM while it waits', () => {
  it('lets go of its lock, says what git has, what the Swarm was told and what to run next; which then ends it', async () => {
    const run = scratch.start('deploy', '--env', 'prod', '--release', two.file);
    await run.printed(/updated service \S+_web/);
    run.process.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    expect(code).toBe(143);
    expect(stderr).toContain(
      'web: git names 1.1.0, and the orchestrator has been told and goes on with it by itself. worker: git names 1.1.0 already, and the orchestrator has been told nothing',
    );
    expect(stderr).toContain('Run the same command again');
    expect(held()).toEqual([]);

    expect((await scratch.run(...deploy(two))).code).toBe(0);
    expect(images()).toEqual(Array(4).fill(two.image));
    expect(scratch.log().filter((subject) => subject.includes('1.1.0'))).toHaveLength(2);
  });

  it('is carried on from another machine, which has git alone', async () => {
    const back = scratch.start('rollback', 'prod', '--no-pin');
    await back.printed(/updated service \S+_web/);
    back.process.kill('SIGKILL');
    await back.ended;
    rmSync(scratch.stateDirectory, { recursive: true });
    expect((await scratch.run('deploy', '--env', 'prod', '--release', one.file)).code).toBe(0);
    expect(images()).toEqual(Array(4).fill(one.image));
    const { deployments } = JSON.parse((await scratch.run('history', 'prod', '--limit', '2', '--json')).stdout);
    expect(deployments.map(({ outcome }: { outcome?: string }) => outcome)).toEqual(['succeeded', 'succeeded']);
  });
});

describe('two runs for the same service at the same time', () => {
  it('wait for each other, and both end well', async () => {
    const [first, second] = [scratch.start(...deploy(two)), scratch.start(...deploy(two))];
    const ends = await Promise.all([first.ended, second.ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(ends.some(({ stderr }) => /process \d+ deploys prod\/web since/.test(stderr))).toBe(true);
    expect(images()).toEqual(Array(4).fill(two.image));
    expect(held()).toEqual([]);
  });
});
