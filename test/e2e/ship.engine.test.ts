import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shopServices, shopSettings, shopStack } from '../demo/shop.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker, removeStack } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';
import { commitAll, git, makeFixtureProject } from '../support/fixture-project.js';

/** The demo's three services, shipped to a stack of the test's own; the second run of each does nothing twice. */
const stack = `slipway-test-shop-${process.pid}`;
const gatewayPort = 13100 + (process.pid % 400);
const registry = testRegistry();
const workspace = makeWorkspace();
const deployRepository = join(workspace.path, 'deploy.git');
const state = join(workspace.path, 'state');
const env = { SLIPWAY_STATE_DIRECTORY: state };

beforeAll(() => {
  const work = join(workspace.path, 'deploy');
  mkdirSync(join(work, 'prod'), { recursive: true });
  writeFileSync(join(work, 'prod/shop.yml'), shopStack(registry, gatewayPort, stack));
  commitAll(work, 'Describe the shop');
  git(workspace.path, 'clone', '--quiet', '--bare', work, deployRepository);
});

afterAll(() => {
  removeStack(stack);
  workspace.remove();
});

interface Shipped {
  readonly release: {
    readonly repository: string;
    readonly digest: string;
    readonly tags: readonly string[];
    readonly moving?: readonly object[];
  };
  readonly directory: string;
}

const shipped = new Map<string, Shipped>();

function shippedService(name: string): Shipped {
  return shipped.get(name) ?? expect.fail(`${name} was not shipped`);
}

describe('slipway ship', () => {
  it.each(shopServices)('takes $name from source to a converged service of the Swarm', async ({ name, tag }) => {
    const directory = makeFixtureProject(name, join(workspace.path, name), {
      files: { 'slipway.yml': shopSettings(registry, deployRepository, stack) },
      ...(tag !== undefined && { tag }),
    });
    const { code, stdout, stderr } = await slipway(['ship', directory, '--env', 'prod', '--json'], { env });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const { release, deployments } = JSON.parse(stdout);
    expect(release).toMatchObject({ format: 1, repository: `${registry}/${stack}/${name}` });
    expect(release.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(deployments).toMatchObject([{ environment: 'prod', target: 'swarm', service: name, outcome: 'succeeded' }]);
    const inspected = JSON.parse(docker('service', 'inspect', `${stack}_${name}`));
    expect(inspected[0].Spec.TaskTemplate.ContainerSpec.Image).toBe(
      `${release.repository}:${release.tags[0]}@${release.digest}`,
    );
    expect(git(directory, 'status', '--porcelain')).toBe('');
    shipped.set(name, { release, directory });
  });

  it('leaves one commit a service in the deploy repository, and changes nothing but the images', () => {
    const before = shopStack(registry, gatewayPort, stack);
    const after = git(deployRepository, 'show', 'main:prod/shop.yml');
    const expected = shopServices.reduce((text, { name }) => {
      const { release } = shippedService(name);
      return text.replace(
        `${registry}/${stack}/${name}:0.0.0`,
        `${release.repository}:${release.tags[0]}@${release.digest}`,
      );
    }, before);
    expect(`${after}\n`).toBe(expected);
    expect(git(deployRepository, 'rev-list', '--count', 'main')).toBe(String(1 + shopServices.length));
    expect(git(deployRepository, 'log', '-1', '--format=%(trailers:key=Slipway-Service,valueonly)', 'main')).toBe(
      'node-gateway',
    );
  });

  it('runs services that reach each other by name', async () => {
    const response = await fetch(`http://127.0.0.1:${gatewayPort}/api/overview/10042`);
    expect(await response.json()).toMatchObject({
      account: { id: '10042', name: 'Person_42' },
      quote: { quote: expect.any(String) },
    });
  });

  it('does nothing twice when the same commit is shipped again', async () => {
    const { release, directory } = shippedService('go-accountservice');
    const { stdout } = await slipway(['ship', directory, '--env', 'prod', '--json'], { env });
    const again = JSON.parse(stdout);
    expect(again.release.digest).toBe(release.digest);
    expect(again.deployments[0]).toMatchObject({ outcome: 'nothing-to-do' });
    expect(git(deployRepository, 'rev-list', '--count', 'main')).toBe(String(1 + shopServices.length));
  });

  it('can be split into jobs that hand over files', async () => {
    const { directory, release } = shippedService('go-accountservice');
    const file = (name: string): string => join(workspace.path, `${name}.json`);
    const steps = [
      ['preview', directory, '--env', 'prod', '--out', file('plan')],
      ['build', directory, '--plan', file('plan'), '--out', file('image')],
      ['push', '--image', file('image'), '--out', file('release')],
      ['deploy', '--plan', file('plan'), '--release', file('release')],
    ];
    for (const step of steps) expect(await slipway(step, { env })).toMatchObject({ code: 0 });
    const moving = release.moving?.map((tag) => ({ ...tag, because: 'it names this image already' }));
    expect(JSON.parse(readFileSync(file('release'), 'utf8'))).toEqual({ ...release, ...(moving && { moving }) });
  });

  it('leaves no container, no run volume and no run directory behind', () => {
    const home = `label=io.slipway.home=${readFileSync(join(state, 'home-id'), 'utf8')}`;
    expect(docker('ps', '--all', '--quiet', '--filter', home)).toBe('');
    expect(docker('volume', 'ls', '--quiet', '--filter', home)).toBe('');
    expect(existsSync(join(state, 'runs')) ? readdirSync(join(state, 'runs')) : []).toEqual([]);
  });
});
