import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import { type Digest, parseDigest, registryOf, type Tag } from '../../core/image-name.js';
import type { Image, Release } from '../../core/plan.js';
import type { LocatedReply, RegistryClient } from '../../registry/client.js';
import { type CredentialSearch, searchCredential } from '../../registry/credentials.js';
import { refusalFailure } from '../../registry/errors.js';
import { manifestTypes, statedDigest } from '../../registry/reply.js';
import { openClient } from '../../registry/repository.js';
import { isTransient, retryAfter, usualDelays, waitToRetry, wordsOf } from '../../registry/retry.js';
import { pushTag, statusInWords } from './engine-push.js';
import { isSameImage, tagExists } from './existing-tag.js';
import { inspectImage } from './images.js';
import type { Workshop } from './workshop.js';

interface PushJob {
  readonly docker: Docker;
  readonly image: Image;
  readonly local: Docker.ImageInspectInfo;
  readonly search: CredentialSearch;
  readonly client: RegistryClient;
  readonly delays: readonly number[];
  readonly context: RunContext;
}

/** Push every tag: see `Engine.push`. The first is immutable: it is never overwritten with other content. */
export async function pushImage(workshop: Workshop, image: Image, context: RunContext): Promise<Release> {
  const { docker, options } = workshop;
  const local = await inspectImage(docker, image.id);
  const [first, ...others] = image.tags;
  if (!local || first === undefined) throw imageMissing(image);
  const registry = registryOf(image.repository);
  const search = await searchCredential(registry, options);
  const client = await openClient(image.repository, options, context);
  const job = { docker, image, local, search, client, delays: options.retryDelays ?? usualDelays, context };
  const existing = await findExisting(job, first);
  const digest = existing ?? (await pushVerified(job, first));
  for (const tag of others) await pushOther(job, tag, digest, existing !== undefined);
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

/** The digest under the immutable tag when it is this image already. Throws `push.tag-exists` when it is another. */
async function findExisting(job: PushJob, tag: Tag): Promise<Digest | undefined> {
  const reference = `${job.image.repository}:${tag}`;
  const reply = await askUnlessUnreachable(job, tag);
  if (reply === undefined || reply.status === 404) return undefined;
  const digest = reply.status === 200 ? statedDigest(reply) : undefined;
  if (digest === undefined) {
    // A service may forbid reading to an account that may write; the engine's attempt decides.
    if (![401, 429].includes(reply.status) && reply.status < 500) return undefined;
    throw refusalFailure({ status: reply.status, said: wordsOf(reply) }, reference, job.search);
  }
  if (!(await isSameImage(job.client, digest, job.local))) throw tagExists(reference, digest, job.local);
  job.context.progress.info(`${reference} is in the registry already`);
  return digest;
}

async function askUnlessUnreachable(job: PushJob, tag: Tag): Promise<LocatedReply | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const reply = await job.client
      .request({ method: 'HEAD', to: `manifests/${tag}`, headers: { accept: manifestTypes } })
      .catch((error: unknown) => {
        job.context.signal.throwIfAborted();
        job.context.progress.info(
          `the registry cannot be asked from here (${describeError(error)}); the engine may reach it`,
        );
        return undefined;
      });
    const delay = job.delays[attempt];
    if (!reply || !isTransient(reply.status) || delay === undefined) return reply;
    await waitToRetry(job.context, delay, retryAfter(reply), String(reply.status));
  }
}

async function pushVerified(job: PushJob, tag: Tag): Promise<Digest> {
  const { docker, image, context } = job;
  const reference = `${image.repository}:${tag}`;
  const named = await inspectImage(docker, reference);
  if (named?.Id !== job.local.Id) await docker.getImage(image.id).tag({ repo: image.repository, tag });
  for (let attempt = 0; ; attempt += 1) {
    const result = await pushTag(docker, image.repository, tag, job.search.credential, context);
    if (result.pushed) return verifyDigest(job, tag, result.digest);
    const { failure, wait, retry } = await diagnose(job, reference, result.error);
    const delay = job.delays[attempt];
    if (!retry || result.retried || delay === undefined) throw failure;
    await waitToRetry(job.context, delay, wait, failure.message);
  }
}

