import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployScratch, openDeployScratch, type ScratchRelease } from '../support/deploy-scratch.js';

const scratch: DeployScratch = openDeployScratch();
let one: ScratchRelease;
let two: ScratchRelease;
let three: ScratchRelease;
let broken: ScratchRelease;

beforeAll(async () => {
  one = await scratch.release('1.0.0');
  two = await scratch.release('1.1.0');
  three = await scratch.release('1.2.0');
  broken = await scratch.release('1.3.0', ['sh', '-c', 'echo no database; exit 3']);
});
afterAll(() => scratch.remove());

const deploy = (release: ScratchRelease, ...more: readonly string[]) =>
  scratch.run('deploy', '--env', 'prod', '--service', 'web', '--release', release.file, '--json', ...more);

async function historyOf() {
  const { stdout } = await scratch.run('history', 'prod', '--json');
  const { deployments } = JSON.parse(stdout);
  return deployments.map((record: { version: string; outcome: string; pinned: boolean }) => [
    record.version,
    record.outcome,
    record.pinned,
  ]);
}

/** Neither a journal nor a lock is left when a run is at its end. */
function leftInState(): readonly string[] {
  return readdirSync(join(scratch.stateDirectory, 'deployments'));
}

describe('a deployment to the real Swarm', () => {
  it('succeeds, notes that in git, and has nothing to do the next time', async () => {
    const first = await deploy(one);
    expect({ code: first.code, stderr: first.code === 0 ? '' : first.stderr }).toEqual({ code: 0, stderr: '' });
    const [deployed] = JSON.parse(first.stdout).deployments;
    expect(deployed).toMatchObject({ outcome: 'succeeded', image: one.image, service: 'web' });
    expect(deployed.evidence).toMatch(/^1\/1 .*; runs sha256:[0-9a-f]{64}$/);
    expect([scratch.running(), scratch.template()]).toEqual([one.image, one.image]);
    expect(await historyOf()).toEqual([['1.0.0', 'succeeded', false]]);

    const again = await deploy(one);
    expect([again.code, JSON.parse(again.stdout).deployments[0].outcome]).toEqual([0, 'nothing-to-do']);
    expect((await deploy(one, '--detailed-exit-code')).code).toBe(3);
    expect(await historyOf()).toEqual([['1.0.0', 'succeeded', false]]);
    expect(leftInState()).toEqual([]);
  });

  it('shows beforehand what the template and the Swarm would change', async () => {
    const { code, stdout } = await scratch.run('deploy', '--env', 'prod', '--release', two.file, '--dry-run');
    expect(code).toBe(0);
    expect(changedImages(stdout)).toEqual([`- ${one.image}`, `+ ${two.image}`]);
    expect(stdout).toMatch(
      /compared with what swarm has: update\n(?: {4}.*\n)* {4}TaskTemplate.ContainerSpec.Image {2}/,
    );
    expect(scratch.template()).toBe(one.image);
  });

  it('undoes a rollout that fails, says why and what runs now, and git says so too, with exit code 56', async () => {
    expect((await deploy(two)).code).toBe(0);
    const { code, stdout, stderr } = await deploy(broken);
    expect({ code, stderr: code === 56 ? '' : stderr }).toEqual({ code: 56, stderr: '' });
    const { error, deployments } = JSON.parse(stdout);
    expect(error.code).toBe('deploy.rolled-back');
    expect(error.lastLines).toContain('no database');
    expect(deployments).toMatchObject([{ outcome: 'rolled-back', image: broken.image }]);
    expect(deployments[0].now).toContain(`${two.image} runs, 1 of 1`);
    expect(deployments[0].restored).toMatch(/^[0-9a-f]{40}$/);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
    expect(await historyOf()).toEqual([
      ['1.1.0', 'succeeded', false],
      ['1.3.0', 'rolled-back', false],
      ['1.1.0', 'succeeded', false],
      ['1.0.0', 'succeeded', false],
    ]);
    expect(leftInState()).toEqual([]);
  });

  it('leaves a failed rollout where it is when it is told to, with exit code 57', async () => {
    const { code, stdout } = await deploy(broken, '--set', 'deploy.environments.prod.rollback=never');
    expect(code).toBe(57);
    expect(JSON.parse(stdout).deployments).toMatchObject([{ outcome: 'stuck' }]);
    expect([scratch.running(), scratch.template()]).toEqual([broken.image, broken.image]);
    const status = JSON.parse((await scratch.run('status', 'prod', '--json')).stdout).environments[0].services[0];
    expect(status.drift[0]).toBe('the deployment of 1.3.0 ended stuck');
    expect((await scratch.run('rollback', 'prod', '--no-pin')).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
  });

  it('refuses a release that is older than what is there, with exit code 55, unless it is told to', async () => {
    const refused = await deploy(one);
    expect(refused.code).toBe(55);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: 'deploy.superseded', remedy: expect.stringContaining('--allow-older') },
      deployments: [{ outcome: 'superseded', service: 'web' }],
    });
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
    expect(leftInState()).toEqual([]);
  });

  it('puts the template back when the orchestrator cannot be reached, with exit code 59', async () => {
    const { code, stdout } = await deploy(three, '--set', 'deploy.environments.prod.url=tcp://127.0.0.1:9');
    expect(code).toBe(59);
    const { deployments } = JSON.parse(stdout);
    expect(deployments).toMatchObject([{ outcome: 'rolled-back', now: 'the orchestrator does not answer' }]);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
  });

  it('says that git and the Swarm differ when git refuses to take the change back', async () => {
    const hook = join(scratch.deployRepository, 'hooks', 'update');
    writeFileSync(
      hook,
      '#!/bin/sh\n[ "$1" != refs/heads/main ] || ! git log -1 --format=%s "$3" | grep -q ^Restore\n',
      {
        mode: 0o755,
      },
    );
    const { code, stdout } = await deploy(broken);
    writeFileSync(hook, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(code).toBe(56);
    const [report] = JSON.parse(stdout).deployments;
    expect(report.drift).toContain(`still names ${broken.image}, since it could not be put back to ${two.image}`);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, broken.image]);
    const status = (await scratch.run('status', 'prod')).stdout;
    expect(status).toMatch(
      /drift {5}the template names \S+:1\.3\.0@sha256:[0-9a-f]{12}, and \S+:1\.1\.0@sha256:[0-9a-f]{12} runs/,
    );
    expect((await scratch.run('rollback', 'prod', '--no-pin')).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
  });

  it('deploys the digest of the release, whatever its tag has come to mean', async () => {
    const moved = await scratch.release('1.2.0', ['sh', '-c', 'echo another; sleep 1000']);
    expect(moved.image).not.toBe(three.image);
    writeFileSync(
      three.file,
      JSON.stringify({ ...JSON.parse(String(await fileOf(moved))), digest: three.image.split('@')[1] }),
    );
    expect((await deploy(three)).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([three.image, three.image]);
  });
});

