import { createHash } from 'node:crypto';
import { describeError, Failure } from '../core/failure.js';
import { type Digest, formatImageReference, parseDigest, parseImageReference, registryOf } from '../core/image-name.js';
import { member, textMember } from '../formats/json-member.js';
import { digestOf, manifestTypes, RegistryClient } from './client.js';
import { type Credential, describeCredential, findCredential, type Surroundings } from './credentials.js';
import { pushCode } from './errors.js';
import type { RegistryReply } from './http.js';

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
  const registry = registryOf(repository);
  const credential = await findCredential(registry, surroundings);
  const path = registry === undefined ? repository : repository.slice(registry.length + 1);
  const client = new RegistryClient(registry, path, credential, signal, 'pull');
  const ask = async (method: string, reference: string): Promise<RegistryReply> =>
    answered(await asked(client, method, reference, question.image, signal), question.image, credential);
  const digest = digestOf(await ask('HEAD', tag));
  if (digest !== undefined && digest === question.known) return digest;
  const manifest = await ask('GET', digest ?? tag);
  const own = parseDigest(`sha256:${createHash('sha256').update(manifest.body).digest('hex')}`);
  if (digest !== undefined && digest !== own)
    throw unusable(question.image, `its registry says ${digest}, and sends something else (${own})`);
  checkPlatform(manifest, question);
  return own;
}

async function asked(
  client: RegistryClient,
  method: string,
  reference: string,
  image: string,
  signal: AbortSignal,
): Promise<RegistryReply> {
  try {
    return await client.ask(method, `manifests/${reference}`, { accept: manifestTypes });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Failure('push.registry-unreachable', {
      message: `The registry of ${image} cannot be reached: ${describeError(cause)}`,
      where: image,
      remedy:
        'See whether this machine reaches it, or name an image of a registry that it reaches (image.base, build.image).',
      cause,
    });
  }
}

function answered(reply: RegistryReply, image: string, credential: Credential | undefined): RegistryReply {
  if (reply.status === 200) return reply;
  if (reply.status === 404) throw unusable(image, 'its registry has no such tag');
  const { repository } = parseImageReference(image);
  throw new Failure(pushCode(reply.status), {
    message: `The registry does not tell the digest of ${image} (${reply.status}); it was shown ${describeCredential(credential)}`,
    where: image,
    remedy:
      reply.status === 429 || reply.status >= 500
        ? 'Wait, then run the same command again.'
        : `Log in with \`docker login\` where ${formatImageReference({ repository })} may be read, or check its name.`,
  });
}

function checkPlatform(reply: RegistryReply, { image, platform }: DigestQuestion): void {
  const entries = member(parse(reply), 'manifests');
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

function parse(reply: RegistryReply): unknown {
  try {
    return JSON.parse(reply.body.toString('utf8'));
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
