import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, makeWorkspace, slipway } from '../support/cli.js';
import { testRegistry } from '../support/engine-state.js';
import { commitAll, git } from '../support/fixture-project.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { type MarathonStandIn, startMarathonStandIn } from '../support/marathon/server.js';
import { makeTinyProject, writeFiles } from '../support/tiny-project.js';

/** A stand-in for Marathon rolls out: what is under test is what happens before, with a real git repository. */
const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const env = { SLIPWAY_STATE_DIRECTORY: state };
const project = join(workspace.path, 'tiny');
const repository = join(workspace.path, 'deploy.git');
const work = join(workspace.path, 'deploy');
const image = `${testRegistry()}/e2e-${process.pid}/tiny`;
const planFile = join(workspace.path, 'plan.json');
const releaseFile = join(workspace.path, 'release.json');
const digest = `sha256:${'ab'.repeat(32)}`;
let marathon: MarathonStandIn;

beforeAll(async () => {
  marathon = await startMarathonStandIn();
  marathon.runBy(5);
  const environment = `{ path: prod, url: "${marathon.url}", repository: ${repository} }`;
  makeTinyProject(project, {
    'slipway.yml': `image: { repository: ${image} }\ndeploy:\n  environments:\n    prod: ${environment}\n`,
  });
  const release = { format: 1, repository: image, digest, version: '2.0.0', tags: ['2.0.0'], size: 1, kind: 'node' };
  writeFileSync(releaseFile, JSON.stringify(release));
});

beforeEach(() => {
  for (const directory of [repository, work]) rmSync(directory, { recursive: true, force: true });
  mkdirSync(work);
  templates({ 'tiny.json': app('/tiny', `${image}:1.0.0`), 'other.json': app('/other', 'nginx:1.27') });
  git(workspace.path, 'clone', '--quiet', '--bare', work, repository);
});

afterAll(async () => {
  await marathon.close();
  workspace.remove();
});

function app(id: string, reference: string): string {
  return `{\n  "id": "${id}",\n  "instances": 1,\n  "container": { "type": "DOCKER", "docker": { "image": "${reference}" } }\n}\n`;
}

function templates(files: Readonly<Record<string, string>>): void {
  writeFiles(join(work, 'prod'), files);
  commitAll(work, 'Describe the services');
}

function publish(files: Readonly<Record<string, string>>): void {
  templates(files);
  git(work, 'push', '--quiet', repository, 'main');
}

/** Ship, and prove that it ended before anything was built. */
async function shipInVain(): Promise<Ended> {
  const ended = await slipway(['ship', project, '--env', 'prod'], { env });
  expect(ended.stderr).not.toContain('==>');
  expect(spawnSync('docker', ['image', 'ls', '--quiet', image], { encoding: 'utf8' }).stdout).toBe('');
  expect(leftBehind(state)).toEqual(nothing);
  return ended;
}

async function deployPlanned(): Promise<Ended> {
  return slipway(['deploy', project, '--plan', planFile, '--release', releaseFile], { env });
}

describe('slipway ship', () => {
  it('ends before the build when no template runs the image, listing what there is', async () => {
    publish({ 'tiny.json': app('/tiny', 'registry.example.com/elsewhere/tiny:1') });
    const { code, stderr } = await shipInVain();
    expect(code).toBe(51);
    expect(stderr).toContain(`slipway: No service in the templates of 'prod' runs the image ${image}\n`);
    expect(stderr).toContain('    - /tiny (prod/tiny.json:');
  });

  it('ends before the build when two services run the image, naming the setting that chooses', async () => {
    publish({ 'second.json': app('/second', `${image}:1.0.0`) });
    const { code, stderr } = await shipInVain();
    expect(code).toBe(52);
    expect(stderr).toContain("slipway: 2 services in the templates of 'prod' match");
    expect(stderr).toContain('deploy.environments.prod.service');
  });

  it('ends before the build at a template that cannot be read, with its line', async () => {
    publish({ 'stack.yml': `services:\n  tiny:\n    image: "${image}:1.0.0\n    ports: [` });
    const { code, stderr } = await shipInVain();
    expect(code).toBe(53);
    expect(stderr).toMatch(/where: prod\/stack\.yml:\d/);
  });

  it('ends before the build when the deploy repository cannot be reached', async () => {
    renameSync(repository, `${repository}.away`);
    const { code, stderr } = await shipInVain();
    renameSync(`${repository}.away`, repository);
    expect(code).toBe(54);
    expect(stderr).toContain('slipway: git cannot work with the deploy repository: ');
    expect(stderr).toContain(`git ls-remote ${repository}`);
  });
});

describe('slipway deploy', () => {
  it('lands on top of what others pushed since the plan and during the push', async () => {
    expect(await slipway(['preview', project, '--out', planFile], { env })).toMatchObject({ code: 0 });
    publish({ 'other.json': app('/other', 'nginx:1.28') });
    raceOnFirstPush({ 'other.json': app('/other', 'nginx:1.29') });
    expect(await deployPlanned()).toMatchObject({ code: 0, stderr: expect.stringContaining('moved on meanwhile') });
    const file = (name: string): string => `${git(repository, 'show', `main:prod/${name}`)}\n`;
    expect(file('other.json')).toBe(app('/other', 'nginx:1.29'));
    expect(file('tiny.json')).toBe(app('/tiny', `${image}:2.0.0@${digest}`));
    expect(git(repository, 'rev-list', '--count', 'main')).toBe('4');
    expect(leftBehind(state)).toEqual(nothing);
  });

  it('refuses when somebody else changed the same image since the plan, and changes nothing', async () => {
    expect(await slipway(['preview', project, '--out', planFile], { env })).toMatchObject({ code: 0 });
    publish({ 'tiny.json': app('/tiny', `${image}:1.5.0`) });
    const tip = git(repository, 'rev-parse', 'main');
    const puts = marathon.puts.length;
    const { code, stderr } = await deployPlanned();
    expect(code).toBe(55);
    expect(stderr).toContain(`it has ${image}:1.5.0 where ${image}:1.0.0 was`);
    expect({ tip: git(repository, 'rev-parse', 'main'), puts: marathon.puts.length }).toEqual({ tip, puts });
  });
});

/** The repository takes a rival's commit while it takes ours: the first push is refused as no fast-forward. */
function raceOnFirstPush(files: Readonly<Record<string, string>>): void {
  templates(files);
  git(work, 'push', '--quiet', repository, 'HEAD:refs/heads/rival');
  const hook = join(repository, 'hooks/pre-receive');
  mkdirSync(join(repository, 'hooks'), { recursive: true });
  writeFileSync(
    hook,
    '#!/bin/sh\n[ -e raced ] && exit 0\ntouch raced\n' +
      'unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n' +
      'git update-ref refs/heads/main refs/heads/rival\n',
  );
  chmodSync(hook, 0o755);
}