interface Diagnosis {
  readonly failure: Failure;
  readonly retry: boolean;
  /** Milliseconds the registry asks to wait. */
  readonly wait?: number;
}

/** Ask the registry itself why the engine's push failed: beginning an upload needs the same rights, and answers in codes. */
async function diagnose(job: PushJob, reference: string, said: string): Promise<Diagnosis> {
  const asked = await beginUpload(job).catch((error: unknown) => ({ error }));
  const reached = !('error' in asked);
  const told = reached && asked.status >= 400 ? asked.status : statusInWords(said);
  if (told !== undefined) {
    const failure = refusalFailure({ status: told, said }, reference, job.search);
    const wait = reached ? retryAfter(asked) : undefined;
    return { failure, retry: isTransient(told), ...(wait !== undefined && { wait }) };
  }
  if (reached) {
    const remedy = 'See what the engine says; run the same command again.';
    const failure = new Failure('push.failed', { message: `The push failed: ${said}`, where: reference, remedy });
    return { failure, retry: true };
  }
  return { failure: unreachable(reference, said, asked.error), retry: false };
}

async function beginUpload(job: PushJob): Promise<LocatedReply> {
  const reply = await job.client.request({ method: 'POST', to: 'blobs/uploads/' });
  const location = reply.headers.location;
  if (reply.status === 202 && location !== undefined)
    await job.client.request({ method: 'DELETE', to: job.client.resolveLocation(location, reply.url) }).catch(() => {});
  return reply;
}

async function verifyDigest(job: PushJob, tag: Tag, pushed: string | undefined): Promise<Digest> {
  const reply = await job.client
    .request({ method: 'HEAD', to: `manifests/${tag}`, headers: { accept: manifestTypes } })
    .catch(() => undefined);
  const found = reply?.status === 200 ? statedDigest(reply) : undefined;
  const digest = pushed ?? found;
  const where = `${job.image.repository}:${tag}`;
  if (digest === undefined)
    throw new Failure('push.failed', { message: 'Neither engine nor registry gives a digest', where });
  if (found !== undefined && found !== digest) {
    const message = `The registry has ${found} under the tag just pushed as ${digest}`;
    throw new Failure('push.failed', { message, where, remedy: 'See who else pushes this tag.' });
  }
  return parseDigest(digest);
}

/**
 * A further tag, for the same bytes: the manifest is put again under its name where we reach the registry; else the
 * engine pushes it, when the digest is its own.
 */
async function pushOther(job: PushJob, tag: Tag, digest: Digest, foreign: boolean): Promise<void> {
  if (await putManifest(job, tag, digest).catch(() => false)) return;
  const pushed = await pushVerified(job, tag);
  if (pushed === digest) return;
  const message = `The tags of one image have different digests: ${digest} and ${pushed}`;
  const remedy = foreign ? 'Let this machine reach the registry.' : 'Push again.';
  throw new Failure('push.failed', { message, where: `${job.image.repository}:${tag}`, remedy });
}

async function putManifest(job: PushJob, tag: Tag, digest: Digest): Promise<boolean> {
  const manifest = await job.client.request({
    method: 'GET',
    to: `manifests/${digest}`,
    headers: { accept: manifestTypes },
  });
  const type = manifest.headers['content-type'];
  if (manifest.status !== 200 || type === undefined) return false;
  const reply = await job.client.request({
    method: 'PUT',
    to: `manifests/${tag}`,
    headers: { 'content-type': type },
    body: manifest.body,
  });
  return reply.status === 201;
}

function imageMissing(image: Image): Failure {
  return new Failure('push.image-missing', {
    message: 'The engine does not have the image that is to be pushed',
    where: `${image.repository}:${image.tags[0] ?? image.version}`,
    remedy: 'Build it on this engine first: `slipway build`.',
  });
}

function unreachable(reference: string, said: string, cause: unknown): Failure {
  return new Failure('push.registry-unreachable', {
    message: `The registry cannot be reached: ${said}`,
    where: reference,
    remedy: 'See whether it runs and whether its address is right.',
    cause,
  });
}
