import { Failure } from '../../core/failure.js';
import { type Digest, parseDigest, type Tag } from '../../core/image-name.js';
import { refusalFailure } from '../../registry/errors.js';
import type { RegistryReply } from '../../registry/http.js';
import { isTransient, retryAfter, waitToRetry } from '../../registry/retry.js';
import { pushTag, statusInWords } from './engine-push.js';
import { inspectImage } from './images.js';
import type { PushJob } from './push-job.js';

/** Have the engine push one tag, as often as the rules for retries allow. The digest is the registry's own word where it can be asked. */
export async function pushByEngine(job: PushJob, tag: Tag): Promise<Digest> {
  const { docker, image, context } = job;
  const reference = `${image.repository}:${tag}`;
  const named = await inspectImage(docker, reference);
  if (named?.Id !== job.local.Id) await docker.getImage(image.id).tag({ repo: image.repository, tag });
  for (let attempt = 0; ; attempt += 1) {
    const result = await pushTag(docker, image.repository, tag, job.client.search.credential, context);
    if (result.pushed) return verifyDigest(job, tag, result.digest);
    const { failure, wait, retry } = await diagnose(job, reference, result.error);
    const delay = job.delays[attempt];
    if (!retry || result.retried || delay === undefined) throw failure;
    await waitToRetry(context, delay, wait, failure.message);
  }
}

interface Diagnosis {
  readonly failure: Failure;
  readonly retry: boolean;
  /** Milliseconds the registry asks to wait. */
  readonly wait?: number | undefined;
}

/** Ask the registry itself why the engine's push failed: beginning an upload needs the same rights, and answers in codes. */
async function diagnose(job: PushJob, reference: string, said: string): Promise<Diagnosis> {
  const { client } = job;
  const asked = await beginUpload(job).catch((error: unknown) => ({ error }));
  const reached = !('error' in asked);
  const told = reached && asked.status >= 400 ? asked.status : statusInWords(said);
  if (told !== undefined) {
    const failure = refusalFailure({ status: told, said }, reference, client.search);
    return { failure, retry: isTransient(told), wait: reached ? retryAfter(asked) : undefined };
  }
  if (!reached) return { failure: unreachable(reference, said, asked.error), retry: false };
  const failure = new Failure('push.failed', {
    message: `The push failed: ${said}`,
    where: reference,
    remedy: engineRemedy(client.place.host, client.isSpecial),
  });
  return { failure, retry: !client.isSpecial };
}

/** The engine has settings of its own for registries, on its own machine, and reads none of ours. */
function engineRemedy(host: string, isSpecial: boolean): string {
  const own = 'or let Slipway send the image itself: --set push.by=slipway.';
  return isSpecial
    ? `The engine does not read Slipway's settings: on its machine, list ${host} in insecure-registries (daemon.json) or put its authority into /etc/docker/certs.d/${host}/ca.crt; ${own}`
    : `See what the engine says. This machine reaches the registry: run the same command again, ${own}`;
}

async function beginUpload({ client }: PushJob): Promise<RegistryReply> {
  const reply = await client.request({ method: 'POST', to: 'blobs/uploads/' });
  const { location } = reply.headers;
  if (reply.status === 202 && location !== undefined) {
    const to = client.resolveLocation(location, reply.url);
    await client.request({ method: 'DELETE', to }).catch(() => {});
  }
  return reply;
}

async function verifyDigest(job: PushJob, tag: Tag, pushed: string | undefined): Promise<Digest> {
  const held = job.isAway ? undefined : await job.registry.headManifest(tag).catch(() => undefined);
  const digest = pushed ?? held?.digest;
  const where = `${job.image.repository}:${tag}`;
  if (digest === undefined)
    throw new Failure('push.failed', { message: 'Neither engine nor registry gives a digest', where });
  if (held !== undefined && held.digest !== digest) {
    const message = `The registry has ${held.digest} under the tag just pushed as ${digest}`;
    throw new Failure('push.failed', { message, where, remedy: 'See who else pushes this tag.' });
  }
  return parseDigest(digest);
}

function unreachable(reference: string, said: string, cause: unknown): Failure {
  return new Failure('push.registry-unreachable', {
    message: `The registry cannot be reached: ${said}`,
    where: reference,
    remedy: 'See whether it runs and whether its address is right.',
    cause,
  });
}
