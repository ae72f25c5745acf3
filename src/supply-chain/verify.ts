import type { Digest, Tag } from '../core/image-name.js';
import type { Release } from '../core/plan.js';
import type { RegistryRepository, StoredManifest } from '../core/registry.js';
import { member, textMember } from '../formats/json-member.js';
import { type Check, digestOf, labelOf, type ProvedImage, unlessCorrupt } from './check.js';
import { parseJson } from './dsse.js';
import type { PublicKey } from './keys.js';
import { verifyDocuments } from './verify-documents.js';
import { verifySignatures } from './verify-signatures.js';

/** What is to be verified. */
export interface VerifyJob {
  readonly repository: RegistryRepository;
  readonly tag?: Tag;
  /** Where it is known which content the image has to have. */
  readonly digest?: Digest;
  /** The release file that names the image. */
  readonly release?: Release;
  readonly key?: PublicKey;
  /** Reads a blob of any size and says whether it is whole; undefined: layers are not read. */
  readonly proveBlob?: (digest: Digest, size: number) => Promise<BlobState>;
}

/** `differs`: its bytes are not what its digest or its size says. */
export type BlobState = 'whole' | 'missing' | 'differs';

/** What came of it. */
export interface Verification {
  /** Undefined where there is no such image, or not the bytes that its digest says. */
  readonly digest?: Digest;
  readonly checks: readonly Check[];
}

/** Look at everything that can be proved of an image. What the registry refuses to tell throws `push.*`. */
export async function verifyImage(job: VerifyJob): Promise<Verification> {
  const found = await readManifest(job);
  if ('check' in found) return { checks: [found.check] };
  const { manifest } = found;
  const digest = manifest.digest;
  const checks: Check[] = [
    { name: 'digest', state: 'ok', says: `${digest} is what its ${manifest.size} bytes hash to` },
    ...(await verifyTag(job, digest)),
  ];
  const document = parseJson(manifest.bytes);
  if (Array.isArray(member(document, 'manifests'))) {
    const says = 'this is an index of images for several platforms: name the digest of one of them';
    return { digest, checks: [...checks, { name: 'config', state: 'failed', says }] };
  }
  const config = await verifyConfig(job, document);
  checks.push(config.check);
  if (job.proveBlob) checks.push(await verifyLayers(job.proveBlob, document));
  if (config.labels === undefined) return { digest, checks };
  const image: ProvedImage = { digest, labels: config.labels };
  checks.push(verifyLabels(image), ...verifyRelease(job, image));
  const documents = await verifyDocuments(job.repository, image);
  checks.push(...documents.checks);
  if (job.key) checks.push(...(await verifySignatures(job.repository, image, job.key, documents)));
  return { digest, checks };
}

async function readManifest(
  job: VerifyJob,
): Promise<{ readonly manifest: StoredManifest } | { readonly check: Check }> {
  const wanted = job.digest ?? job.release?.digest;
  const reference = wanted ?? job.tag ?? 'latest';
  const where = `${job.repository.name}${wanted ? '@' : ':'}${reference}`;
  const manifest = await unlessCorrupt(() => job.repository.getManifest(reference));
  if (manifest === 'corrupt') return failed(`the registry sends other bytes than ${where}`);
  if (manifest === undefined) return failed(`the registry has no ${where}`);
  const own = digestOf(manifest.bytes);
  if (own !== manifest.digest || (wanted !== undefined && own !== wanted))
    return failed(`the registry sends ${own} for ${where}`);
  return { manifest };
}

function failed(says: string): { readonly check: Check } {
  return { check: { name: 'digest', state: 'failed', says } };
}

/** Where a tag and a digest are both known, the tag has to have the digest: each of the release's tags. */
async function verifyTag(job: VerifyJob, digest: Digest): Promise<readonly Check[]> {
  const isBoth = job.digest !== undefined || job.release !== undefined;
  const tags = [...new Set([...(job.tag && isBoth ? [job.tag] : []), ...(job.release?.tags ?? [])])];
  if (tags.length === 0) return [];
  const holders = await Promise.all(
    tags.map(async (tag) => ({ tag, holds: (await job.repository.headManifest(tag))?.digest })),
  );
  const others = holders.filter(({ holds }) => holds !== digest);
  const says =
    others.length === 0
      ? `${tags.join(', ')} ${tags.length === 1 ? 'names' : 'name'} it`
      : others.map(({ tag, holds }) => (holds ? `${tag} is ${holds}` : `there is no tag ${tag}`)).join(', ');
  return [{ name: 'tag', state: others.length === 0 ? 'ok' : 'failed', says }];
}

