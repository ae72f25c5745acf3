import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askContainer,
  type Container,
  logsOf,
  removeContainers,
  removeImages,
  startContainer,
} from './dockerfile/container.js';
import { makeWorkspace, slipway } from './support/cli.js';
import { docker } from './support/docker.js';
import { makeFixtureProject } from './support/fixture-project.js';
import { type Fixture, type FixtureAnswer, readFixtures, recipeOfFixture } from './support/fixtures.js';

type Runnable = Fixture & { readonly answer: Extract<FixtureAnswer, { in: 'test' | 'test-all' }> };

/**
 * Fixtures built by `slipway build`, tried, started as a cluster would, asked and told to stop. `make test` takes those
 * whose answer.json says `test`; `SLIPWAY_FIXTURES=all` (`make test-all`) takes all that can be built here;
 * `SLIPWAY_FIXTURES=NAME,NAME` takes these.
 */
const wanted = process.env.SLIPWAY_FIXTURES ?? '';
const fixtures = readFixtures().filter(
  (fixture): fixture is Runnable =>
    fixture.answer !== undefined && fixture.answer.in !== 'nowhere' && isWanted(fixture.name, fixture.answer.in),
);

const workspace = makeWorkspace();
const mark = `slipway-test-fixture-${process.pid}`;
const containers: string[] = [];
const images: string[] = [];

beforeAll(async () => {
  const recipes = await Promise.all(fixtures.map(recipeOfFixture));
  const names = new Set(recipes.flatMap(({ builder, base }) => [builder, base]));
  execFileSync(resolve('test/engine/images.sh'), ['--quiet', ...names], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 900_000);

afterAll(() => {
  removeContainers(containers);
  removeImages(images);
  workspace.remove();
});

describe('the image of the fixture', () => {
  it.each(fixtures)(
    '$name answers, and ends when it is told to',
    async (fixture) => {
      const { image, port } = await build(fixture);
      const container = start(fixture, image, port);
      for (const { path, status, contains } of fixture.answer.requests) {
        const answer = await askContainer(container, path);
        expect(answer, logsOf(container.id)).toContain(contains);
        expect(answer.slice(0, 3)).toBe(String(status));
      }
      if (fixture.answer.prints !== undefined) await waitForPrint(container.id, fixture.answer.prints);
      docker('stop', '--time', '10', container.id);
      const exitCode = Number(docker('inspect', '--format', '{{.State.ExitCode}}', container.id));
      // 137: it did not hear SIGTERM, and the engine killed it.
      expect([0, 143], logsOf(container.id)).toContain(exitCode);
    },
    600_000,
  );
});

function isWanted(name: string, place: string): boolean {
  if (wanted === '') return place === 'test';
  return wanted === 'all' || wanted.split(',').includes(name);
}

/** As a user would: `slipway build`, with the client settings of this machine as mounts. */
async function build(fixture: Runnable): Promise<{ readonly image: string; readonly port: string | undefined }> {
  // Caches belong to the origin, one for each language: Go's standard library is compiled once for all of its fixtures.
  const origin = `https://git.example.com/fixtures/${fixture.name.split('-')[0]}.git`;
  const directory = makeFixtureProject(fixture.name, join(workspace.path, fixture.name), { tag: 'v1.0.0', origin });
  const repository = `${mark}/${fixture.name}`;
  const mounts = ['ca', 'npmrc', 'go-env', 'maven-settings'].flatMap((name) => ['--set', `build.mounts.${name}=true`]);
  const tried = Object.entries(fixture.answer.environment).flatMap(([name, value]) => [
    '--set',
    `try.environment.${name}=${value}`,
  ]);
  const { code, stderr } = await slipway(['build', directory, '--repository', repository, ...mounts, ...tried], {
    env: { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state', fixture.name) },
  });
  expect({ code, stderr: code === 0 ? '' : stderr.slice(-6000) }).toEqual({ code: 0, stderr: '' });
  const image = `${repository}:1.0.0`;
  images.push(image);
  const ports = JSON.parse(docker('image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', image)) as object;
  return { image, port: Object.keys(ports ?? {})[0]?.replace('/tcp', '') };
}

function start(fixture: Runnable, image: string, port: string | undefined): Container {
  const options = [
    '--read-only',
    '--tmpfs=/tmp',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    '--memory=512m',
    ...Object.entries(fixture.answer.environment).map(([name, value]) => `--env=${name}=${value}`),
  ];
  const container =
    port === undefined
      ? { id: docker('run', '--detach', ...options, image), url: '' }
      : startContainer(image, port, options);
  containers.push(container.id);
  return container;
}

async function waitForPrint(id: string, text: string): Promise<void> {
  for (let attempt = 0; attempt < 120 && !logsOf(id).includes(text); attempt += 1)
    await new Promise((resolve) => setTimeout(resolve, 250));
  expect(logsOf(id)).toContain(text);
}
