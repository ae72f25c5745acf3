import { createHash } from 'node:crypto';
import { Failure } from '../core/failure.js';
import { type Digest, parseDigest } from '../core/image-name.js';
import type { LocatedReply } from './client.js';
import { corruptCode } from './retry.js';

/** Media types of manifests and indexes, of both families (OCI distribution-spec, "Pulling manifests"). */
export const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

export function sha256(bytes: Uint8Array | string): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** Whether a reference to a manifest is its digest. */
export function isDigest(reference: string): reference is Digest {
  return reference.includes(':');
}

/** The digest that a registry says a manifest has; undefined where it says none. Throws `push.failed` for one that is none. */
export function statedDigest(reply: LocatedReply): Digest | undefined {
  const stated = reply.headers['docker-content-digest'];
  if (typeof stated !== 'string' || stated === '') return undefined;
  try {
    return parseDigest(stated);
  } catch (cause) {
    throw strange(reply, `the digest '${stated.slice(0, 100)}'`, cause);
  }
}

/** `Content-Type` without its parameters; empty where there is none. */
export function mediaTypeOf(reply: LocatedReply): string {
  return (reply.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

/** Throws the kind of error that is tried again, where bytes are not what their digest says. */
export function proveDigest(bytes: Uint8Array, digest: Digest): void {
  const own = sha256(bytes);
  if (own === digest) return;
  const message = `the registry sends ${own} for ${digest}`;
  throw Object.assign(new Error(message), { code: corruptCode });
}

/** Throws `push.failed` for an answer that is not JSON. */
export function parseJsonReply(reply: LocatedReply): unknown {
  try {
    return JSON.parse(reply.body.toString('utf8'));
  } catch (cause) {
    throw strange(reply, 'something that is not JSON', cause);
  }
}

/** A registry that does not keep to the distribution specification. */
export function strange(reply: LocatedReply, what: string, cause?: unknown): Failure {
  return new Failure('push.failed', {
    message: `The registry answers with ${what}`,
    where: `${reply.url.origin}${reply.url.pathname}`,
    remedy: 'See what answers there: a registry speaks the OCI distribution specification.',
    cause,
  });
}

/** The `rel="next"` of a `Link` header (RFC 8288); undefined on the last page. */
export function nextPage(reply: LocatedReply): string | undefined {
  const header = reply.headers.link;
  for (const [, target, parameters] of [header ?? '']
    .flat()
    .join(', ')
    .matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (/;\s*rel="?next"?/i.test(parameters ?? '')) return target;
  }
  return undefined;
}
