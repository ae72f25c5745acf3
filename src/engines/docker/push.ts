import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import { type Digest, parseDigest, registryOf, type Tag } from '../../core/image-name.js';
import type { Image, Release } from '../../core/plan.js';
import { digestOf, manifestTypes, RegistryClient } from '../../registry/client.js';
import { type Credential, findCredential } from '../../registry/credentials.js';
import { refusalFailure } from '../../registry/errors.js';
import type { RegistryReply } from '../../registry/http.js';
import { pushTag, statusInWords } from './engine-push.js';
import { isSameImage, tagExists } from './existing-tag.js';
import { inspectImage } from './images.js';
import type { Workshop } from './workshop.js';

/** Four attempts, full jitter (facts of registries' own clients: 0.5 to 8 s). */
const usualDelays = [1000, 4000, 8000];
const longestRetryAfter = 60_000;

interface PushJob {
  readonly docker: Docker;
  readonly image: Image;
  readonly local: Docker.ImageInspectInfo;
  readonly credential: Credential | undefined;
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
  const credential = await findCredential(registry, options);
  const path = registry === undefined ? image.repository : image.repository.slice(registry.length + 1);
  const client = new RegistryClient(registry, path, credential, context.signal);
  const job = { docker, image, local, credential, client, delays: options.retryDelays ?? usualDelays, context };
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
  const digest = reply.status === 200 ? digestOf(reply) : undefined;
  if (digest === undefined) {
    // A service may forbid reading to an account that may write; the engine's attempt decides.
    if (![401, 429].includes(reply.status) && reply.status < 500) return undefined;
    throw refusalFailure({ status: reply.status, said: wordsOf(reply) }, reference, job.credential);
  }
  if (!(await isSameImage(job.client, digest, job.local))) throw tagExists(reference, digest, job.local);
  job.context.progress.info(`${reference} is in the registry already`);
  return digest;
}

async function askUnlessUnreachable(job: PushJob, tag: Tag): Promise<RegistryReply | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const reply = await job.client
      .ask('HEAD', `manifests/${tag}`, { accept: manifestTypes })
      .catch((error: unknown) => {
        job.context.signal.throwIfAborted();
        job.context.progress.info(
          `the registry cannot be asked from here (${describeError(error)}); the engine may reach it`,
        );
        return undefined;
      });
    const delay = job.delays[attempt];
    if (!reply || !isTransient(reply.status) || delay === undefined) return reply;
    await waitToRetry(job, delay, retryAfter(reply), reply.status);
  }
}

async function pushVerified(job: PushJob, tag: Tag): Promise<Digest> {
  const { docker, image, context } = job;
  const reference = `${image.repository}:${tag}`;
  const named = await inspectImage(docker, reference);
  if (named?.Id !== job.local.Id) await docker.getImage(image.id).tag({ repo: image.repository, tag });
  for (let attempt = 0; ; attempt += 1) {
    const result = await pushTag(docker, image.repository, tag, job.credential, context);
    if (result.pushed) return verifyDigest(job, tag, result.digest);
    const { failure, wait, retry } = await diagnose(job, reference, result.error);
    const delay = job.delays[attempt];
    if (!retry || result.retried || delay === undefined) throw failure;
    await waitToRetry(job, delay, wait, failure.message);
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
    const failure = refusalFailure({ status: told, said }, reference, job.credential);
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

async function beginUpload(job: PushJob): Promise<RegistryReply> {
  const reply = await job.client.ask('POST', 'blobs/uploads/');
  const location = reply.headers.location;
  if (reply.status === 202 && location !== undefined) await job.client.ask('DELETE', location).catch(() => {});
  return reply;
}

async function verifyDigest(job: PushJob, tag: Tag, pushed: string | undefined): Promise<Digest> {
  const reply = await job.client.ask('HEAD', `manifests/${tag}`, { accept: manifestTypes }).catch(() => undefined);
  const found = reply?.status === 200 ? digestOf(reply) : undefined;
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
  const manifest = await job.client.ask('GET', `manifests/${digest}`, { accept: manifestTypes });
  const type = manifest.headers['content-type'];
  if (manifest.status !== 200 || type === undefined) return false;
  const reply = await job.client.ask('PUT', `manifests/${tag}`, { 'content-type': type }, manifest.body);
  return reply.status === 201;
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(reply: RegistryReply): number | undefined {
  const value = reply.headers['retry-after'];
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) && wait > 0 ? wait : undefined;
}

async function waitToRetry(
  job: PushJob,
  delay: number,
  asked: number | undefined,
  why: number | string,
): Promise<void> {
  const wait = asked === undefined ? Math.random() * delay : Math.min(asked, longestRetryAfter);
  job.context.progress.info(`trying again in ${(wait / 1000).toFixed(1)} s (${why})`);
  await pause(wait, undefined, { signal: job.context.signal });
}

function wordsOf(reply: RegistryReply): string {
  return reply.body.toString('utf8').split('\n')[0]?.slice(0, 300) ?? '';
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
