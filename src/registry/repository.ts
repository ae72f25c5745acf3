import { type Repository, registryOf } from '../core/image-name.js';
import type { Progress } from '../core/progress.js';
import { silentProgress } from '../core/progress.js';
import type { RegistryRepository } from '../core/registry.js';
import { Authorizer } from './authorizer.js';
import { uploadBlob } from './blobs.js';
import { RegistryClient } from './client.js';
import { type Surroundings, usualAccess } from './credential.js';
import { searchCredential } from './credentials.js';
import { placeOf } from './hosts.js';
import { getManifest, headManifest, putManifest } from './manifests.js';
import { listReferrers, putReferrer } from './referrers.js';
import { isDigest, proveDigest, sha256 } from './reply.js';
import { usualDelays } from './retry.js';
import { listTags } from './tags.js';
import { Transport } from './transport.js';

export interface OpenOptions {
  readonly signal: AbortSignal;
  readonly progress?: Progress;
  /** What tokens are asked for: some services refuse an account that may only read one for writing. */
  readonly actions?: 'pull' | 'pull,push';
}

/** The client of one repository. Credentials are looked up; nothing is asked of the registry yet. Throws `push.credentials`. */
export async function openClient(
  repository: Repository,
  surroundings: Surroundings,
  { signal, progress = silentProgress, actions = 'pull,push' }: OpenOptions,
): Promise<RegistryClient> {
  const registry = registryOf(repository);
  const place = placeOf(repository, registry);
  const search = await searchCredential(registry, surroundings);
  const transport = await openTransport(surroundings);
  const authorizer = new Authorizer(transport, search.credential, `repository:${place.path}:${actions}`, signal);
  const patience = { delays: surroundings.retryDelays ?? usualDelays, signal, progress };
  return new RegistryClient({ place, search, authorizer, transport, patience });
}

async function openTransport({ registries, environment }: Surroundings): Promise<Transport> {
  const { plainHttp, skipTlsVerify, caFile } = (await registries?.()) ?? usualAccess;
  const trust = { environment, certsDirectory: '/etc/docker/certs.d', ...(caFile !== undefined && { caFile }) };
  return new Transport({ plainHttp, skipTlsVerify, trust });
}

/** One repository of a registry over HTTP: see `RegistryRepository`. Nothing is asked of the registry yet. Throws `push.credentials`. */
export async function openRepository(
  repository: Repository,
  surroundings: Surroundings,
  options: OpenOptions,
): Promise<RegistryRepository> {
  return repositoryOver(await openClient(repository, surroundings, options), repository);
}

/** The port over a client that is there already. */
export function repositoryOver(client: RegistryClient, name: Repository): RegistryRepository {
  const at = (reference: string): string => `${name}${isDigest(reference) ? '@' : ':'}${reference}`;
  const port: RegistryRepository = {
    name,
    headManifest: (reference) => client.transaction(at(reference), () => headManifest(client, reference)),
    getManifest: (reference) => client.transaction(at(reference), () => getManifest(client, reference)),
    putManifest: (reference, mediaType, bytes) =>
      client.transaction(at(reference), async () => (await putManifest(client, reference, mediaType, bytes)).digest),
    deleteManifest: (digest) =>
      client.transaction(at(digest), async (attempts) => {
        const reply = await client.expect([200, 202, 204, 404], { method: 'DELETE', to: `manifests/${digest}` });
        // The reply to an earlier attempt may have been lost.
        return reply.status !== 404 || attempts > 0;
      }),
    getBlob: (digest) =>
      client.transaction(at(digest), async () => {
        const reply = await client.expect([200, 404], { method: 'GET', to: `blobs/${digest}` });
        if (reply.status === 404) return undefined;
        proveDigest(reply.body, digest);
        return reply.body;
      }),
    putBlob: async (bytes) => {
      const blob = { mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.length };
      await client.transaction(at(blob.digest), () => uploadBlob(client, blob, bytes));
      return blob;
    },
    listTags: () => listTags(client, name),
    listReferrers: (digest) => listReferrers(client, port, digest),
    putReferrer: (subject, mediaType, bytes) => putReferrer(client, port, subject, mediaType, bytes),
  };
  return port;
}
