import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRepository } from '../../src/core/image-name.js';
import { type RegistryAccess, usualAccess } from '../../src/registry/credential.js';
import { openRepository } from '../../src/registry/repository.js';
import { type Certificate, makeCertificate } from '../support/certificates.js';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js';
import { type NameProxy, startNameProxy } from '../support/name-proxy.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-reg-transport-'));
let certificate: Certificate;
let secure: DockerRegistry;
let plain: DockerRegistry;
let proxy: NameProxy;
let guarded: NameProxy;

beforeAll(async () => {
  certificate = makeCertificate(join(directory, 'tls'), ['registry.test']);
  secure = await startDockerRegistry(join(directory, 'secure'), { tls: certificate });
  plain = await startDockerRegistry(join(directory, 'plain'));
  const names = { 'registry.test:443': secure.host, 'plain.test:80': plain.host, 'plain.test:443': plain.host };
  proxy = await startNameProxy(names);
  guarded = await startNameProxy(names, 'me:proxy-pass');
});

afterAll(async () => {
  await Promise.all([secure, plain, proxy, guarded].map((each) => each.stop()));
  rmSync(directory, { recursive: true });
});

function open(host: string, environment: Readonly<Record<string, string>>, access: Partial<RegistryAccess> = {}) {
  const registries = async () => ({ ...usualAccess, ...access });
  const surroundings = { environment, dockerConfigDirectory: directory, registries, retryDelays: [] };
  return openRepository(parseRepository(`${host}/team/app`), surroundings, { signal: new AbortController().signal });
}

/** HEAD, GET, POST, PUT and DELETE. */
async function exercise(repository: Awaited<ReturnType<typeof open>>): Promise<void> {
  const type = 'application/vnd.oci.image.index.v1+json';
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] }));
  const blob = await repository.putBlob(Buffer.from('through the proxy'));
  expect(await repository.getBlob(blob.digest)).toEqual(Buffer.from('through the proxy'));
  const digest = await repository.putManifest('1.0.0', type, bytes);
  expect(await repository.headManifest('1.0.0')).toEqual({ mediaType: type, digest, size: bytes.length });
  expect(await repository.deleteManifest(digest)).toBe(true);
  expect(await repository.getManifest('1.0.0')).toBe(undefined);
}

test('a registry behind a proxy is asked through a tunnel, its certificate proved by the named authority', async () => {
  const repository = await open('registry.test', { HTTPS_PROXY: proxy.url }, { caFile: certificate.certificate });
  await exercise(repository);
  expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT registry.test:443']));
});

test('a certificate that nobody vouches for is refused with what to set, and taken where it is not to be proved', async () => {
  const environment = { https_proxy: proxy.url };
  await expect((await open('registry.test', environment)).listTags()).rejects.toMatchObject({
    code: 'push.registry-unreachable',
    remedy: expect.stringMatching(/registry\.ca: FILE.*registry\.test in registry\.skip-tls-verify/),
  });
  await exercise(await open('registry.test', environment, { skipTlsVerify: ['registry.test'] }));
});

test('a registry without TLS is asked in clear text where the settings say so, and only there', async () => {
  const environment = { HTTPS_PROXY: proxy.url, http_proxy: proxy.url };
  await exercise(await open('plain.test', environment, { plainHttp: ['plain.test'] }));
  const before = proxy.asked.length;
  await expect((await open('plain.test', environment)).listTags()).rejects.toMatchObject({
    code: 'push.registry-unreachable',
    remedy: expect.stringContaining('list plain.test in registry.plain-http'),
  });
  expect(new Set(proxy.asked.slice(before))).toEqual(new Set(['CONNECT plain.test:443']));
});

test('a proxy that wants a login gets the one of its address, and is named without it where it refuses', async () => {
  const url = (login: string) => guarded.url.replace('//', `//${login}@`);
  const access = { caFile: certificate.certificate, plainHttp: ['plain.test'] };
  await exercise(await open('registry.test', { HTTPS_PROXY: url('me:proxy-pass') }, access));
  await exercise(await open('plain.test', { HTTP_PROXY: url('me:proxy-pass') }, access));
  for (const host of ['registry.test', 'plain.test']) {
    const refused = await open(host, { HTTPS_PROXY: url('me:wrong-pass'), HTTP_PROXY: url('me:wrong-pass') }, access);
    const failure = await refused.listTags().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'push.registry-unreachable',
      message: `The registry cannot be reached: the proxy ${guarded.url} asks for a login (407) when asked for ${host}`,
    });
    expect(JSON.stringify(failure)).not.toContain('wrong-pass');
  }
});

test('a host in NO_PROXY and this machine are asked without the proxy', async () => {
  const before = proxy.asked.length;
  const exempt = await open('registry.test', { HTTPS_PROXY: proxy.url, NO_PROXY: '.test' });
  await expect(exempt.listTags()).rejects.toMatchObject({ code: 'push.registry-unreachable' });
  await exercise(await open(plain.host, { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }));
  expect(proxy.asked.length).toBe(before);
});

test('a file of authorities that is none is named', async () => {
  const repository = await open(
    'registry.test',
    { HTTPS_PROXY: proxy.url },
    { caFile: join(directory, 'nowhere.pem') },
  );
  await expect(repository.listTags()).rejects.toMatchObject({
    code: 'settings.unreadable',
    where: join(directory, 'nowhere.pem'),
  });
});
