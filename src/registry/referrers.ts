import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../core/failure.js';
import { type Digest, parseDigest } from '../core/image-name.js';
import type { Descriptor, RegistryRepository, StoredManifest } from '../core/registry.js';
import type { LocatedReply, RegistryClient } from './client.js';
import { putManifest } from './manifests.js';
import { mediaTypeOf, sha256, strange } from './reply.js';
import { readPages } from './tags.js';

const indexType = 'application/vnd.oci.image.index.v1+json';

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number().int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const indexSchema = z.looseObject({ manifests: z.array(descriptorSchema).nullish() });
type IndexEntry = z.output<typeof descriptorSchema>;

/** How often the index under a fallback tag is written before it is given up. */
const mostWrites = 12;

/** See `RegistryRepository.listReferrers`. */
export async function listReferrers(
  client: RegistryClient,
  repository: RegistryRepository,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  // A registry without this API knows no such address, and says so in several ways.
  const none = [400, 404, 405, 406, 501];
  const pages = await readPages(client, `${repository.name}@${digest}`, `referrers/${digest}`, [200, ...none]);
  const [first] = pages;
  if (first?.status === 200 && mediaTypeOf(first) === indexType)
    return pages.flatMap((page) => entriesOf(page)).map(asDescriptor);
  const index = await repository.getManifest(fallbackTag(digest));
  return index === undefined ? [] : readIndex(index, repository.name).map(asDescriptor);
}

/** See `RegistryRepository.putReferrer`. */
export async function putReferrer(
  client: RegistryClient,
  repository: RegistryRepository,
  subject: Digest,
  mediaType: string,
  bytes: Uint8Array,
): Promise<Descriptor> {
  const descriptor = describeReferrer(subject, mediaType, bytes);
  const where = `${repository.name}@${descriptor.digest}`;
  const put = await client.transaction(where, () => putManifest(client, descriptor.digest, mediaType, bytes));
  if (!put.knowsSubjects) await addToFallback(client.signal, repository, subject, descriptor);
  return descriptor;
}

/**
 * Registries have no compare-and-swap, so two writers may both read the index and the later overwrite the earlier's entry. The
 * index is therefore read again after longer than reading and writing took, by when a writer that had read the same index
 * has written, and written again until the entry has stayed.
 */
async function addToFallback(
  signal: AbortSignal,
  repository: RegistryRepository,
  subject: Digest,
  entry: Descriptor,
): Promise<void> {
  const tag = fallbackTag(subject);
  for (let writes = 0; writes < mostWrites; writes += 1) {
    const began = performance.now();
    const index = await repository.getManifest(tag);
    const entries = index === undefined ? [] : readIndex(index, repository.name);
    const isThere = entries.some(({ digest }) => digest === entry.digest);
    if (isThere && writes > 0) return;
    if (!isThere) await repository.putManifest(tag, indexType, writeIndex(index, [...entries, entry]));
    const took = performance.now() - began;
    await pause(2 * took + 50 + Math.random() * 100 * (writes + 1), undefined, { signal });
  }
  throw new Failure('push.failed', {
    message: `The list of what refers to ${subject} is overwritten again and again by others`,
    where: `${repository.name}:${tag}`,
    remedy: 'Run the same command again when fewer runs write to this image.',
  });
}

/** The tag under which a registry without the referrers API keeps the list (distribution-spec, "Referrers tag schema"). */
function fallbackTag(digest: Digest): string {
  return digest.replace(':', '-');
}

/** Throws `push.failed` where the manifest does not name the subject. */
function describeReferrer(subject: Digest, mediaType: string, bytes: Uint8Array): Descriptor {
  const manifest = referrerSchema.safeParse(parse(Buffer.from(bytes).toString('utf8')));
  if (!manifest.success || manifest.data.subject.digest !== subject) {
    throw new Failure('push.failed', { message: `A manifest that refers to ${subject} has to have it as its subject` });
  }
  const { artifactType, config, annotations } = manifest.data;
  const type = artifactType ?? config?.mediaType;
  return {
    mediaType,
    digest: sha256(bytes),
    size: bytes.length,
    ...(type !== undefined && { artifactType: type }),
    ...(annotations && { annotations }),
  };
}

const referrerSchema = z.looseObject({
  subject: z.looseObject({ digest: z.string() }),
  artifactType: z.string().optional(),
  config: z.looseObject({ mediaType: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

function entriesOf(page: LocatedReply): readonly IndexEntry[] {
  const index = indexSchema.safeParse(parse(page.body.toString('utf8')));
  if (!index.success) throw strange(page, 'something that is no list of referrers');
  return index.data.manifests ?? [];
}

function readIndex(manifest: StoredManifest, where: string): readonly IndexEntry[] {
  const index = indexSchema.safeParse(parse(Buffer.from(manifest.bytes).toString('utf8')));
  if (index.success && manifest.mediaType === indexType) return index.data.manifests ?? [];
  throw new Failure('push.failed', {
    message: 'The tag for what refers to an image has something else under it than a list',
    where: `${where}@${manifest.digest}`,
    remedy: 'See what wrote it: such tags are kept for lists of referrers.',
  });
}

/** What others wrote into the index stays. */
function writeIndex(index: StoredManifest | undefined, manifests: readonly object[]): Buffer {
  const before: unknown = index && parse(Buffer.from(index.bytes).toString('utf8'));
  const rest = typeof before === 'object' && before !== null ? before : {};
  return Buffer.from(JSON.stringify({ ...rest, schemaVersion: 2, mediaType: indexType, manifests }));
}

function asDescriptor({ mediaType, digest, size, artifactType, annotations }: IndexEntry): Descriptor {
  return {
    mediaType,
    digest: parseDigest(digest),
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
