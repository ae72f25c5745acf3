import { Failure } from '../core/failure.js';
import type { Digest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { mapBounded } from './bounded.js';
import { type ListedImage, type RepositoryContent, readRepository } from './read-repository.js';
import { type Claims, type Fate, judgeRetention, type RetentionRule } from './retention.js';

/** A look at a repository: what it has, and what becomes of it. */
export interface PrunePlan {
  readonly content: RepositoryContent;
  readonly fates: readonly Fate[];
}

export interface PruneJob {
  readonly repository: RegistryRepository;
  readonly rule: RetentionRule;
  /** Who names images outside of the registry; read anew each time. Throws where that cannot be read: nothing is deleted then. */
  readonly readClaims: () => Promise<Claims>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Look what is there and what would go; changes nothing. */
export async function planPrune(job: PruneJob): Promise<PrunePlan> {
  const [content, claims] = await Promise.all([readRepository(job.repository), job.readClaims()]);
  return { content, fates: judgeRetention(content.images, job.rule, claims, job.now) };
}

/** What became of the images that were to go. */
export interface PruneResult {
  readonly deleted: readonly ListedImage[];
  /** Those that somebody came to need between the looks. */
  readonly spared: readonly Fate[];
  /** Manifests that went with them: referrers, signatures, images of an index. */
  readonly attachments: number;
}

/**
 * Delete what goes. Everything is looked at once more first, and each image right before it goes: one that another tag names by
 * then, or a template, is spared. What refers to an image goes before it, so that a run which dies leaves nothing behind that no
 * later run would find. Throws the registry's refusal, which says what was deleted before it.
 */
export async function applyPrune(
  job: PruneJob,
  plan: PrunePlan,
  told: (image: ListedImage) => void,
): Promise<PruneResult> {
  const wanted = new Set(plan.fates.filter(({ goes }) => goes).map(({ image }) => image.digest));
  const now = await planPrune(job);
  const again = now.fates.filter(({ image }) => wanted.has(image.digest));
  const spared = again.filter(({ goes }) => !goes);
  const deleted: ListedImage[] = [];
  let attachments = 0;
  const staying = new Set(
    now.fates.filter(({ goes }) => !goes).flatMap(({ image }) => [image.digest, ...image.children]),
  );
  for (const { image } of again.filter(({ goes }) => goes)) {
    const holder = await findOtherTag(job.repository, image, now.content);
    if (holder !== undefined) {
      spared.push({ image, goes: false, because: `${holder} was moved to it meanwhile` });
      continue;
    }
    try {
      attachments += await deleteWhole(job.repository, image, now.content, staying);
    } catch (error) {
      throw withAccount(error, deleted);
    }
    deleted.push(image);
    told(image);
  }
  return { deleted, spared, attachments };
}

/** A tag that names the image now and is none that it had: of those that move, and of those that came since. */
async function findOtherTag(
  repository: RegistryRepository,
  image: ListedImage,
  content: RepositoryContent,
): Promise<string | undefined> {
  const fixed = new Set([
    ...content.images.flatMap(({ ownTag }) => (ownTag === undefined ? [] : [ownTag])),
    ...content.attached.map(({ tag }) => tag),
  ]);
  const tags = (await repository.listTags()).filter((tag) => !fixed.has(tag) && !image.tags.includes(tag));
  const heads = await mapBounded(tags, 8, (tag) => repository.headManifest(tag));
  return tags.find((_tag, index) => heads[index]?.digest === image.digest);
}

/** What belongs to the image, then itself. Returns how many others went. */
async function deleteWhole(
  repository: RegistryRepository,
  image: ListedImage,
  content: RepositoryContent,
  staying: ReadonlySet<Digest>,
): Promise<number> {
  const listed = new Set(content.images.map(({ digest }) => digest));
  const parts = image.children.filter((child) => !staying.has(child) && !listed.has(child));
  const owned: Digest[] = [];
  for (const subject of [image.digest, ...parts]) {
    owned.push(...(await ownedBy(repository, subject, content, 0)));
  }
  // Nothing that has a life of its own goes along, whatever it says it refers to.
  const going = [...new Set(owned)].filter((digest) => !listed.has(digest) && !staying.has(digest));
  for (const digest of going) await repository.deleteManifest(digest);
  await repository.deleteManifest(image.digest);
  for (const digest of parts) await repository.deleteManifest(digest);
  return going.length + parts.length;
}

/** Referrers and attached tags of a manifest, and theirs, the outermost first. */
async function ownedBy(
  repository: RegistryRepository,
  subject: Digest,
  content: RepositoryContent,
  depth: number,
): Promise<readonly Digest[]> {
  if (depth > 3) return [];
  const referrers = (await repository.listReferrers(subject)).map(({ digest }) => digest);
  const tagged = content.attached.filter((entry) => entry.subject === subject).map(({ digest }) => digest);
  const shared = new Set(content.attached.filter((entry) => entry.subject !== subject).map(({ digest }) => digest));
  const own = [...referrers, ...tagged].filter((digest) => !shared.has(digest) && digest !== subject);
  const inner: Digest[] = [];
  for (const digest of own) inner.push(...(await ownedBy(repository, digest, content, depth + 1)));
  return [...inner, ...own];
}

function withAccount(error: unknown, deleted: readonly ListedImage[]): unknown {
  if (!(error instanceof Failure)) return error;
  const before = deleted.length === 0 ? 'nothing was deleted' : `${deleted.length} images were deleted before`;
  return new Failure(error.code, {
    message: `${error.message}; ${before}`,
    ...(error.where !== undefined && { where: error.where }),
    remedy:
      error.code === 'push.forbidden'
        ? 'Let this account delete manifests, or switch deleting on in the registry; where it has a retention of its own, use that one: it knows nothing of what is deployed, so let it keep more.'
        : 'Run the same command again: it goes on from here.',
    cause: error,
  });
}
