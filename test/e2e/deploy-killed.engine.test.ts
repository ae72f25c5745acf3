import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliPath } from '../support/cli.js';
import { type DeployScratch, openDeployScratch, type ScratchRelease } from '../support/deploy-scratch.js';
import { git } from '../support/fixture-project.js';
import { type KillLane, killAtEveryStep } from '../support/kill-at-every-step.js';

interface Lane {
  readonly scratch: DeployScratch;
  readonly good: readonly ScratchRelease[];
  readonly broken: readonly ScratchRelease[];
}

const lanes: Lane[] = [];
beforeAll(async () => {
  for (let at = 0; at < 3; at++) {
    const scratch = openDeployScratch();
    const fails = (n: number) => ['sh', '-c', `echo broken ${n}; exit 3`];
    lanes.push({
      scratch,
      good: [
        await scratch.release('1.0.0'),
        await scratch.release('1.0.1', ['sh', '-c', "trap 'exit 0' TERM; sleep 999 & wait"]),
      ],
      broken: [await scratch.release('2.0.0', fails(1)), await scratch.release('2.0.1', fails(2))],
    });
  }
  for (const { scratch, good } of lanes) {
    expect((await scratch.run('deploy', '--env', 'prod', '--release', good[0]?.file ?? '')).code).toBe(0);
  }
});
afterAll(async () => {
  for (const { scratch } of lanes) await scratch.remove();
});

/**
 * What lies in a run's own directory is nobody else's, and of git's commands `push` alone leaves it; a temporary file is nobody's
 * before it is renamed. What is left are the steps that somebody else can see.
 */
const ignore = /\/runs\/|^spawn git (?!push)|^(?:open|mkdir|chmod) |an open file/;

const recordsOf = async ({ scratch }: Lane) =>
  JSON.parse((await scratch.run('history', 'prod', '--json')).stdout).deployments;

/** A lane that deploys one of two releases by turns: what a run leaves is where the next one starts. */
function laneOf(
  lane: Lane,
  releases: readonly ScratchRelease[],
  start: number,
): KillLane & { wanted: () => ScratchRelease } {
  const { scratch } = lane;
  const file = join(scratch.stateDirectory, '..', 'release.json');
  let turn = start;
  const wanted = (): ScratchRelease => releases[turn % releases.length] ?? expect.fail('no release');
  let commits = 0;
  return {
    wanted,
    command: [cliPath, 'deploy', scratch.project, '--env', 'prod', '--release', file, '--allow-older', '--quiet'],
    env: scratch.env,
    reset: () => {
      turn += 1;
      writeFileSync(file, readFileSync(wanted().file));
      commits = scratch.log().length;
    },
    expectSame: async () => {
      expect([scratch.running(), scratch.template()]).toEqual([wanted().image, wanted().image]);
      expect(scratch.log().length - commits).toBe(1);
      const [newest] = await recordsOf(lane);
      expect({ image: newest.image, outcome: newest.outcome }).toEqual({ image: wanted().image, outcome: 'succeeded' });
      expect(leftOf(scratch)).toEqual([]);
    },
  };
}

function leftOf(scratch: DeployScratch): readonly string[] {
  const names = ['deployments', 'runs'].map((name) => join(scratch.stateDirectory, name));
  // What was being written when the run died is nobody's: only whole files count.
  return names
    .flatMap((name) => (existsSync(name) ? readdirSync(name) : []))
    .filter((name) => !/^\..*\.tmp$/.test(name));
}

describe('slipway deploy, killed at every step', () => {
  it('is carried to the same end by a rerun: one commit, one rollout, the outcome noted', {
    timeout: 400_000,
  }, async () => {
    const killed = await killAtEveryStep(
      lanes.map((lane) => laneOf(lane, lane.good, 0)),
      { ignore, moments: ['after'] },
    );
    const effects = killed.map(({ effect }) =>
      effect
        .replace(/\S*\/(?=deployments)/g, '')
        .split(' ')
        .slice(0, 2)
        .join(' '),
    );
    expect(effects).toEqual(
      expect.arrayContaining([
        'spawn git',
        expect.stringMatching(/^http POST/),
        expect.stringMatching(/^rename /),
        expect.stringMatching(/^rm /),
      ]),
    );
    expect(killed.length).toBeGreaterThan(10);
  });

  it('goes on undoing where the rollout had failed, and git and the Swarm agree in the end', {
    timeout: 400_000,
  }, async () => {
    const killed = await killAtEveryStep(
      lanes.map((lane) => {
        const before = lane.scratch.running();
        const one = laneOf(lane, lane.broken, 0);
        return {
          ...one,
          command: [...one.command],
          rerun: async ({ effect }) => {
            const { code, stderr } = await lane.scratch.run(...one.command.slice(1));
            // Behind the last step, the deployment is at its end, and is begun anew.
            expect({ effect, code, stderr: code === 56 ? '' : stderr }).toEqual({ effect, code: 56, stderr: '' });
          },
          expectSame: async () => {
            expect([lane.scratch.running(), lane.scratch.template()]).toEqual([before, before]);
            const records = await recordsOf(lane);
            expect(records.every(({ outcome }: { outcome?: string }) => outcome !== undefined)).toBe(true);
            expect(leftOf(lane.scratch)).toEqual([]);
          },
        };
      }),
      { ignore, moments: ['after'], exitCode: 56, timeoutSeconds: 180 },
    );
    expect(killed.filter(({ effect }) => effect.startsWith('http POST')).length).toBeGreaterThanOrEqual(2);
    expect(killed.filter(({ effect }) => effect.startsWith('spawn git push')).length).toBeGreaterThanOrEqual(3);
    expect(git(lanes[0]?.scratch.deployRepository ?? '', 'fsck')).toBe('');
  });
});
