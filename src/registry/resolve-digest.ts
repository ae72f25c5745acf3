import { describeError, Failure } from '../core/failure.js';
import { type Digest, parseImageReference } from '../core/image-name.js';
import type { StoredManifest } from '../core/registry.js';
import { member, textMember } from '../formats/json-member.js';
import type { Surroundings } from './credential.js';
import { openRepository } from './repository.js';

/** What a registry is asked for. */
export interface DigestQuestion {
  /** `name:tag`. */
  readonly image: string;
  /** The digest that is known: where it is still the tag's, nothing more is read. */
  readonly known?: Digest;
  /** `os/arch` that the image must have. */
  readonly platform: string;
}

/**
 * The digest that a tag has in its registry now: that of the index where the image is for several platforms, so that one
 * pin serves all of them. HEAD first, which Docker Hub does not count as a pull. Throws `build.base-image` where there is no such
 * tag or not for the platform, `push.registry-unreachable`, `push.unauthorized` and their like where the registry cannot be asked.
 */
export async function resolveDigest(
  question: DigestQuestion,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Digest> {
  const { repository, tag = 'latest' } = parseImageReference(question.image);
  const registry = await openRepository(repository, surroundings, { signal, actions: 'pull' });
  try {
    const held = await registry.headManifest(tag);
    if (held !== undefined && held.digest === question.known) return held.digest;
    const manifest = held && (await registry.getManifest(held.digest));
    if (manifest === undefined) throw unusable(question.image, 'its registry has no such tag');
    checkPlatform(manifest, question);
    return manifest.digest;
  } catch (error) {
    throw error instanceof Failure ? aboutImage(error, question.image) : error;
  }
}

/** Several images may be asked for at once: each failure names its own. */
function aboutImage(failure: Failure, image: string): Failure {
  if (failure.code === 'push.registry-unreachable') {
    const why = describeError(failure.cause ?? failure);
    return new Failure(failure.code, {
      ...failure.details,
      message: `The registry of ${image} cannot be reached: ${why}`,
    });
  }
  return failure.code === 'push.failed' ? unusable(image, failure.message) : failure;
}

function checkPlatform(manifest: StoredManifest, { image, platform }: DigestQuestion): void {
  const entries = member(parse(manifest), 'manifests');
  if (!Array.isArray(entries)) return;
  const platforms = entries.map(platformOf);
  if (platforms.some((known) => known === platform || known.startsWith(`${platform}/`))) return;
  throw unusable(
    image,
    `it is not for ${platform}, but for ${platforms.filter((known) => !known.includes('unknown')).join(', ')}`,
  );
}

function platformOf(entry: unknown): string {
  const parts = ['os', 'architecture', 'variant'].map((key) => textMember(entry, 'platform', key));
  return parts.filter((part) => part !== undefined && part !== '').join('/');
}

function parse({ bytes }: StoredManifest): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function unusable(image: string, why: string): Failure {
  return new Failure('build.base-image', {
    message: `${image} cannot be pinned: ${why}`,
    where: image,
    remedy: 'Check its name, or name another with image.base or build.image.',
  });
}
