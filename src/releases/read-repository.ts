import compare from 'semver/functions/compare.js';
import type { Digest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { branchIdentifier, isMovingName, tagOfVersion } from '../versions/identifiers.js';
import { mapBounded } from './bounded.js';
import { comparableVersion } from './release-line.js';
import { readStoredDigest, type StoredImage } from './stored-image.js';

/** An image of a repository with all its tags. */
export interface ListedImage extends StoredImage {
  /** Sorted. */
  readonly tags: readonly string[];
  /** The tag that its version gives it, where it has that one: the immutable one. */
  readonly ownTag?: string;
}

/** A tag that belongs to another manifest: its referrers where the registry has no API for them, a signature, an attestation. */
export interface AttachedTag {
  readonly tag: string;
  readonly digest: Digest;
  /** The manifest that it belongs to. */
  readonly subject: Digest;
}

/** All that a repository has under tags. */
export interface RepositoryContent {
  /** Newest version first; what has no place in SemVer's order by time after it. */
  readonly images: readonly ListedImage[];
  readonly attached: readonly AttachedTag[];
}

/** Registries count requests, and slow ones are not made faster by more. */
const mostAtOnce = 8;

/** Read every tag of a repository. A tag that goes while it is read is left out; no repository is an empty one. */
export async function readRepository(repository: RegistryRepository): Promise<RepositoryContent> {
  const tags = await repository.listTags();
  const heads = await mapBounded(tags, mostAtOnce, (tag) => repository.headManifest(tag));
  const named = tags.flatMap((tag, index) => {
    const digest = heads[index]?.digest;
    return digest === undefined ? [] : [{ tag, digest }];
  });
  const attached = named.flatMap(({ tag, digest }) => {
    const subject = subjectOf(tag);
    return subject === undefined ? [] : [{ tag, digest, subject }];
  });
  const ofImages = named.filter(({ tag }) => subjectOf(tag) === undefined);
  const digests = [...new Set(ofImages.map(({ digest }) => digest))];
  const images = await mapBounded(digests, mostAtOnce, async (digest) => {
    const image = await readStoredDigest(repository, digest);
    const own = ofImages.filter((entry) => entry.digest === digest).map(({ tag }) => tag);
    return image && listedImage(image, own);
  });
  return { images: images.filter((image) => image !== undefined).toSorted(newestFirst), attached };
}

/** `sha256-<hex>` (distribution-spec, "Referrers tag schema") and what cosign adds to it: `.sig`, `.att`, `.sbom`. */
function subjectOf(tag: string): Digest | undefined {
  const hex = /^sha256-([0-9a-f]{64})(?:\.[a-z0-9]+)?$/.exec(tag)?.[1];
  return hex === undefined ? undefined : (`sha256:${hex}` as Digest);
}

function listedImage(image: StoredImage, tags: readonly string[]): ListedImage {
  const ownTag = ownTagOf(image);
  return { ...image, tags: tags.toSorted(), ...(ownTag !== undefined && tags.includes(ownTag) && { ownTag }) };
}

function ownTagOf({ version }: StoredImage): string | undefined {
  if (version === undefined || isMovingName(version)) return undefined;
  return /[A-Za-z0-9]/.test(version) ? tagOfVersion(version, /\.d[0-9a-f]{8}$/.exec(version)?.[0]) : undefined;
}

/** Whether a tag of an image is one that moves: of the releases, or of the image's branch. */
export function isMovingTag(tag: string, { branch }: StoredImage): boolean {
  return isMovingName(tag) || (branch !== undefined && tag === branchIdentifier(branch, true));
}

/** By SemVer, then by time, the newest first; then by tag. */
function newestFirst(one: ListedImage, other: ListedImage): number {
  const [mine, theirs] = [comparableVersion(one.version), comparableVersion(other.version)];
  if (mine !== undefined && theirs !== undefined) return compare(theirs, mine) || byTime(one, other);
  if (mine !== undefined || theirs !== undefined) return mine === undefined ? 1 : -1;
  return byTime(one, other);
}

function byTime(one: ListedImage, other: ListedImage): number {
  const [mine, theirs] = [timeOf(one) ?? 0, timeOf(other) ?? 0];
  return theirs - mine || (one.tags[0] ?? '').localeCompare(other.tags[0] ?? '', 'en');
}

/** When the commit was made, else the image: milliseconds since 1970; undefined where it does not say. */
export function timeOf({ created }: StoredImage): number | undefined {
  const time = Date.parse(created ?? '');
  return Number.isNaN(time) ? undefined : time;
}
