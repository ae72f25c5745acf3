import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDigest, parseRepository } from '../../src/core/image-name.js';
import { fetchToken } from '../../src/registry/auth.js';
import { openRepository } from '../../src/registry/repository.js';
import { Transport } from '../../src/registry/transport.js';

/** What a stand-in for a registry answers; a text or bytes is the body of a 200, 'cut' breaks the connection. */
type Answer =
  | 'cut'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string | undefined>>;
      readonly body?: string | Buffer;
    };
type Answering = (request: IncomingMessage, body: Buffer) => Answer;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(answer: Answering) {
  const seen: string[] = [];
  const logins: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    seen.push(`${request.method} ${request.url}`);
    logins.push(request.headers.authorization);
    const said = answer(request, Buffer.concat(chunks));
    if (said === 'cut') request.socket.destroy();
    else response.writeHead(said.status, said.headers).end(said.body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen, logins };
}

function open(host: string, environment: Record<string, string> = {}) {
  const surroundings = { environment, dockerConfigDirectory: '/nonexistent', retryDelays: [1, 1, 1] };
  return openRepository(parseRepository(`${host}/app`), surroundings, { signal: new AbortController().signal });
}

const sha256 = (bytes: string | Buffer) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const manifest = JSON.stringify({ schemaVersion: 2, mediaType: manifestType });

describe('tags', () => {
  test('are read page by page, wherever the next page is in the same registry', async () => {
    const { host, seen } = await listen(({ url = '' }) => {
      if (url.includes('last=b')) return { status: 200, body: '{"tags":["c"]}' };
      if (url.includes('last=a'))
        return { status: 200, headers: { link: '<?n=1&last=b>; rel="next"' }, body: '{"tags":["b"]}' };
      return { status: 200, headers: { link: '</v2/app/tags/list?last=a>; rel=next' }, body: '{"tags":["a"]}' };
    });
    expect(await (await open(host)).listTags()).toEqual(['a', 'b', 'c']);
    expect(seen).toEqual([
      'GET /v2/app/tags/list?n=1000',
      'GET /v2/app/tags/list?last=a',
      'GET /v2/app/tags/list?n=1&last=b',
    ]);
  });

  test.each([
    ['in a circle', '</v2/app/tags/list?n=1000>; rel="next"'],
    ['to another host', '<http://localhost:1/v2/app/tags/list>; rel="next"'],
    ['to another scheme', '<file:///etc/passwd>; rel="next"'],
  ])('that lead %s are refused', async (_name, link) => {
    const { host } = await listen(() => ({ status: 200, headers: { link }, body: '{"tags":["a"]}' }));
    await expect((await open(host)).listTags()).rejects.toMatchObject({ code: 'push.failed' });
  });

  test.each(['<html>', '{"tags":"a"}', '{"tags":[1]}'])('%s is no list', async (body) => {
    const { host } = await listen(() => ({ status: 200, body }));
    await expect((await open(host)).listTags()).rejects.toMatchObject({ code: 'push.failed' });
  });

  test('are none where the list is null', async () => {
    const { host } = await listen(() => ({ status: 200, body: '{"name":"app","tags":null}' }));
    expect(await (await open(host)).listTags()).toEqual([]);
  });
});

describe('a manifest', () => {
  test('whose HEAD tells no digest is read', async () => {
    const headers = { 'content-type': `${manifestType}; charset=utf-8` };
    const { host, seen } = await listen(() => ({ status: 200, headers, body: manifest }));
    const digest = sha256(manifest);
    expect(await (await open(host)).headManifest('1')).toEqual({
      mediaType: manifestType,
      digest,
      size: manifest.length,
    });
    expect(seen).toEqual(['HEAD /v2/app/manifests/1', 'GET /v2/app/manifests/1']);
  });

  test('that is not what its digest says is asked for again, and then refused', async () => {
    const { host, seen } = await listen(() => ({
      status: 200,
      headers: { 'content-type': manifestType },
      body: `${manifest} `,
    }));
    await expect((await open(host)).getManifest(sha256(manifest))).rejects.toMatchObject({ code: 'push.failed' });
    expect(seen.length).toBe(4);
  });

  test('that calls itself something else than its registry is refused', async () => {
    const { host } = await listen(() => ({ status: 200, headers: { 'content-type': indexType }, body: manifest }));
    await expect((await open(host)).getManifest('1')).rejects.toMatchObject({ code: 'push.failed' });
  });

  test('that is deleted, and whose answer is lost, was there', async () => {
    const { host, seen } = await listen(() => (seen.length === 1 ? 'cut' : { status: 404 }));
    const repository = await open(host);
    expect(await repository.deleteManifest(sha256(manifest))).toBe(true);
    expect(await repository.deleteManifest(sha256(manifest))).toBe(false);
  });
});