async function verifyConfig(
  job: VerifyJob,
  manifest: unknown,
): Promise<{ readonly check: Check; readonly labels?: Readonly<Record<string, string>> }> {
  const blob = blobOf(member(manifest, 'config'));
  const bad = (says: string) => ({ check: { name: 'config', state: 'failed', says } as const });
  if (blob === undefined) return bad('the manifest names no configuration');
  const bytes = await unlessCorrupt(() => job.repository.getBlob(blob.digest));
  if (bytes === undefined) return bad(`the registry does not have ${blob.digest}`);
  if (bytes === 'corrupt' || digestOf(bytes) !== blob.digest || bytes.length !== blob.size)
    return bad(`the bytes of ${blob.digest} are others`);
  const labels = member(parseJson(bytes), 'config', 'Labels') ?? {};
  const texts = typeof labels === 'object' ? Object.entries(labels) : [];
  return {
    check: { name: 'config', state: 'ok', says: `${blob.digest} is whole` },
    labels: Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
}

async function verifyLayers(prove: NonNullable<VerifyJob['proveBlob']>, manifest: unknown): Promise<Check> {
  const layers = member(manifest, 'layers');
  const blobs = Array.isArray(layers) ? layers.map(blobOf) : [];
  const wrong: string[] = [];
  let size = 0;
  for (const blob of blobs) {
    const state = blob === undefined ? 'missing' : await prove(blob.digest, blob.size);
    if (state !== 'whole') wrong.push(`${blob?.digest ?? 'a layer'} ${state === 'missing' ? 'is missing' : 'differs'}`);
    size += blob?.size ?? 0;
  }
  const isWhole = wrong.length === 0 && blobs.length > 0;
  const says = isWhole
    ? `${blobs.length} layers, ${(size / 1e6).toFixed(1)} MB, are whole`
    : wrong.join(', ') || 'the manifest names no layers';
  return { name: 'layers', state: isWhole ? 'ok' : 'failed', says };
}

function verifyLabels(image: ProvedImage): Check {
  const names = ['version', 'revision', 'source'];
  const missing = names.filter((name) => labelOf(image, name) === undefined);
  const has = names.flatMap((name) => {
    const value = labelOf(image, name);
    return value === undefined ? [] : [`${name} ${name === 'revision' ? value.slice(0, 12) : value}`];
  });
  const says = [...has, ...(missing.length > 0 ? [`no label for ${missing.join(', ')}`] : [])].join(', ');
  return { name: 'labels', state: missing.length === 0 ? 'ok' : 'absent', says };
}

function verifyRelease({ release, repository }: VerifyJob, image: ProvedImage): readonly Check[] {
  if (release === undefined) return [];
  const differences = [
    ['version', release.version, labelOf(image, 'version')],
    ['revision', release.commit, labelOf(image, 'revision')],
  ].flatMap(([name, says, has]) =>
    says === undefined || has === says ? [] : [`its ${name} is ${says}, and the image's label ${has ?? 'is missing'}`],
  );
  const isSame = differences.length === 0;
  const says = isSame ? `the file and the labels agree for ${repository.name}` : differences.join(', ');
  return [{ name: 'release', state: isSame ? 'ok' : 'failed', says }];
}

interface NamedBlob {
  readonly digest: Digest;
  readonly size: number;
}

function blobOf(descriptor: unknown): NamedBlob | undefined {
  const [digest, size] = [textMember(descriptor, 'digest'), member(descriptor, 'size')];
  if (digest === undefined || !/^sha256:[0-9a-f]{64}$/.test(digest) || typeof size !== 'number') return undefined;
  return { digest: digest as Digest, size };
}
