import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Digest, parseDigest, parseRepository, parseTag } from '../../src/core/image-name.js';
import type { Image, ImageOrigin, Release } from '../../src/core/plan.js';
import type { RegistryRepository } from '../../src/core/registry.js';
import { Secret } from '../../src/core/secret.js';
import { openBlobProver } from '../../src/registry/prove-blob.js';
import { openRepository } from '../../src/registry/repository.js';
import { createCatalogueReader, cycloneDxType, formatBom } from '../../src/sbom/index.js';
import { attachDocument, listDocuments, types } from '../../src/supply-chain/documents.js';
import { type PublicKey, readPublicKey, readSigningKey, type SigningKey } from '../../src/supply-chain/keys.js';
import { makeProvenance, makeStatement, type Statement } from '../../src/supply-chain/provenance.js';
import { attestStatement, signImage } from '../../src/supply-chain/signature.js';
import { type VerifyJob, verifyImage } from '../../src/supply-chain/verify.js';
import { testRegistry } from '../support/engine-state.js';
import { startTamperingProxy } from '../support/tampering-proxy.js';

/** Images made by hand in the real registry, documented and signed by our own parts, and then tampered with. */
const registry = testRegistry();
const surroundings = { environment: {}, dockerConfigDirectory: '/nonexistent', retryDelays: [] as readonly number[] };
const options = { signal: new AbortController().signal };
const revision = '0123456789012345678901234567890123456789';
const directory = mkdtempSync(join(tmpdir(), 'slipway-sbom-'));
let proxy: Awaited<ReturnType<typeof startTamperingProxy>>;
let count = 0;

beforeAll(async () => {
  proxy = await startTamperingProxy(registry);
});
afterAll(async () => {
  await proxy.close();
  rmSync(directory, { recursive: true, force: true });
});

const open = (name: string, host = registry, retryDelays: readonly number[] = surroundings.retryDelays) =>
  openRepository(parseRepository(`${host}/sbom-${process.pid}/${name}`), { ...surroundings, retryDelays }, options);
const sha256 = (bytes: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);

interface Made {
  readonly name: string;
  readonly repository: RegistryRepository;
  readonly digest: Digest;
  readonly layer: Digest;
  readonly config: Digest;
}

function nextName(): string {
  count += 1;
  return `image-${count}`;
}

