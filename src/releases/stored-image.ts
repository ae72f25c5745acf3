import type { Digest } from '../core/image-name.js';
import type { RegistryRepository, StoredManifest } from '../core/registry.js';
import { member, textMember } from '../formats/json-member.js';

/** What a repository has under a digest: an image, an index of images, or something else that is kept there. */
export interface StoredImage {
  readonly digest: Digest;
  readonly mediaType: string;
  /** The exact bytes of its manifest: what putting it under another tag sends. */
  readonly bytes: Uint8Array;
  /** The label `org.opencontainers.image.version`, of an index that of its first image. */
  readonly version?: string;
  /** The label `org.opencontainers.image.revision`. */
  readonly revision?: string;
  /** The label `org.opencontainers.image.created`, else the configuration's own time: ISO 8601 as written. */
  readonly created?: string;
  /** The label `io.slipway.branch`. */
  readonly branch?: string;
  /** Bytes of all compressed layers; of an index those of all its images together. */
  readonly size: number;
  /** Digests of the manifests of an index; empty for an image. */
  readonly children: readonly Digest[];
}

const labelPrefix = 'org.opencontainers.image.';

/**
 * What a tag or digest names, with what its labels say; undefined where the registry has no such manifest. The labels of an
 * index are those of its first image that is for a platform (attestations beside it are for none). A manifest without a
 * readable configuration has no labels.
 */
export async function readStoredImage(
  repository: RegistryRepository,
  reference: string,
): Promise<StoredImage | undefined> {
  const found = await repository.headManifest(reference);
  return found && readStoredDigest(repository, found.digest);
}

/** As `readStoredImage`, without asking whether it is there first. */
export async function readStoredDigest(
  repository: RegistryRepository,
  digest: Digest,
): Promise<StoredImage | undefined> {
  const manifest = await repository.getManifest(digest);
  return manifest && readManifest(repository, manifest);
}

async function readManifest(repository: RegistryRepository, manifest: StoredManifest): Promise<StoredImage> {
  const document = parseJson(manifest.bytes);
  const entries = membersOf(document, 'manifests');
  const children = entries.map(digestOf).filter((digest) => digest !== undefined);
  const plain = { digest: manifest.digest, mediaType: manifest.mediaType, bytes: manifest.bytes };
  if (entries.length === 0) {
    return { ...plain, ...(await readConfiguration(repository, document)), size: sizeOfLayers(document), children };
  }
  const images = (
    await Promise.all(entries.map(async (entry) => ({ entry, stored: await childOf(repository, entry) })))
  ).filter(({ stored }) => stored !== undefined);
  const main = images.find(({ entry }) => isForPlatform(entry)) ?? images[0];
  const labels = main?.stored && (await readConfiguration(repository, parseJson(main.stored.bytes)));
  const size = images.reduce((sum, { stored }) => sum + (stored ? sizeOfLayers(parseJson(stored.bytes)) : 0), 0);
  return { ...plain, ...labels, size, children };
}

async function childOf(repository: RegistryRepository, entry: unknown): Promise<StoredManifest | undefined> {
  const digest = digestOf(entry);
  return digest === undefined ? undefined : repository.getManifest(digest);
}

function isForPlatform(entry: unknown): boolean {
  const system = textMember(entry, 'platform', 'os');
  return system !== undefined && system !== 'unknown';
}

type Labels = Pick<StoredImage, 'version' | 'revision' | 'created' | 'branch'>;

async function readConfiguration(repository: RegistryRepository, manifest: unknown): Promise<Labels> {
  const digest = digestOf(member(manifest, 'config'));
  if (digest === undefined || sizeOf(member(manifest, 'config')) > largestConfiguration) return {};
  const bytes = await repository.getBlob(digest);
  const configuration = bytes && parseJson(bytes);
  const labels = member(configuration, 'config', 'Labels');
  const label = (name: string): string | undefined => plainText(textMember(labels, name));
  const version = label(`${labelPrefix}version`);
  const revision = label(`${labelPrefix}revision`);
  const created = label(`${labelPrefix}created`) ?? plainText(textMember(configuration, 'created'));
  const branch = label('io.slipway.branch');
  return {
    ...(version !== undefined && { version }),
    ...(revision !== undefined && { revision }),
    ...(created !== undefined && { created }),
    ...(branch !== undefined && { branch }),
  };
}

/** Anybody who may push writes labels: what no version, commit or branch looks like, and a terminal might obey, is not there. */
function plainText(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > 255 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
    ? undefined
    : text;
}

/** The port reads no larger blob; a configuration of an artifact (a chart, a disk) may be anything. */
const largestConfiguration = 4 * 1024 * 1024;

function sizeOfLayers(manifest: unknown): number {
  return membersOf(manifest, 'layers').reduce<number>((sum, layer) => sum + sizeOf(layer), 0);
}

function sizeOf(descriptor: unknown): number {
  const size = member(descriptor, 'size');
  return typeof size === 'number' && size > 0 ? size : 0;
}

function membersOf(value: unknown, key: string): readonly unknown[] {
  const found = member(value, key);
  return Array.isArray(found) ? found : [];
}

function digestOf(descriptor: unknown): Digest | undefined {
  const digest = textMember(descriptor, 'digest');
  return digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest) ? (digest as Digest) : undefined;
}

/** Undefined for what is no JSON: whatever a registry holds, it is only looked at. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