describe('only what may be another answer next time is asked again', () => {
  test.each([408, 429, 500, 502, 503, 504])('%d is', async (status) => {
    const { host, seen } = await listen(() => (seen.length < 4 ? { status } : { status: 404 }));
    expect(await (await open(host)).headManifest('1')).toBe(undefined);
    expect(seen.length).toBe(4);
  });

  test.each([
    [400, 'push.failed'],
    [401, 'push.unauthorized'],
    [403, 'push.forbidden'],
    [405, 'push.forbidden'],
    [413, 'push.failed'],
    [501, 'push.server-error'],
  ])('%d is not', async (status, code) => {
    const { host, seen } = await listen(() => ({ status }));
    await expect((await open(host)).headManifest('1')).rejects.toMatchObject({ code });
    expect(seen.length).toBe(1);
  });
});

describe('an upload', () => {
  test('goes where the registry says, with the state that it gave, and without a login to another host', async () => {
    const other = await listen(() => ({ status: 201 }));
    const elsewhere = other.host.replace('127.0.0.1', 'localhost');
    const { host, logins } = await listen(({ method, headers }) => {
      if (headers.authorization === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };
      return method === 'POST'
        ? { status: 202, headers: { location: `http://${elsewhere}/up/1?_state=a%2Bb%3D` } }
        : { status: 404 };
    });
    const auth = Buffer.from('me:secret').toString('base64');
    const repository = await open(host, { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [host]: { auth } } }) });
    const { digest } = await repository.putBlob(Buffer.from('bytes'));
    expect(logins.at(-1)).toBe(`Basic ${auth}`);
    expect({ seen: other.seen, logins: other.logins }).toEqual({
      seen: [`PUT /up/1?_state=a%2Bb%3D&digest=${digest.replace(':', '%3A')}`],
      logins: [undefined],
    });
  });

  test('that the registry forgot is begun again', async () => {
    const { host, seen } = await listen(({ method }) => {
      if (method === 'POST') return { status: 202, headers: { location: '/v2/app/blobs/uploads/x' } };
      if (method === 'PUT') return { status: seen.filter((line) => line.startsWith('PUT')).length < 2 ? 404 : 201 };
      return { status: 404 };
    });
    await (await open(host)).putBlob(Buffer.from('bytes'));
    expect(seen.map((line) => line.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT', 'HEAD', 'POST', 'PUT']);
  });
});

describe('referrers', () => {
  test('are the API’s where there is one, and nothing is written under a tag', async () => {
    const subject = sha256('subject');
    const entry = { mediaType: manifestType, digest: sha256('referrer'), size: 3, artifactType: 'application/example' };
    const { host, seen } = await listen(({ method }) =>
      method === 'PUT'
        ? { status: 201, headers: { 'oci-subject': subject } }
        : { status: 200, headers: { 'content-type': indexType }, body: JSON.stringify({ manifests: [entry] }) },
    );
    const repository = await open(host);
    const referrer = Buffer.from(
      JSON.stringify({
        mediaType: manifestType,
        config: { mediaType: 'application/example' },
        subject: { digest: subject },
      }),
    );
    expect(await repository.putReferrer(subject, manifestType, referrer)).toEqual({
      mediaType: manifestType,
      digest: sha256(referrer),
      size: referrer.length,
      artifactType: 'application/example',
    });
    expect(await repository.listReferrers(subject)).toEqual([entry]);
    expect(seen).toEqual([`PUT /v2/app/manifests/${sha256(referrer)}`, `GET /v2/app/referrers/${subject}`]);
  });

  test('have to name their subject', async () => {
    const { host, seen } = await listen(() => ({ status: 201 }));
    const put = (await open(host)).putReferrer(sha256('subject'), manifestType, Buffer.from(manifest));
    await expect(put).rejects.toMatchObject({ code: 'push.failed' });
    expect(seen).toEqual([]);
  });
});

describe('a token service', () => {
  const trust = { environment: {}, certsDirectory: '/nonexistent' };
  const transport = new Transport({ plainHttp: [], skipTlsVerify: [], trust });
  const ask = (realm: string, registry = 'https://registry.example.com/v2/app/') =>
    fetchToken(
      {
        challenge: { scheme: 'bearer', parameters: { realm } },
        scopes: ['repository:app:pull'],
        credential: undefined,
        registry: new URL(registry),
        signal: AbortSignal.abort(new Error('asked')),
      },
      transport,
    );

  test.each([
    ['http://auth.example.com/token', 'in clear text'],
    ['https://169.254.169.254/token', 'in an inner network'],
    ['https://10.0.0.7/token', 'in an inner network'],
    ['https://127.0.0.1:8080/token', 'in an inner network'],
    ['https://[::1]/token', 'in an inner network'],
    ['https://[fe80::1]/token', 'in an inner network'],
    ['https://[::ffff:10.0.0.7]/token', 'in an inner network'],
    ['https://localhost/token', 'in an inner network'],
    ['token', 'names no token service'],
  ])('at %s is not asked for a registry of the internet', async (realm, why) => {
    expect(await ask(realm)).toEqual({ refused: expect.stringContaining(why) });
  });

  test.each([
    ['https://auth.example.com/token', 'https://registry.example.com/v2/app/'],
    ['https://10.0.0.7/token', 'https://10.0.0.9:5000/v2/app/'],
    ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000/v2/app/'],
  ])('at %s is asked for %s', async (realm, registry) => {
    await expect(ask(realm, registry)).rejects.toThrow(/asked|aborted/);
  });
});