/** An image under the tag 1.5.0 of a repository of its own. */
async function putImage(content = 'a layer', name = nextName(), tag = '1.5.0'): Promise<Made> {
  const repository = await open(name);
  const layer = await repository.putBlob(Buffer.from(content));
  const labels = {
    'org.opencontainers.image.version': '1.5.0',
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': 'https://git.example.com/shop/app.git',
  };
  const config = await repository.putBlob(
    Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: labels }, content })),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { ...config, mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [{ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
  };
  const digest = await repository.putManifest(tag, types.manifest, Buffer.from(JSON.stringify(manifest)));
  return { name, repository, digest, layer: layer.digest, config: config.digest };
}

const origin: ImageOrigin = {
  source: { revision, url: 'https://git.example.com/shop/app.git', branch: 'main', dirty: false },
  facts: { 'go.version': '1.26' },
  platform: 'linux/amd64',
  builder: { name: 'golang:1.26', id: `sha256:${'1'.repeat(64)}`, digests: [`golang@sha256:${'2'.repeat(64)}`] },
  bases: [{ name: 'slipway-made-here:1', id: `sha256:${'3'.repeat(64)}`, digests: [] }],
  steps: [{ title: 'Compile', argv: ['go', 'build'] }],
  env: {},
  dockerfile: 'FROM slipway-made-here:1\n',
  run: { builder: 'https://ci.example.com/shop/app', invocation: 'https://ci.example.com/runs/7', slipway: '9.9.9' },
};

function imageOf({ repository }: Made): Image {
  const name = parseRepository(repository.name);
  const common = { repository: name, tags: [parseTag('1.5.0')], version: '1.5.0', kind: 'go', size: 7 };
  return { format: 1, id: 'sha256:0', ...common, revision, origin };
}

function releaseOf(made: Made): Release {
  const { also: _also, moving: _moving, ...image } = imageOf(made);
  return { ...image, digest: made.digest, commit: revision };
}

function bomOf(made: Made, digest = made.digest): string {
  const subject = { repository: made.repository.name, digest, version: '1.5.0', tool: '9.9.9' };
  return formatBom(createCatalogueReader().finish(), subject);
}

async function attach(made: Made, mediaType: string, bytes: string | Uint8Array): Promise<void> {
  const subject = await made.repository.headManifest(made.digest);
  if (subject === undefined) throw new Error('the image is not there');
  const name = mediaType === cycloneDxType ? 'sbom' : 'provenance';
  await attachDocument(made.repository, subject, { name, mediaType, bytes: Buffer.from(bytes as string) });
}

const provenanceOf = (made: Made, digest = made.digest): Statement => makeProvenance(imageOf(made), origin, digest);

/** With SBOM and provenance. */
async function putDocumented(content?: string): Promise<Made> {
  const made = await putImage(content);
  await attach(made, cycloneDxType, bomOf(made));
  await attach(made, types.statement, JSON.stringify(provenanceOf(made)));
  return made;
}

const pem = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const makeEd25519 = () =>
  generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
let key: SigningKey;
let publicKey: PublicKey;
beforeAll(async () => {
  key = await readSigningKey(new Secret(pem.privateKey), undefined, 'key');
  publicKey = readPublicKey(pem.publicKey, 'key.pub');
});

async function sign(made: Made): Promise<void> {
  await signImage(made.repository, made.digest, key);
  const bom = makeStatement(made.repository.name, made.digest, types.bomPredicate, JSON.parse(bomOf(made)));
  for (const statement of [bom, provenanceOf(made)])
    await attestStatement(made.repository, made.digest, statement, key);
}

/** What is not ok, as `name state: says`. */
async function findingsOf(job: VerifyJob): Promise<readonly string[]> {
  const { checks } = await verifyImage(job);
  return checks.filter(({ state }) => state !== 'ok').map(({ name, state, says }) => `${name} ${state}: ${says}`);
}

const byTag = (made: Made) => ({ repository: made.repository, tag: parseTag('1.5.0') });

test('an image with its documents and signatures is well, and each check says what it saw', async () => {
  const made = await putDocumented();
  await sign(made);
  const proveBlob = await openBlobProver(parseRepository(made.repository.name), surroundings, options);
  const release: Release = releaseOf(made);
  const { digest, checks } = await verifyImage({ ...byTag(made), release, key: publicKey, proveBlob });
  expect(digest).toBe(made.digest);
  expect(checks).toEqual([
    { name: 'digest', state: 'ok', says: expect.stringContaining(`${made.digest} is what its`) },
    { name: 'tag', state: 'ok', says: '1.5.0 names it' },
    { name: 'config', state: 'ok', says: `${made.config} is whole` },
    { name: 'layers', state: 'ok', says: '1 layers, 0.0 MB, are whole' },
    {
      name: 'labels',
      state: 'ok',
      says: 'version 1.5.0, revision 012345678901, source https://git.example.com/shop/app.git',
    },
    { name: 'release', state: 'ok', says: `the file and the labels agree for ${made.repository.name}` },
    { name: 'sbom', state: 'ok', says: 'CycloneDX 1.6, 0 components' },
    {
      name: 'provenance',
      state: 'ok',
      says: 'SLSA v1, commit 012345678901, built by https://ci.example.com/shop/app',
    },
    { name: 'signature', state: 'ok', says: `by the key ${publicKey.fingerprint.slice(0, 16)}` },
    { name: 'signed-sbom', state: 'ok', says: 'by the same key' },
    { name: 'signed-provenance', state: 'ok', says: 'by the same key' },
  ]);
});

test('an image with nothing attached lacks it, and nothing has failed', async () => {
  expect(await findingsOf(byTag(await putImage()))).toEqual([
    'sbom absent: none is attached',
    'provenance absent: none is attached',
  ]);
});

describe('what somebody with the right to push puts there', () => {
  test('an SBOM of another image', async () => {
    const [made, other] = [await putDocumented(), await putImage('other')];
    await attach(made, cycloneDxType, bomOf(made, other.digest));
    expect(await findingsOf(byTag(made))).toEqual([`sbom failed: it is about ${other.digest}, another image`]);
  });

  test('provenance of another image, and of another commit', async () => {
    const [made, other] = [await putImage(), await putImage('other')];
    await attach(made, types.statement, JSON.stringify(provenanceOf(made, other.digest)));
    expect(await findingsOf(byTag(made))).toContain('provenance failed: it is about another image');
    const second = await putImage('third');
    const foreign = { ...origin, source: { ...origin.source, revision: 'f'.repeat(40) } };
    await attach(second, types.statement, JSON.stringify(makeProvenance(imageOf(second), foreign, second.digest)));
    expect(await findingsOf(byTag(second))).toContain(
      `provenance failed: it is of the commit ${'f'.repeat(40)}, and the image's label names ${revision}`,
    );
  });

  test('another image under the tag that a release file names', async () => {
    const made = await putDocumented();
    const other = await putImage('other', made.name);
    const release: Release = releaseOf(made);
    expect(await findingsOf({ repository: made.repository, release })).toEqual([
      `tag failed: 1.5.0 is ${other.digest}`,
    ]);
    expect(await findingsOf({ ...byTag(made), digest: made.digest })).toEqual([`tag failed: 1.5.0 is ${other.digest}`]);
  });

  test('a release file of another version or commit', async () => {
    const made = await putDocumented();
    const release: Release = { ...releaseOf(made), version: '1.6.0', commit: 'e'.repeat(40) };
    expect(await findingsOf({ repository: made.repository, release })).toEqual([
      `release failed: its version is 1.6.0, and the image's label 1.5.0, its revision is ${'e'.repeat(40)}, and the image's label ${revision}`,
    ]);
  });

  test("the signature of another image, which the key did sign, and the other's attestations", async () => {
    const made = await putDocumented();
    const other = await putDocumented('other');
    await sign(other);
    const tag = (digest: Digest, ending: string) => `${digest.replace(':', '-')}.${ending}`;
    for (const ending of ['sig', 'att']) {
      const stolen = await other.repository.getManifest(tag(other.digest, ending));
      if (stolen === undefined) throw new Error('the other image is not signed');
      const { layers, config } = JSON.parse(Buffer.from(stolen.bytes).toString());
      for (const { digest } of [config, ...layers])
        await made.repository.putBlob((await other.repository.getBlob(digest)) ?? Buffer.alloc(0));
      await made.repository.putManifest(tag(made.digest, ending), stolen.mediaType, stolen.bytes);
    }
    expect(await findingsOf({ ...byTag(made), key: publicKey })).toEqual([
      'signature failed: the key signed another image, and its signature was put here',
      'signed-sbom failed: the key signed it for another image',
      'signed-provenance failed: the key signed it for another image',
    ]);
  });

  test('no signature, and one by another key', async () => {
    const made = await putDocumented();
    const nothing = ['signed-sbom absent: none', 'signed-provenance absent: none'];
    const job = { ...byTag(made), key: publicKey };
    expect(await findingsOf(job)).toEqual(['signature failed: the image is not signed', ...nothing]);
    const pair = makeEd25519();
    await signImage(made.repository, made.digest, await readSigningKey(new Secret(pair.privateKey), undefined, 'k'));
    expect(await findingsOf(job)).toEqual(['signature failed: no signature of the image is by this key', ...nothing]);
  });

  test('an SBOM that the key never signed, in the place of the signed one', async () => {
    const made = await putImage();
    const bom = JSON.parse(bomOf(made));
    await attach(made, cycloneDxType, JSON.stringify({ ...bom, components: [{ type: 'library', name: 'added' }] }));
    await sign(made);
    expect(await findingsOf({ ...byTag(made), key: publicKey })).toEqual([
      'provenance absent: none is attached',
      'signed-sbom failed: what is signed is not what is attached',
    ]);
  });

  test('documents of other tools, which say nothing of the image, are no trouble', async () => {
    const made = await putDocumented();
    await attach(made, cycloneDxType, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components: [] }));
    const report = makeStatement('x', made.digest, 'https://in-toto.io/attestation/test-result/v0.1', {});
    await attach(made, types.statement, JSON.stringify(report));
    expect(await findingsOf(byTag(made))).toEqual([]);
  });

  test('what is no document at all, and more than anybody reads', async () => {
    const made = await putImage();
    await attach(made, cycloneDxType, '\u0000 no JSON');
    await attach(made, types.statement, '[]');
    expect(await findingsOf(byTag(made))).toEqual([
      'sbom failed: it is no CycloneDX document',
      'provenance failed: it is no in-toto statement',
    ]);
  });
});

