import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRepository } from '../../src/core/image-name.js';
import { openRepository } from '../../src/registry/repository.js';
import { type LoginRegistry, startLoginRegistry } from '../ci/login-registry.js';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js';
import { startTokenService, type TokenService } from '../support/token-service.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-reg-auth-'));
let stale = 0;
let service: TokenService;
let tokenRegistry: DockerRegistry;
let loginRegistry: LoginRegistry;

beforeAll(async () => {
  service = await startTokenService(join(directory, 'keys'), () => {
    stale -= 1;
    return stale >= 0;
  });
  tokenRegistry = await startDockerRegistry(join(directory, 'token'), { auth: service.auth });
  loginRegistry = await startLoginRegistry(join(directory, 'login'));
});

afterAll(async () => {
  await Promise.all([service.stop(), tokenRegistry.stop(), loginRegistry.stop()]);
  rmSync(directory, { recursive: true });
});

function open(host: string, auth: object | undefined) {
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: auth ? { [host]: auth } : {} }));
  const surroundings = { environment: {}, dockerConfigDirectory: directory, retryDelays: [10, 10, 10] };
  return openRepository(parseRepository(`${host}/team/app`), surroundings, { signal: new AbortController().signal });
}

const login = (user: string, password: string) => ({ auth: Buffer.from(`${user}:${password}`).toString('base64') });

test('one token is fetched for all that is asked at once, and kept', async () => {
  const repository = await open(tokenRegistry.host, login(service.user, service.password));
  await repository.listTags();
  const before = service.asked.length;
  const blobs = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => repository.putBlob(Buffer.from(text))));
  for (const [index, blob] of blobs.entries()) {
    expect(await repository.getBlob(blob.digest)).toEqual(Buffer.from('abcde'[index] ?? ''));
  }
  expect(service.asked.length - before).toBe(0);
  expect(service.asked).toEqual([
    { scopes: ['repository:team/app:pull', 'repository:team/app:pull,push'], by: 'login' },
  ]);
});

test('a token that ended early is replaced once', async () => {
  const repository = await open(tokenRegistry.host, login(service.user, service.password));
  stale = 1;
  const blob = await repository.putBlob(Buffer.from('stale'));
  expect(await repository.getBlob(blob.digest)).toEqual(Buffer.from('stale'));
});

test('an identity token is exchanged by POST, and never shown to the registry', async () => {
  const repository = await open(tokenRegistry.host, { identitytoken: service.refreshToken });
  const before = service.asked.length;
  await repository.putBlob(Buffer.from('identity'));
  expect(service.asked.slice(before).map(({ by }) => by)).toEqual(['refresh']);
});

test('without a login it is anonymous where that is allowed, and refused with the places that were looked in where it is not', async () => {
  const repository = await open(tokenRegistry.host, undefined);
  expect((await repository.listTags()).length).toBe(0);
  const failure: unknown = await repository.putBlob(Buffer.from('nobody')).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'push.unauthorized',
    message: expect.stringContaining(
      `it was shown no credential (none is configured); nothing for it in DOCKER_AUTH_CONFIG (not set), auths of ${join(directory, 'config.json')}`,
    ),
  });
});

test('a wrong login is refused by name and place, without its password, by both kinds of registry', async () => {
  for (const { host } of [tokenRegistry, loginRegistry]) {
    const repository = await open(host, login('stranger', 'wrong-pass'));
    const failure = await repository.headManifest('1.0.0').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'push.unauthorized',
      message: expect.stringContaining("it was shown user 'stranger' from auths of"),
    });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('wrong-pass');
  }
});

test('a login by name and password reads and writes', async () => {
  const repository = await open(loginRegistry.host, login(loginRegistry.user, loginRegistry.password));
  const blob = await repository.putBlob(Buffer.from('basic'));
  expect(await repository.getBlob(blob.digest)).toEqual(Buffer.from('basic'));
});
