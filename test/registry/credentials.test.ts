import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.js';
import { registryAuth, usualAccess } from '../../src/registry/credential.js';
import {
  describeCredential,
  describeSearch,
  findCredential,
  searchCredential,
} from '../../src/registry/credentials.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-docker-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const encode = (text: string) => Buffer.from(text).toString('base64');

async function find(registry: string | undefined, config?: unknown, environment: Record<string, string> = {}) {
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  if (config !== undefined) await writeFile(join(directory, 'config.json'), text);
  const found = await findCredential(registry, {
    environment: { PATH: `${directory}:${process.env.PATH}`, ...environment },
    dockerConfigDirectory: directory,
  });
  const sent: unknown = JSON.parse(Buffer.from(registryAuth(found).base64, 'base64url').toString('utf8'));
  return { sent, shown: describeCredential(found).replace(directory, '~') };
}

async function helper(name: string, script: string) {
  await writeFile(join(directory, `docker-credential-${name}`), `#!/bin/sh\nread host\n${script}\n`);
  await chmod(join(directory, `docker-credential-${name}`), 0o755);
}

const anonymous = { sent: {}, shown: 'no credential (none is configured)' };

test('without a configuration, or without a login for the registry, it is anonymous', async () => {
  expect(await find('registry.example.com')).toEqual(anonymous);
  expect(await find('registry.example.com', { auths: { 'other.example.com': { auth: encode('a:b') } } })).toEqual(
    anonymous,
  );
});

test.each(['registry.example.com:5000', 'https://registry.example.com:5000', 'https://registry.example.com:5000/v1/'])(
  'a login under %s is found, and its password may have colons',
  async (key) => {
    expect(await find('registry.example.com:5000', { auths: { [key]: { auth: encode('me:pass:word') } } })).toEqual({
      sent: { serveraddress: 'registry.example.com:5000', username: 'me', password: 'pass:word' },
      shown: "user 'me' from auths of ~/config.json",
    });
  },
);

test('Docker Hub has a key of its own, under all its names', async () => {
  const config = { auths: { 'https://index.docker.io/v1/': { identitytoken: 'idt', auth: encode('me:') } } };
  for (const name of [undefined, 'docker.io', 'index.docker.io']) {
    expect((await find(name, config)).sent).toEqual({
      serveraddress: 'https://index.docker.io/v1/',
      identitytoken: 'idt',
    });
  }
});

test('the engine gets base64url with padding', async () => {
  const config = { auths: { r: { auth: encode('me:ü?>>~~') } } };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  const { base64 } = registryAuth(await findCredential('r', { environment: {}, dockerConfigDirectory: directory }));
  expect(base64).toMatch(/^[A-Za-z0-9_=-]+$/);
  expect(base64.length % 4).toBe(0);
});

test('a helper for the registry comes before the store, and the store before the file', async () => {
  await helper('one', `echo "{\\"ServerURL\\":\\"$host\\",\\"Username\\":\\"one\\",\\"Secret\\":\\"s1\\"}"`);
  await helper('all', `echo '{"Username":"<token>","Secret":"s2"}'`);
  const config = { auths: { a: { auth: encode('file:s3') } }, credHelpers: { b: 'one' }, credsStore: 'all' };
  expect(await find('b', config)).toEqual({
    sent: { serveraddress: 'b', username: 'one', password: 's1' },
    shown: "user 'one' from docker-credential-one",
  });
  expect((await find('a', config)).sent).toEqual({ serveraddress: 'a', identitytoken: 's2' });
  await helper('all', 'echo "credentials not found in native keychain"; exit 1');
  expect((await find('a', config)).sent).toEqual({ serveraddress: 'a', username: 'file', password: 's3' });
});

test('a helper that fails, is missing or answers nonsense is named', async () => {
  const failure = (name: string) => ({ code: 'push.credentials', where: `docker-credential-${name}` });
  await helper('locked', 'echo locked; exit 1');
  await helper('nonsense', 'echo hello');
  for (const name of ['locked', 'missing', 'nonsense']) {
    await expect(find('a', { credsStore: name })).rejects.toMatchObject(failure(name));
  }
});