describe('what is changed on its way', () => {
  /** Answers about this blob or manifest, whatever its repository. */
  const changing = (part: string, change: (body: Buffer) => Buffer) =>
    proxy.set((path, body) => (path.includes(part) ? change(body) : undefined));
  const through = async (made: Made) => ({ ...byTag(made), repository: await open(made.name, proxy.host) });

  test('a manifest that is another than its digest says', async () => {
    const made = await putDocumented();
    changing(`/manifests/${made.digest}`, (body) => Buffer.from(body.toString().replace('amd64', 'arm64').concat(' ')));
    expect(await findingsOf({ ...(await through(made)), digest: made.digest })).toEqual([
      `digest failed: the registry sends other bytes than ${proxy.host}/sbom-${process.pid}/${made.name}@${made.digest}`,
    ]);
  });

  test('a configuration that was cut, and a layer that was cut or changed', async () => {
    const made = await putDocumented();
    changing(made.config, (body) => body.subarray(0, body.length - 5));
    expect(await findingsOf(await through(made))).toEqual([`config failed: the bytes of ${made.config} are others`]);
    const job = await through(made);
    const proveBlob = await openBlobProver(parseRepository(job.repository.name), surroundings, options);
    for (const change of [(body: Buffer) => body.subarray(1), () => Buffer.from('a Layer')]) {
      changing(made.layer, change);
      expect(await findingsOf({ ...job, proveBlob })).toEqual([`layers failed: ${made.layer} differs`]);
      expect(await findingsOf(job)).toEqual([]);
    }
  });

  test('an SBOM whose content was changed', async () => {
    const made = await putDocumented();
    const blob = sha256(Buffer.from(bomOf(made)));
    changing(blob, (body) => Buffer.from(body.toString().replace('"version":"1.5.0"', '"version":"1.5.1"')));
    expect(await findingsOf(await through(made))).toEqual([
      `sbom failed: the bytes of its document ${blob} are others`,
    ]);
  });
});

