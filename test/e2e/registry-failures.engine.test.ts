import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestDigest, startLoginRegistry } from '../ci/login-registry.js';
import { type Fault, startRegistry } from '../engines/docker/fake-registry.js';
import { type Ended, makeWorkspace, slipway } from '../support/cli.js';
import { testRegistry } from '../support/engine-state.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { makeTinyProject } from '../support/tiny-project.js';

/** Each fault: the failure as a person sees it, nothing under the tag, and the same command succeeds once the registry is well. */
const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const docker = join(workspace.path, 'docker');
const env = { SLIPWAY_STATE_DIRECTORY: state, DOCKER_CONFIG: docker };
/** A base of two megabytes, as every registry here is new to it; it has no Node, so it is not tried. */
const settings = 'image: { base: "gcr.io/distroless/static-debian12:nonroot" }\ntry: { enabled: false }\n';
const project = makeTinyProject(join(workspace.path, 'tiny'), { 'slipway.yml': settings });
const [, realPort = ''] = testRegistry().split(':');
let fault: Fault = () => undefined;
let stopRegistry = (): Promise<void> => Promise.resolve();
let host = '';

beforeAll(async () => {
  const registry = await startRegistry((request) => fault(request), testRegistry());
  host = registry.host;
  stopRegistry = registry.stop;
});

afterAll(async () => {
  await stopRegistry();
  workspace.remove();
});

function logIn(registry: string, user: string, password: string): void {
  mkdirSync(docker, { recursive: true });
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [registry]: { auth } } }));
}

/** Its content differs for every purpose, so that no registry has its layer yet. */
async function build(registry: string, purpose: string): Promise<{ readonly file: string; readonly path: string }> {
  const path = `e2e-${process.pid}-${purpose}/tiny`;
  const file = join(workspace.path, `${purpose}.json`);
  const salt = `salt${process.pid}${purpose}`;
  makeTinyProject(project, {
    'slipway.yml': settings,
    'build.sh': `echo ${salt} > salt; head -c 3000000 /dev/urandom > noise\n`,
  });
  const built = await slipway(['build', project, '--repository', `${registry}/${path}`, '--out', file], { env });
  expect(built).toMatchObject({ code: 0 });
  return { file, path };
}

function tagIn(file: string): string {
  return JSON.parse(readFileSync(file, 'utf8')).tags[0];
}

/** Push once in trouble and once after it is over. Returns how the first ended. */
async function pushTwice(registry: string, purpose: string, trouble: Fault): Promise<Ended> {
  const { file, path } = await build(registry, purpose);
  const release = join(workspace.path, `${purpose}-release.json`);
  const push = ['push', '--image', file, '--out', release];
  fault = trouble;
  const failed = await slipway(push, { env });
  fault = () => undefined;
  expect(await manifestDigest(registry, path, tagIn(file))).toBe(undefined);
  expect(() => readFileSync(release)).toThrow('ENOENT');
  expect(await slipway(push, { env })).toMatchObject({ code: 0 });
  expect(await manifestDigest(registry, path, tagIn(file))).toBe(JSON.parse(readFileSync(release, 'utf8')).digest);
  return failed;
}

describe('slipway push', () => {
  it('says when the registry forbids it, and which login it showed', async () => {
    logIn(host, 'deployer', 'hidden-pass');
    const denied = JSON.stringify({ errors: [{ code: 'DENIED', message: 'no push for you' }] });
    const failed = await pushTwice(host, 'denied', (request) =>
      request.method === 'POST' ? { status: 403, body: denied } : undefined,
    );
    expect(failed.code).toBe(42);
    expect(failed.stderr).toMatch(/The registry does not let us write there \(403\); it was shown .*deployer/);
    expect(failed.stderr).not.toContain('hidden-pass');
  });

  it('waits as long as a registry asks that wants fewer requests, and then gives up', async () => {
    const failed = await pushTwice(host, 'limited', (request) =>
      request.method === 'POST' || request.method === 'HEAD'
        ? { status: 429, headers: { 'retry-after': '1' } }
        : undefined,
    );
    expect(failed.code).toBe(43);
    expect(failed.stderr.match(/trying again in 1\.0 s/g)).toHaveLength(3);
    expect(failed.stderr).toContain('The registry asks for fewer requests (429)');
  });

  it('ends with the server’s error when a layer breaks off halfway and the registry does not recover', async () => {
    let broken = false;
    const failed = await pushTwice(host, 'broken', (request) => {
      if (request.method === 'PATCH' && !broken) {
        broken = true;
        return { status: 500, body: '{}' };
      }
      return request.method === 'PUT' && request.url?.includes('/manifests/') ? { status: 500 } : undefined;
    });
    expect({ broken, code: failed.code }).toEqual({ broken: true, code: 44 });
    expect(failed.stderr).toContain('slipway: The registry fails (500), also after trying again');
  });

  it('says that nobody answers where the registry should be', async () => {
    const target = { host: '127.0.0.1', port: Number(realPort) };
    const probe = await startTcpProxy(target);
    await probe.stop();
    const { file, path } = await build(probe.host, 'down');
    const failed = await slipway(['push', '--image', file], { env });
    expect(failed.code).toBe(40);
    expect(failed.stderr).toContain('slipway: The registry cannot be reached: ');
    expect(failed.stderr).toContain(`where: ${probe.host}/${path}:${tagIn(file)}`);
    const proxy = await startTcpProxy(target, Number(probe.host.split(':')[1]));
    try {
      expect(await slipway(['push', '--image', file], { env })).toMatchObject({ code: 0 });
    } finally {
      await proxy.stop();
    }
  });

  it('says which login a registry did not accept, and succeeds with the right one', async () => {
    const directory = join(workspace.path, 'registry');
    mkdirSync(directory);
    const registry = await startLoginRegistry(directory);
    try {
      const { file } = await build(registry.host, 'login');
      writeFileSync(join(docker, 'config.json'), '{}');
      const without = await slipway(['push', '--image', file], { env });
      expect(without.code).toBe(41);
      expect(without.stderr).toMatch(/The registry does not know us \(401\); it was shown no /);
      logIn(registry.host, 'stranger', 'wrong-pass');
      const wrong = await slipway(['push', '--image', file], { env });
      expect(wrong.code).toBe(41);
      expect(wrong.stderr).toMatch(/The registry does not know us \(401\); it was shown .*stranger/);
      expect(wrong.stderr).not.toContain('wrong-pass');
      logIn(registry.host, registry.user, registry.password);
      expect(await slipway(['push', '--image', file], { env })).toMatchObject({ code: 0 });
    } finally {
      await registry.stop();
    }
    expect(leftBehind(state)).toEqual(nothing);
  });
});
