import type { Descriptor } from '../core/registry.js';
import type { RegistryClient } from './client.js';
import type { RequestBody } from './http.js';
import { strange } from './reply.js';
import { againCode } from './retry.js';

/** HEAD a blob. False: it is not there; throws for `transaction` to judge. */
export async function hasBlob(client: RegistryClient, digest: string): Promise<boolean> {
  const reply = await client.expect([200, 404], { method: 'HEAD', to: `blobs/${digest}` });
  return reply.status === 200;
}

/**
 * Upload a blob in one piece (distribution-spec, "POST then PUT"), if the registry does not have it: also when the reply to
 * an earlier upload of it was lost. One attempt; to be repeated whole.
 */
export async function uploadBlob(
  client: RegistryClient,
  { digest }: Pick<Descriptor, 'digest'>,
  body: RequestBody,
): Promise<'there' | 'sent'> {
  if (await hasBlob(client, digest)) return 'there';
  const begun = await client.expect([202], { method: 'POST', to: 'blobs/uploads/' });
  const { location } = begun.headers;
  if (location === undefined) throw strange(begun, 'no place to upload to');
  // The location may carry state in its query, which stays.
  const to = client.resolveLocation(location, begun.url);
  to.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const ended = await client.expect([201, 204, 404, 416], { method: 'PUT', to, headers, body });
  // BLOB_UPLOAD_UNKNOWN: the session is over, or another process of the registry began it.
  if (ended.status >= 400) throw Object.assign(new Error('the registry lost the upload'), { code: againCode });
  return 'sent';
}
