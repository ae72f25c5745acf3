import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRepository, parseTag } from '../../../src/core/image-name.js';
import type { Image } from '../../../src/core/plan.js';
import { type Fault, startRegistry } from './fake-registry.js';
import { createScratch, recordingContext, type Scratch } from './fixture.js';
import { docker } from './observe.js';

let scratch: Scratch;
const made: string[] = [];
beforeEach(async () => {
  scratch = await createScratch();
});
afterEach(async () => {
  if (made.length > 0) docker('rmi', '-f', ...new Set(made.splice(0)));
  await scratch.clean();
});

const none: Fault = () => undefined;
const retryDelays = [50, 50, 50];

/** An image of one small layer, under each tag. */
/** These images are packed of what no builder built. */
const builtIn = { name: 'none', id: '', digests: [] };

async function createImage(
  host: string,
  tags: readonly string[],
  content = randomBytes(8).toString('hex'),
  name = `t${randomBytes(4).toString('hex')}`,
): Promise<Image> {
  const repository = parseRepository(`${host}/engine-test/${name}`);
  const out = await scratch.output(randomBytes(4).toString('hex'));
  await writeFile(join(out, 'f'), content);
  const outputs = [{ from: 'f', to: 'f', type: 'file' }] as const;
  const dockerfile = 'FROM scratch\nCOPY f /f\nENTRYPOINT ["/f"]\n';
  const packed = await scratch.engine().pack(
    {
      artifacts: { directory: out, outputs, builder: 'none', builtIn, milliseconds: 0 },
      tags: tags.map(parseTag),
      image: { repository, platform: 'linux/amd64', dockerfile, labels: {} },
    },
    recordingContext().context,
  );
  made.push(...tags.map((tag) => `${repository}:${tag}`));
  return { format: 1, ...packed, repository, tags: tags.map(parseTag), version: '1.0.0', kind: 'test' };
}

function push(image: Image, more: object = {}) {
  const { context, said } = recordingContext();
  const pushing = scratch.engine({ retryDelays, ...more }).push(image, context);
  return Object.assign(pushing, { said });
}

async function login(
  host: string,
  config: object = { auths: { [host]: { auth: Buffer.from('me:p+/w?').toString('base64') } } },
) {
  await mkdir(join(scratch.root, 'docker-config'), { recursive: true });
  await writeFile(join(scratch.root, 'docker-config', 'config.json'), JSON.stringify(config));
}

async function headDigest(image: Image, tag: string): Promise<string | null> {
  const [host, ...path] = image.repository.split('/');
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  const reply = await fetch(`http://${host}/v2/${path.join('/')}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept },
  });
  return reply.headers.get('docker-content-digest');
}

test('all tags get the same digest, and a second push sends nothing', async () => {
  const registry = await startRegistry(none);
  try {
    const image = await createImage(registry.host, ['1.0.0', '1.0', 'latest']);
    const release = await push(image);
    for (const tag of image.tags) expect(await headDigest(image, tag)).toBe(release.digest);
    registry.seen.length = 0;
    expect(await push(image)).toEqual(release);
    expect(registry.seen.filter((line) => /PATCH|blobs\/uploads/.test(line))).toEqual([]);
  } finally {
    await registry.stop();
  }
});

test('the same content packed again is recognised, and other content is refused with both digests', async () => {
  const image = await createImage('127.0.0.1:5000', ['1.0.0'], 'same');
  const release = await push(image);
  const name = image.repository.split('/').at(-1);
  docker('rmi', '-f', `${image.repository}:1.0.0`);
  const again = await createImage('127.0.0.1:5000', ['1.0.0', 'next'], 'same', name);
  expect((await push(again)).digest).toBe(release.digest);
  expect(await headDigest(again, 'next')).toBe(release.digest);
  const other = await createImage('127.0.0.1:5000', ['1.0.0'], 'other', name);
  await expect(push(other)).rejects.toMatchObject({
    code: 'push.tag-exists',
    message: expect.stringContaining(release.digest),
    where: `${image.repository}:1.0.0`,
  });
  expect(await headDigest(image, '1.0.0')).toBe(release.digest);
});

const isUpload = (request: { method?: string; url?: string }) =>
  request.method !== 'GET' && /\/blobs\/uploads\//.test(request.url ?? '');

test('401 names the credential that was tried, and never its secret', async () => {
  const challenge = { 'www-authenticate': 'Basic realm="test"' };
  const registry = await startRegistry(() => ({
    status: 401,
    headers: challenge,
    body: '{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}',
  }));
  try {
    await login(registry.host);
    const image = await createImage(registry.host, ['1.0.0']);
    const failure = await push(image).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'push.unauthorized',
      message: expect.stringContaining("user 'me' from auths of"),
    });
    expect(JSON.stringify(failure)).not.toContain('p+/w?');
    await login(registry.host, {});
    await expect(push(image)).rejects.toMatchObject({
      code: 'push.unauthorized',
      message: expect.stringContaining('no credential (none is configured)'),
    });
  } finally {
    await registry.stop();
  }
});

test('a registry with a login is pushed to with the helper’s, whatever characters it has', async () => {
  const password = 'ü?>>~\\"+/';
  const expected = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const registry = await startRegistry(({ headers }) =>
    headers.authorization === expected
      ? undefined
      : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
  );
  try {
    const bin = join(scratch.root, 'bin');
    await mkdir(bin);
    const reply = JSON.stringify({ ServerURL: registry.host, Username: 'me', Secret: password });
    await writeFile(
      join(bin, 'docker-credential-test'),
      `#!/bin/sh\nread host\n[ "$1 $host" = "get ${registry.host}" ] && cat <<'E'\n${reply}\nE\n`,
    );
    await chmod(join(bin, 'docker-credential-test'), 0o755);
    await login(registry.host, { credHelpers: { [registry.host]: 'test' } });
    const image = await createImage(registry.host, ['1.0.0']);
    const environment = { PATH: `${bin}:${process.env.PATH}` };
    const release = await push(image, { environment });
    expect(release.digest).toMatch(/^sha256:/);
    await expect(push(image)).rejects.toMatchObject({ code: 'push.credentials', where: 'docker-credential-test' });
  } finally {
    await registry.stop();
  }
});

