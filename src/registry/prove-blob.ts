import { createHash } from 'node:crypto';
import type { Digest, Repository } from '../core/image-name.js';
import type { Surroundings } from './credential.js';
import { type OpenOptions, openClient } from './repository.js';

/** Reads a blob of any size through, keeping none of it; `differs`: its bytes or their number are others than they are said to be. */
export type BlobProver = (digest: Digest, size: number) => Promise<'whole' | 'missing' | 'differs'>;

/** A prover for one repository. Nothing is asked of the registry yet. Throws `push.credentials`. */
export async function openBlobProver(
  repository: Repository,
  surroundings: Surroundings,
  options: OpenOptions,
): Promise<BlobProver> {
  const client = await openClient(repository, surroundings, options);
  return (digest, size) =>
    client.transaction(`${repository}@${digest}`, async () => {
      const hash = createHash('sha256');
      let read = 0;
      const sink = (chunk: Buffer) => {
        read += chunk.length;
        hash.update(chunk);
        options.progress?.status(`read ${digest.slice(0, 19)} ${(read / 1e6).toFixed(0)} MB`);
      };
      const reply = await client.expect([200, 404], { method: 'GET', to: `blobs/${digest}`, sink });
      if (reply.status === 404) return 'missing';
      return read === size && digest === `sha256:${hash.digest('hex')}` ? 'whole' : 'differs';
    });
}