test('DOCKER_AUTH_CONFIG comes first', async () => {
  const auths = { a: { auth: encode('ci:job') } };
  expect(
    await find('a', { auths: { a: { auth: encode('me:pw') } } }, { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) }),
  ).toEqual({
    sent: { serveraddress: 'a', username: 'ci', password: 'job' },
    shown: "user 'ci' from DOCKER_AUTH_CONFIG",
  });
});

test('a broken configuration is refused without quoting it', async () => {
  const error: unknown = await find('a', '{"auths":{"a":{"auth":"c2VjcmV0"').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'push.credentials' });
  expect(inspect(error)).not.toContain('c2VjcmV0');
});

test('podman’s logins come after Docker’s, and the CI job’s own after both, for its own registry alone', async () => {
  const [podman, run] = [join(directory, 'auth.json'), join(directory, 'run')];
  await writeFile(podman, JSON.stringify({ auths: { a: { auth: encode('podman:pw') } } }));
  await mkdir(join(run, 'containers'), { recursive: true });
  await writeFile(
    join(run, 'containers', 'auth.json'),
    JSON.stringify({ auths: { a: { auth: encode('session:pw') } } }),
  );
  const job = { CI_REGISTRY: 'a', CI_REGISTRY_USER: 'job', CI_REGISTRY_PASSWORD: 'token' };
  const shown = async (registry: string, config: unknown, environment: Record<string, string>) =>
    (await find(registry, config, environment)).shown;
  const docker = { auths: { a: { auth: encode('docker:pw') } } };
  expect(await shown('a', docker, { REGISTRY_AUTH_FILE: podman, ...job })).toBe(
    "user 'docker' from auths of ~/config.json",
  );
  expect(await shown('a', {}, { REGISTRY_AUTH_FILE: podman, XDG_RUNTIME_DIR: run, ...job })).toBe(
    "user 'podman' from auths of ~/auth.json",
  );
  expect(await shown('a', {}, { XDG_RUNTIME_DIR: run, ...job })).toBe(
    "user 'session' from auths of ~/run/containers/auth.json",
  );
  expect(await shown('a', {}, job)).toBe("user 'job' from CI_REGISTRY_USER and CI_REGISTRY_PASSWORD");
  expect(await find('b', {}, job)).toEqual(anonymous);
  const github = { GITHUB_ACTOR: 'octo', GITHUB_TOKEN: 'token' };
  expect(await shown('ghcr.io', {}, github)).toBe("user 'octo' from GITHUB_ACTOR and GITHUB_TOKEN");
  expect(await find('a', {}, github)).toEqual(anonymous);
});

test('a login that was stated for a registry comes first, and is for no other; all places that had none are told', async () => {
  const login = { origin: '--username', username: 'stated', password: new Secret('pw') };
  const search = (registry: string | undefined, stated: string | undefined) =>
    searchCredential(registry, {
      environment: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { a: { auth: encode('kept:pw') } } }) },
      dockerConfigDirectory: directory,
      registries: async () => ({ ...usualAccess, logins: [{ ...login, registry: stated }], statedIn: ['--username'] }),
    });
  const who = async (registry: string | undefined, stated: string | undefined) =>
    describeSearch(await search(registry, stated));
  expect(await who('a', 'a')).toBe("user 'stated' from --username");
  expect(await who('a', 'b')).toBe("user 'kept' from DOCKER_AUTH_CONFIG; nothing for it in --username");
  expect(await who(undefined, 'docker.io')).toBe("user 'stated' from --username");
  expect(await who('docker.io', undefined)).toBe("user 'stated' from --username");
  expect(await who('c', undefined)).toBe(
    `no credential (none is configured); nothing for it in --username, DOCKER_AUTH_CONFIG, ${join(directory, 'config.json')} (not there)`,
  );
});
