import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEndpoint } from '../../../src/engines/docker/endpoint.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-docker-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

function find(environment: Record<string, string> = {}) {
  return findEndpoint({ environment, dockerConfigDirectory: directory });
}

async function context(name: string, docker: object, files: Record<string, string> = {}) {
  const id = createHash('sha256').update(name).digest('hex');
  const [meta, tls] = [join(directory, 'contexts/meta', id), join(directory, 'contexts/tls', id, 'docker')];
  await mkdir(meta, { recursive: true });
  await mkdir(tls, { recursive: true });
  await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(tls, file), text);
}

const local = { kind: 'unix', url: 'unix:///var/run/docker.sock', socketPath: '/var/run/docker.sock' };

test('without settings it is the local socket', async () => {
  expect(await find()).toEqual(local);
  await writeFile(join(directory, 'config.json'), '{"currentContext":"default"}');
  expect(await find()).toEqual(local);
});

test.each([
  [
    'unix:///run/user/1/docker.sock',
    { kind: 'unix', url: 'unix:///run/user/1/docker.sock', socketPath: '/run/user/1/docker.sock' },
  ],
  ['tcp://docker:2375', { kind: 'tcp', url: 'tcp://docker:2375', host: 'docker', port: 2375 }],
  ['docker:1234', { kind: 'tcp', url: 'tcp://docker:1234', host: 'docker', port: 1234 }],
  ['tcp://[::1]', { kind: 'tcp', url: 'tcp://[::1]', host: '::1', port: 2375 }],
  ['ssh://me@box:2222', { kind: 'ssh', url: 'ssh://me@box:2222', destination: 'me@box', port: 2222 }],
  ['ssh://box', { kind: 'ssh', url: 'ssh://box', destination: 'box' }],
])('DOCKER_HOST %s', async (host, expected) => {
  expect(await find({ DOCKER_HOST: host })).toEqual(expected);
});

test('an address that nobody understands is refused', async () => {
  await expect(find({ DOCKER_HOST: 'gopher://x' })).rejects.toMatchObject({
    code: 'build.engine-unreachable',
    where: 'DOCKER_HOST',
  });
});

test('certificates come from DOCKER_CERT_PATH when TLS is asked for', async () => {
  for (const name of ['ca', 'cert', 'key']) await writeFile(join(directory, `${name}.pem`), name);
  const environment = { DOCKER_HOST: 'tcp://docker', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
  const tls = { ca: Buffer.from('ca'), cert: Buffer.from('cert'), key: Buffer.from('key'), verify: true };
  expect(await find(environment)).toEqual({ kind: 'tcp', url: 'tcp://docker', host: 'docker', port: 2376, tls });
});

test('the chosen context counts, DOCKER_CONTEXT before the configuration and DOCKER_HOST before both', async () => {
  await context('one', { Host: 'tcp://one:2376', SkipTLSVerify: true }, { 'ca.pem': 'ca' });
  await context('two', { Host: 'ssh://two' });
  await writeFile(join(directory, 'config.json'), '{"currentContext":"one"}');
  const one = {
    kind: 'tcp',
    url: 'tcp://one:2376',
    host: 'one',
    port: 2376,
    tls: { ca: Buffer.from('ca'), verify: false },
  };
  expect(await find()).toEqual(one);
  expect(await find({ DOCKER_CONTEXT: 'two' })).toEqual({ kind: 'ssh', url: 'ssh://two', destination: 'two' });
  expect(await find({ DOCKER_CONTEXT: 'two', DOCKER_HOST: 'unix:///x' })).toMatchObject({ socketPath: '/x' });
  await expect(find({ DOCKER_CONTEXT: 'three' })).rejects.toMatchObject({ code: 'build.engine-unreachable' });
});
