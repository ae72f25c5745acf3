import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { type Digest, parseDigest, type Tag } from '../../core/image-name.js';
import type { Image, Release } from '../../core/plan.js';
import { textMember } from '../../formats/json-member.js';
import { registryAuth } from '../../registry/credential.js';
import { openClient, repositoryOver } from '../../registry/repository.js';
import { usualDelays } from '../../registry/retry.js';
import { engineMessage, statusOf } from './engine-error.js';
import { isSameImage, tagExists } from './existing-tag.js';
import { inspectImage } from './images.js';
import { pushByEngine } from './push-by-engine.js';
import { pushBySlipway } from './push-by-slipway.js';
import type { PushJob } from './push-job.js';
import type { Workshop } from './workshop.js';

/** Push every tag: see `Engine.push`. They are immutable: none is ever overwritten with other content, and none sent again. */
export async function pushImage(workshop: Workshop, image: Image, context: RunContext): Promise<Release> {
  const opened = await openJob(workshop, image, context);
  const [first] = image.tags;
  if (first === undefined) throw imageMissing(image);
  const { held: digestOfFirst, isAway } = await lookUp(opened, first);
  const job = { ...opened, isAway };
  const others = image.tags.slice(1);
  const held = new Map<Tag, Digest | undefined>([[first, digestOfFirst]]);
  for (const tag of others) held.set(tag, (await lookUp(job, tag)).held);
  const known = [...held.values()].find((digest) => digest !== undefined);
  for (const [tag, digest] of held) {
    if (digest !== undefined) context.progress.info(`${image.repository}:${tag} is in the registry already`);
  }
  const digest = known ?? (await send(job, first));
  for (const tag of image.tags) {
    if (held.get(tag) === undefined && (known !== undefined || tag !== first))
      await nameToo(job, tag, digest, known !== undefined);
  }
  return releaseOf(image, digest);
}

async function openJob(workshop: Workshop, image: Image, context: RunContext): Promise<PushJob> {
  const { docker, options } = workshop;
  const local = await inspectImage(docker, image.id);
  if (!local) throw imageMissing(image);
  const client = await openClient(image.repository, options, context);
  const registry = repositoryOver(client, image.repository);
  const delays = options.retryDelays ?? usualDelays;
  return { workshop, docker, image, local, client, registry, delays, context, isAway: false };
}

/**
 * The digest under an immutable tag when it is this image already. Only a 404 says that there is none: whoever may not see the
 * tag could overwrite it. Where this machine does not reach the registry the engine is asked. Throws `push.tag-exists` when it
 * is another image, and as the registry refuses.
 */
async function lookUp(
  job: PushJob,
  tag: Tag,
): Promise<{ readonly held: Digest | undefined; readonly isAway: boolean }> {
  const { registry, image, local, context } = job;
  const reference = `${image.repository}:${tag}`;
  let { isAway } = job;
  let held: Digest | undefined;
  try {
    held = isAway ? await askEngine(job, reference) : (await registry.headManifest(tag))?.digest;
  } catch (error) {
    if (isAway || !(error instanceof Failure) || error.code !== 'push.registry-unreachable') throw error;
    held = await askEngine(job, reference, error);
    isAway = true;
    context.progress.info('the registry cannot be asked from here; the engine reaches it');
  }
  if (held !== undefined && !(await isSameImage(isAway ? undefined : registry, held, local)))
    throw tagExists(reference, held, local);
  return { held, isAway };
}

/** The engine's word for the digest of a tag. Throws `unreachable`, our own failure to reach the registry, where it fails too. */
async function askEngine(job: PushJob, reference: string, unreachable?: Failure): Promise<Digest | undefined> {
  const { docker, client, context } = job;
  const options = { authconfig: registryAuth(client.search.credential), abortSignal: context.signal };
  try {
    const found: unknown = await docker.getImage(reference).distribution(options);
    return parseDigest(textMember(found, 'Descriptor', 'digest') ?? '');
  } catch (error) {
    context.signal.throwIfAborted();
    if (statusOf(error) === 404) return undefined;
    throw (
      unreachable ??
      new Failure('push.registry-unreachable', {
        message: `The registry cannot be reached: ${engineMessage(error)}`,
        where: reference,
        remedy: 'See whether it runs and whether its address is right.',
        cause: error,
      })
    );
  }
}

async function send(job: PushJob, tag: Tag): Promise<Digest> {
  const by = (await job.workshop.options.pushBy?.()) ?? 'engine';
  return by === 'slipway' && !job.isAway ? pushBySlipway(job, tag) : pushByEngine(job, tag);
}

/**
 * A further tag, for the same bytes: the manifest is put again under its name where we reach the registry; else the
 * engine pushes it, when the digest is its own.
 */
async function nameToo(job: PushJob, tag: Tag, digest: Digest, isForeign: boolean): Promise<void> {
  const manifest = job.isAway ? undefined : await job.registry.getManifest(digest);
  if (manifest !== undefined) {
    await job.registry.putManifest(tag, manifest.mediaType, manifest.bytes);
    return;
  }
  const pushed = await pushByEngine(job, tag);
  if (pushed === digest) return;
  const message = `The tags of one image have different digests: ${digest} and ${pushed}`;
  const remedy = isForeign ? 'Let this machine reach the registry.' : 'Push again.';
  throw new Failure('push.failed', { message, where: `${job.image.repository}:${tag}`, remedy });
}

function releaseOf(image: Image, digest: Digest): Release {
  return {
    format: 1,
    repository: image.repository,
    digest,
    version: image.version,
    tags: image.tags,
    size: image.size,
    kind: image.kind,
    ...(image.revision !== undefined && { commit: image.revision }),
  };
}

function imageMissing(image: Image): Failure {
  return new Failure('push.image-missing', {
    message: 'The engine does not have the image that is to be pushed',
    where: `${image.repository}:${image.tags[0] ?? image.version}`,
    remedy: 'Build it on this engine first: `slipway build`.',
  });
}