test('openssl proves the signature, with nothing of ours', async () => {
  const made = await putImage();
  await signImage(made.repository, made.digest, key);
  const stored = await made.repository.getManifest(`${made.digest.replace(':', '-')}.sig`);
  const [layer] = JSON.parse(Buffer.from(stored?.bytes ?? []).toString()).layers;
  const payload = await made.repository.getBlob(layer.digest);
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  expect(JSON.parse(Buffer.from(payload ?? []).toString())).toEqual({
    critical: {
      identity: { 'docker-reference': made.repository.name },
      image: { 'docker-manifest-digest': made.digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
  const signature = file('signature', Buffer.from(layer.annotations['dev.cosignproject.cosign/signature'], 'base64'));
  const args = ['dgst', '-sha256', '-verify', file('key.pub', pem.publicKey), '-signature', signature];
  expect(execFileSync('openssl', [...args, file('payload', payload ?? '')], { encoding: 'utf8' })).toBe(
    'Verified OK\n',
  );
});

test('the same image is documented and signed once, however often it is', async () => {
  const made = await putDocumented();
  await sign(made);
  const before = await made.repository.listReferrers(made.digest);
  await attach(made, cycloneDxType, bomOf(made));
  await sign(made);
  expect(await made.repository.listReferrers(made.digest)).toEqual(before);
  expect((await listDocuments(made.repository, made.digest)).map(({ name }) => name)).toEqual(['sbom', 'provenance']);
  for (const [ending, layers] of [
    ['sig', 1],
    ['att', 2],
  ] as const) {
    const stored = await made.repository.getManifest(`${made.digest.replace(':', '-')}.${ending}`);
    expect(JSON.parse(Buffer.from(stored?.bytes ?? []).toString()).layers).toHaveLength(layers);
  }
});

test('pipelines that document and sign one image at once lose nothing of each other', async () => {
  const made = await putImage();
  const pairs = Array.from({ length: 4 }, makeEd25519);
  await Promise.all(
    pairs.map(async ({ privateKey }, index) => {
      // This registry answers 500 to who reads a tag while another writes it: that is waited for, as in a pipeline.
      const own = { ...made, repository: await open(made.name, registry, [500, 1000, 2000, 4000]) };
      await attach(own, cycloneDxType, bomOf(own));
      const run = { ...origin.run, invocation: `https://ci.example.com/runs/${index}` };
      await attach(own, types.statement, JSON.stringify(makeProvenance(imageOf(own), { ...origin, run }, own.digest)));
      await signImage(own.repository, own.digest, await readSigningKey(new Secret(privateKey), undefined, 'key'));
    }),
  );
  const documents = await listDocuments(made.repository, made.digest);
  expect(documents.map(({ name }) => name).toSorted()).toEqual([
    'provenance',
    'provenance',
    'provenance',
    'provenance',
    'sbom',
  ]);
  for (const { publicKey: own } of pairs) {
    const { checks } = await verifyImage({ ...byTag(made), key: readPublicKey(own, 'key.pub') });
    expect(checks.find(({ name }) => name === 'signature')).toMatchObject({ state: 'ok' });
  }
});
