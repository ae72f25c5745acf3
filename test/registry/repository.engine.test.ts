import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseRepository } from '../../src/core/image-name.js';
import type { RegistryRepository } from '../../src/core/registry.js';
import { openRepository } from '../../src/registry/repository.js';
import { testRegistry } from '../support/engine-state.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const surroundings = { environment: {}, dockerConfigDirectory: '/nonexistent' };

function open(name: string): Promise<RegistryRepository> {
  const repository = parseRepository(`${testRegistry()}/reg-${process.pid}/${name}`);
  return openRepository(repository, surroundings, { signal: new AbortController().signal });
}

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

async function putImage(repository: RegistryRepository, tag: string) {
  const config = await repository.putBlob(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', tag })));
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' },
      layers: [],
    }),
  );
  return { bytes, digest: await repository.putManifest(tag, manifestType, bytes) };
}

test('what was put is read again, by tag and by digest, and what was not is undefined', async () => {
  const repository = await open('read');
  expect(await repository.listTags()).toEqual([]);
  expect(await repository.headManifest('1.0.0')).toBe(undefined);
  expect(await repository.getManifest('1.0.0')).toBe(undefined);
  expect(await repository.getBlob((await putImage(await open('other'), '1')).digest)).toBe(undefined);
  const { bytes, digest } = await putImage(repository, '1.0.0');
  const descriptor = { mediaType: manifestType, digest, size: bytes.length };
  expect(digest).toBe(digestOf(bytes));
  for (const reference of ['1.0.0', digest]) {
    expect(await repository.headManifest(reference)).toEqual(descriptor);
    expect(await repository.getManifest(reference)).toEqual({ ...descriptor, bytes });
  }
  const blob = await repository.putBlob(Buffer.from('some bytes'));
  expect(await repository.getBlob(blob.digest)).toEqual(Buffer.from('some bytes'));
  await repository.putManifest('2.0.0', manifestType, bytes);
  expect([...(await repository.listTags())].sort()).toEqual(['1.0.0', '2.0.0']);
  expect(await repository.listReferrers(digest)).toEqual([]);
});

test('however many attach something to one image at once, all of it is listed in the end', async () => {
  const repository = await open('referrers');
  const { bytes, digest } = await putImage(repository, '1.0.0');
  const attach = async (index: number) => {
    const own = await open('referrers');
    const config = await own.putBlob(Buffer.from('{}'));
    const referrer = {
      schemaVersion: 2,
      mediaType: manifestType,
      artifactType: `application/vnd.example.thing.${index}`,
      config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
      layers: [],
      subject: { mediaType: manifestType, digest, size: bytes.length },
      annotations: { number: String(index) },
    };
    return own.putReferrer(digest, manifestType, Buffer.from(JSON.stringify(referrer)));
  };
  const put = await Promise.all(Array.from({ length: 8 }, (_, index) => attach(index)));
  const listed = await repository.listReferrers(digest);
  const byDigest = (one: { digest: string }, other: { digest: string }) => one.digest.localeCompare(other.digest);
  expect([...listed].sort(byDigest)).toEqual([...put].sort(byDigest));
  expect(put[3]).toMatchObject({ artifactType: 'application/vnd.example.thing.3', annotations: { number: '3' } });
});
