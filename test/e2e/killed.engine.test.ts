import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { manifestDigest } from '../ci/login-registry.js';
import { makeWorkspace, slipway, startSlipway } from '../support/cli.js';
import { removeStack } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';
import { git } from '../support/fixture-project.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject, writeFiles } from '../support/tiny-project.js';
import { makeTinyStack } from '../support/tiny-stack.js';

const workspace = makeWorkspace();
const service = makeTinyStack(workspace.path, 'killed');
const results = join(workspace.path, 'results');
const releaseFile = join(results, 'release.json');
const ship = ['ship', service.directory, '--env', 'prod', '--out', releaseFile];

afterAll(() => {
  removeStack(service.stack);
  workspace.remove();
});

function release(): { readonly digest: string; readonly tags: readonly string[]; readonly repository: string } {
  return JSON.parse(readFileSync(releaseFile, 'utf8'));
}

describe('slipway build, killed', () => {
  it.each(['mount', 'stream'])('leaves what the next run removes (%s)', async (transfer) => {
    const state = join(workspace.path, transfer);
    const env = { SLIPWAY_STATE_DIRECTORY: state };
    const directory = makeTinyProject(join(workspace.path, `slow-${transfer}`), {
      'build.sh': 'echo building\n[ -e done ] || sleep 100\n',
    });
    const killed = startSlipway(['build', directory, '--transfer', transfer], { env });
    await killed.printed(/^ {4}building$/m);
    killed.process.kill('SIGKILL');
    await killed.ended;
    const { containers, volumes, runs } = leftBehind(state);
    expect([containers.length, volumes.length, runs.length]).toEqual([1, transfer === 'stream' ? 1 : 0, 1]);
    writeFiles(directory, { done: '' });
    expect(await slipway(['build', directory, '--transfer', transfer], { env })).toMatchObject({ code: 0 });
    expect(leftBehind(state)).toEqual(nothing);
  });
});

describe('slipway ship, killed', () => {
  it.each([
    { stage: 'while it builds', at: /^ {4}building$/m },
    { stage: 'while it takes the outputs', at: /^==> Gather/m },
    { stage: 'while it packs', at: /^==> pack/m },
    { stage: 'while it tries the image', at: /^==> try/m },
    { stage: 'before it pushes', at: /^==> push/m },
    { stage: 'while it pushes', at: /^==> push/m, delay: 40 },
    { stage: 'between the push to git and the rollout', at: /committed as/ },
    { stage: 'while it waits for the rollout', at: /(created|updated) service/ },
  ])('$stage, ends well when it is run again, and leaves nothing', async ({ stage, at, delay = 0 }) => {
    service.change(stage);
    const before = existsSync(releaseFile) ? readFileSync(releaseFile, 'utf8') : undefined;
    const killed = startSlipway(ship, service);
    await killed.printed(at);
    await pause(delay);
    killed.process.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ code: 137 });
    const after = existsSync(releaseFile) ? readFileSync(releaseFile, 'utf8') : undefined;
    if (after !== before) expect(JSON.parse(after ?? '')).toMatchObject({ format: 1 });
    const version = JSON.parse((await slipway(['preview', service.directory, '--json'], service)).stdout).version;
    const pushedAlready = await manifestDigest(testRegistry(), service.path, version.tags[0]);

    expect(await slipway(ship, service)).toMatchObject({ code: 0 });
    const { digest, tags, repository } = release();
    expect(tags).toEqual(version.tags);
    expect(await manifestDigest(testRegistry(), service.path, version.tags[0])).toBe(digest);
    if (pushedAlready !== undefined) expect(digest).toBe(pushedAlready);
    expect(service.templateImage()).toBe(`${repository}:${tags[0]}@${digest}`);
    expect(service.runningImage()).toBe(`${repository}:${tags[0]}@${digest}`);
    expect(service.leftBehind()).toEqual(nothing);
    expect(readdirSync(results)).toEqual(['release.json']);
    expect(git(service.directory, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it('has made one commit for each version in the deploy repository', () => {
    const subjects = git(service.deployRepository, 'log', '--format=%s', 'main').split('\n');
    expect(new Set(subjects).size).toBe(subjects.length);
    expect(subjects).toHaveLength(9);
  });
});
