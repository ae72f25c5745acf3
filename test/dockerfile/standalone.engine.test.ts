import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/engines/docker/connect.js';
import { buildImage } from '../../src/engines/docker/image-build.js';
import { recordingContext } from '../engines/docker/fixture.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { git, makeFixtureProject } from '../support/fixture-project.js';
import { askContainer, type Container, removeContainers, removeImages, startContainer } from './container.js';
import { makeTrustedBuilder } from './trusted-builder.js';

/** What `slipway eject` writes is built by the plain `docker` command line from the sources alone, and runs. */
interface Case {
  readonly name: string;
  readonly builder: string;
  readonly port: string;
  readonly health: string;
  readonly answer: RegExp;
  /** A new source file that breaks the build, and the last instruction whose layer stays all the same. */
  readonly broken?: readonly [file: string, text: string];
  readonly kept?: string;
  /** A folder that builds on this machine would have left. */
  readonly leftover: string;
}

const cases: readonly Case[] = [
  {
    name: 'go-accountservice',
    leftover: '.slipway',
    builder: 'golang:1.26',
    port: '6767',
    health: '/health',
    answer: /^200 .*UP/,
    broken: ['broken.go', 'package other\n'],
    kept: 'RUN ["go","mod","download"]',
  },
  {
    name: 'node-gateway',
    leftover: 'node_modules',
    builder: 'node:22-slim',
    port: '3000',
    health: '/health',
    answer: /^200 .*UP/,
    broken: ['src/broken.ts', '}}}\n'],
    kept: 'RUN ["npm","ci","--include=dev"]',
  },
  {
    name: 'spring-boot-quotes',
    leftover: 'target',
    builder: 'eclipse-temurin:17-jdk',
    port: '8080',
    health: '/actuator/health',
    answer: /^200 .*UP/,
  },
];

const server = `const { word } = require('core');
require('express')().get('/health', (_, reply) => reply.send(word)).listen(3000);
process.on('SIGTERM', () => process.exit());
`;
const workspaceFiles = {
  'package.json': '{"name":"shop","private":true,"workspaces":["apps/*","packages/*"],"engines":{"node":"22"}}',
  'apps/api/package.json':
    '{"name":"api","version":"1.0.0","scripts":{"start":"node server.js"},"dependencies":{"core":"*","express":"4.21.2"}}',
  'apps/api/server.js': server,
  'apps/admin/package.json': '{"name":"admin","version":"1.0.0","scripts":{"start":"node admin.js"}}',
  'apps/admin/admin.js': '',
  'packages/core/package.json': '{"name":"core","version":"1.0.0"}',
  'packages/core/index.js': "exports.word = 'UP';",
};

const workspace = makeWorkspace();
const mark = `slipway-test-standalone-${process.pid}`;
const images: string[] = [];
const containers: string[] = [];

afterAll(() => {
  removeContainers(containers);
  removeImages(images);
  docker('image', 'prune', '--force', '--filter', `label=${mark}`);
  workspace.remove();
});

describe.each(cases)('the standalone Dockerfile of $name', (one) => {
  const directory = join(workspace.path, one.name);
  const image = `${mark}:${one.name}`;

  it('is built by plain `docker build`, and the image answers', async () => {
    makeFixtureProject(one.name, directory);
    const builder = `${mark}-builder:${one.name}`;
    images.push(image, builder);
    makeTrustedBuilder(one.builder, builder, mark, join(workspace.path, `${one.name}-builder`));
    expect(await slipway(['eject', directory, '--set', `build.image=${builder}`])).toMatchObject({ code: 0 });
    expect(git(directory, 'status', '--porcelain')).toBe('?? .dockerignore\n?? Dockerfile');
    addRubbish(directory, one.leftover);
    const { status, stdout, stderr } = build(image, directory);
    expect({ status, said: status === 0 ? '' : `${stdout}${stderr}`.slice(-4000) }).toEqual({ status: 0, said: '' });
    const container = start(image, one.port);
    expect(await askContainer(container, one.health)).toMatch(one.answer);
    expect(filesIn(container).filter((file) => /rubbish|\/\.env$|Dockerfile/.test(file))).toEqual([]);
  });
});

