import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';

/**
 * The same repository, with manifests by digest and small blobs kept in a directory: what has a digest never changes. Only
 * bytes that have their digest are used; a directory that cannot be written to keeps nothing.
 */
export function withCache(repository: RegistryRepository, directory: string): RegistryRepository {
  return {
    ...repository,
    getManifest: async (reference) => {
      if (!isDigest(reference)) return repository.getManifest(reference);
      const kept = await readKept(directory, reference);
      const mediaType = kept && mediaTypeOf(kept);
      if (kept !== undefined && mediaType !== undefined)
        return { mediaType, digest: reference, size: kept.length, bytes: kept };
      const manifest = await repository.getManifest(reference);
      // Only one that says its own type can be read again as it was.
      if (manifest && mediaTypeOf(manifest.bytes) === manifest.mediaType)
        await keep(directory, reference, manifest.bytes);
      return manifest;
    },
    getBlob: async (digest) => {
      const kept = await readKept(directory, digest);
      if (kept !== undefined) return kept;
      const bytes = await repository.getBlob(digest);
      if (bytes !== undefined && bytes.length <= largestKept) await keep(directory, digest, bytes);
      return bytes;
    },
  };
}

/** Bytes: configurations have a few thousand. */
const largestKept = 256 * 1024;

function isDigest(reference: string): reference is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(reference);
}

function mediaTypeOf(bytes: Uint8Array): string | undefined {
  try {
    const type: unknown = Reflect.get(Object(JSON.parse(Buffer.from(bytes).toString('utf8'))), 'mediaType');
    return typeof type === 'string' ? type : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(directory: string, digest: Digest): string {
  return join(directory, digest.slice('sha256:'.length));
}

async function readKept(directory: string, digest: Digest): Promise<Uint8Array | undefined> {
  const bytes = await readFile(pathOf(directory, digest)).catch(() => undefined);
  if (bytes === undefined) return undefined;
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` === digest ? bytes : undefined;
}

async function keep(directory: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const path = pathOf(directory, digest);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(temporary, bytes, { mode: 0o600 });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