test('a token service is asked with the login, and its token is used', async () => {
  let host = '';
  const registry = await startRegistry(({ url, headers }) => {
    if (url?.startsWith('/token')) {
      const good = headers.authorization === `Basic ${Buffer.from('me:p+/w?').toString('base64')}`;
      return good ? { status: 200, body: '{"token":"tok-1"}' } : { status: 401 };
    }
    if (headers.authorization === 'Bearer tok-1') return undefined;
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${host}/token",service="test"` } };
  });
  host = registry.host;
  try {
    await login(registry.host);
    const image = await createImage(registry.host, ['1.0.0', 'latest']);
    expect((await push(image)).digest).toMatch(/^sha256:/);
    expect(
      registry.seen.filter(
        (line) => line.includes('/token') && line.includes('service=test') && line.includes('scope='),
      ),
    ).not.toEqual([]);
  } finally {
    await registry.stop();
  }
});

test('403 while uploading is said to be about rights', async () => {
  const registry = await startRegistry((request) =>
    isUpload(request)
      ? { status: 403, body: '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}' }
      : undefined,
  );
  try {
    const image = await createImage(registry.host, ['1.0.0']);
    await expect(push(image)).rejects.toMatchObject({ code: 'push.forbidden', where: `${image.repository}:1.0.0` });
  } finally {
    await registry.stop();
  }
});

test('429 is waited for as long as the registry says, and given up after some attempts', async () => {
  const body = '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow"}]}';
  let left = 2;
  const busy = { status: 429, headers: { 'retry-after': '1' }, body };
  const registry = await startRegistry((request) => {
    if (request.method !== 'HEAD' || left === 0) return undefined;
    left -= 1;
    return busy;
  });
  try {
    const image = await createImage(registry.host, ['1.0.0']);
    const started = Date.now();
    expect((await push(image)).digest).toMatch(/^sha256:/);
    expect(Date.now() - started).toBeGreaterThan(1900);
  } finally {
    await registry.stop();
  }
  const always = await startRegistry((request) =>
    isUpload(request) ? { ...busy, headers: { 'retry-after': '0' } } : undefined,
  );
  try {
    const image = await createImage(always.host, ['1.0.0']);
    await expect(push(image)).rejects.toMatchObject({ code: 'push.rate-limited' });
  } finally {
    await always.stop();
  }
});

test('500 halfway through a layer is tried again', async () => {
  let left = 1;
  const registry = await startRegistry((request) => {
    if (request.method !== 'PATCH' || left === 0) return undefined;
    left -= 1;
    return { status: 500 };
  });
  try {
    const image = await createImage(registry.host, ['1.0.0']);
    expect((await push(image)).digest).toMatch(/^sha256:/);
    expect(left).toBe(0);
  } finally {
    await registry.stop();
  }
});

test('500 for every manifest is given up, as the registry’s fault', async () => {
  const registry = await startRegistry((request) =>
    request.method === 'PUT' && request.url?.includes('/manifests/') ? { status: 500 } : undefined,
  );
  try {
    const image = await createImage(registry.host, ['1.0.0']);
    await expect(push(image)).rejects.toMatchObject({ code: 'push.server-error' });
    expect(registry.seen.filter((line) => line.startsWith('PUT') && line.includes('/manifests/')).length).toBe(4);
  } finally {
    await registry.stop();
  }
});

test('a registry that is down cannot be reached', async () => {
  const registry = await startRegistry(none);
  await registry.stop();
  const image = await createImage(registry.host, ['1.0.0']);
  await expect(push(image)).rejects.toMatchObject({ code: 'push.registry-unreachable' });
});

test('an image that the engine does not have is not pushed', async () => {
  const image = await createImage('127.0.0.1:5000', ['1.0.0']);
  await expect(push({ ...image, id: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({
    code: 'push.image-missing',
  });
});

test('an interrupt ends a push', async () => {
  const registry = await startRegistry((request) => (isUpload(request) ? { status: 500 } : undefined));
  try {
    const image = await createImage(registry.host, ['1.0.0']);
    const interrupt = new AbortController();
    const pushing = scratch.engine().push(image, recordingContext(interrupt.signal).context);
    setTimeout(() => interrupt.abort(new Error('interrupted')), 500);
    await expect(pushing).rejects.toThrow('interrupted');
  } finally {
    await registry.stop();
  }
});
