import { Failure } from '../core/failure.js';
import type { Digest } from '../core/image-name.js';
import type { Descriptor, StoredManifest } from '../core/registry.js';
import { textMember } from '../formats/json-member.js';
import type { RegistryClient } from './client.js';
import { isDigest, manifestTypes, mediaTypeOf, proveDigest, sha256, statedDigest, strange } from './reply.js';

/** One attempt, to be repeated whole. */
export async function headManifest(client: RegistryClient, reference: string): Promise<Descriptor | undefined> {
  const headers = { accept: manifestTypes };
  const reply = await client.expect([200, 404], { method: 'HEAD', to: `manifests/${reference}`, headers });
  if (reply.status === 404) return undefined;
  const digest = statedDigest(reply);
  const size = Number(reply.headers['content-length']);
  const mediaType = mediaTypeOf(reply);
  // A registry need not say the digest (distribution-spec 1.1, "Pulling manifests"); then the bytes tell.
  if (digest === undefined || !Number.isSafeInteger(size) || size === 0 || mediaType === '') {
    const manifest = await getManifest(client, reference);
    return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
  }
  if (isDigest(reference) && digest !== reference) throw strange(reply, `the digest ${digest} for ${reference}`);
  return { mediaType, digest, size };
}

/** One attempt, to be repeated whole. */
export async function getManifest(client: RegistryClient, reference: string): Promise<StoredManifest | undefined> {
  const headers = { accept: manifestTypes };
  const reply = await client.expect([200, 404], { method: 'GET', to: `manifests/${reference}`, headers });
  if (reply.status === 404) return undefined;
  const digest = isDigest(reference) ? reference : (statedDigest(reply) ?? sha256(reply.body));
  proveDigest(reply.body, digest);
  const mediaType = mediaTypeOf(reply);
  const own = ownMediaType(reply.body);
  // Two readings of one document (distribution-spec, "Pulling manifests": the header must be the document's own type).
  if (own !== undefined && mediaType !== own)
    throw strange(reply, `a manifest of type ${own}, and calls it '${mediaType}'`);
  return { mediaType, digest, size: reply.body.length, bytes: reply.body };
}

function ownMediaType(bytes: Buffer): string | undefined {
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    return textMember(document, 'mediaType');
  } catch {
    return undefined;
  }
}

/** What came of a manifest that was put: one attempt, to be repeated whole. */
export async function putManifest(
  client: RegistryClient,
  reference: string,
  mediaType: string,
  bytes: Uint8Array,
): Promise<{ readonly digest: Digest; readonly knowsSubjects: boolean }> {
  const digest = sha256(bytes);
  if (isDigest(reference) && reference !== digest) {
    throw new Failure('push.failed', { message: `A manifest with the digest ${digest} was to be put as ${reference}` });
  }
  const headers = { 'content-type': mediaType };
  const reply = await client.expect([200, 201, 202, 204], {
    method: 'PUT',
    to: `manifests/${reference}`,
    headers,
    body: bytes,
  });
  const stated = statedDigest(reply);
  if (stated !== undefined && stated !== digest)
    throw strange(reply, `the digest ${stated} for a manifest with ${digest}`);
  return { digest, knowsSubjects: reply.headers['oci-subject'] !== undefined };
}