async function fileOf(release: ScratchRelease): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(release.file, 'utf8');
}

describe('slipway rollback', () => {
  it('shows what it would do, and does nothing', async () => {
    const { code, stdout } = await scratch.run('rollback', 'prod', '--dry-run');
    expect(code).toBe(0);
    expect(changedImages(stdout)).toEqual([`- ${three.image}`, `+ ${two.image}`]);
    expect(scratch.template()).toBe(three.image);
  });

  it('goes back to the recorded image, further back the second time, and says then that there is nothing', async () => {
    expect((await scratch.run('rollback', 'prod')).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([two.image, two.image]);
    expect((await scratch.run('rollback', 'prod', 'web')).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([one.image, one.image]);
    const nothing = await scratch.run('rollback', 'prod');
    expect([nothing.code, nothing.stderr]).toEqual([51, expect.stringContaining('There is nothing to go back to')]);
    expect(scratch.log().slice(0, 2)).toEqual(['Roll back web to 1.0.0 in prod', 'Roll back web to 1.1.0 in prod']);
  });

  it('pins, so that automation does not undo a person, until it is told otherwise', async () => {
    const refused = await deploy(three);
    expect([refused.code, JSON.parse(refused.stdout).error.remedy]).toEqual([55, expect.stringContaining('--unpin')]);
    expect((await scratch.run('status')).stdout).toContain('pinned by a rollback');
    expect((await deploy(three, '--unpin')).code).toBe(0);
    expect([scratch.running(), scratch.template()]).toEqual([three.image, three.image]);
  });

  it('lists the services and the versions there are when it is asked for another', async () => {
    const service = await scratch.run('rollback', 'prod', 'wbe');
    expect([service.code, service.stderr]).toEqual([51, expect.stringContaining('- web')]);
    const version = await scratch.run('rollback', 'prod', '--to', '9.9.9');
    expect([version.code, version.stderr]).toEqual([51, expect.stringContaining('- 1.1.0 (')]);
    const environment = await scratch.run('rollback', 'prdo');
    expect([environment.code, environment.stderr]).toEqual([10, expect.stringContaining('- prod')]);
  });
});

/** The lines of a unified diff that name an image. */
function changedImages(diff: string): readonly string[] {
  return diff.split('\n').flatMap((line) => {
    const [, sign, image] = /^([-+]) *image: "?([^"]+)"?$/.exec(line) ?? [];
    return image === undefined ? [] : [`${sign} ${image}`];
  });
}