/** Sources that cannot be compiled end the second build at once, after the layers that it takes from the first. */
it.each(cases.filter((one) => one.broken))(
  'a change of the sources of $name leaves the dependencies as they are',
  (one) => {
    const directory = join(workspace.path, one.name);
    const [file = '', text = ''] = one.broken ?? [];
    writeFileSync(join(directory, file), text);
    const { status, stdout } = build(`${mark}:broken`, directory);
    rmSync(join(directory, file));
    const cached = [...stdout.matchAll(/^Step \d+\/\d+ : (.*)\n ---> Using cache$/gm)].map((match) => match[1]);
    expect({ isBuilt: status === 0, last: cached.at(-1) }).toEqual({ isBuilt: false, last: one.kept });
  },
);

it('a service of a workspace is built from the manifests of all members, without the other services', async () => {
  const directory = join(workspace.path, 'workspace');
  const image = `${mark}:workspace`;
  images.push(image);
  for (const [path, text] of Object.entries(workspaceFiles)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const npm = spawnSync('npm', ['install', '--package-lock-only'], { cwd: directory, encoding: 'utf8' });
  expect(npm.status, npm.stderr).toBe(0);
  const settings = ['--set', 'node.workspace=apps/api', '--set', `build.image=${mark}-builder:node-gateway`];
  expect(await slipway(['eject', directory, ...settings])).toMatchObject({ code: 0 });
  const { status, stdout, stderr } = build(image, directory);
  expect({ status, said: status === 0 ? '' : `${stdout}${stderr}`.slice(-4000) }).toEqual({ status: 0, said: '' });
  const container = start(image, '3000');
  expect(await askContainer(container, '/health')).toBe('200 UP');
  expect(filesIn(container).filter((file) => /^app\/(apps|packages)\/.*[^/]$/.test(file))).toEqual([
    'app/apps/api/package.json',
    'app/apps/api/server.js',
    'app/packages/core/index.js',
    'app/packages/core/package.json',
  ]);
});

/** BuildKit's own frontend reads the same text; the engine is asked directly, so that no plug-in of the client is needed. */
it('BuildKit builds it as well', async () => {
  const { name, port, health, answer } = cases[1] ?? expect.fail();
  const directory = join(workspace.path, name);
  const image = `${mark}:buildkit`;
  images.push(image);
  const options = {
    environment: process.env,
    dockerConfigDirectory: join(homedir(), '.docker'),
    stateDirectory: join(workspace.path, 'state'),
    clientSettings: async () => [],
    runId: mark,
  };
  const { context } = recordingContext();
  const files = ['Dockerfile', '.dockerignore', ...git(directory, 'ls-files').split('\n')];
  const job = {
    context: () => spawn('tar', ['--create', '--directory', directory, ...files]).stdout,
    dockerfile: 'Dockerfile',
    tags: [image],
    labels: { [mark]: '' },
  };
  expect(await buildImage(await connect(options), job, context)).toMatchObject({ built: true });
  expect(await askContainer(start(image, port), health)).toMatch(answer);
});

/** What a developer's machine has beside the sources: secrets, and what builds left. */
function addRubbish(directory: string, leftover: string): void {
  mkdirSync(join(directory, leftover, 'inner'), { recursive: true });
  for (const file of [`${leftover}/rubbish.jar`, `${leftover}/inner/rubbish.js`, '.env', 'rubbish.key']) {
    writeFileSync(join(directory, file), 'rubbish');
  }
}

/** The classic builder of the plain command line. */
function build(image: string, directory: string) {
  return spawnSync('docker', ['build', '--label', mark, '--tag', image, directory], {
    encoding: 'utf8',
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
}

function start(image: string, port: string): Container {
  const container = startContainer(image, port);
  containers.push(container.id);
  return container;
}

function filesIn({ id }: Container): readonly string[] {
  return spawnSync('sh', ['-c', `docker export ${id} | tar --list`], { encoding: 'utf8', maxBuffer: 1e8 }).stdout.split(
    '\n',
  );
}
