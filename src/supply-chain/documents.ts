import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { Digest } from '../core/image-name.js';
import type { Descriptor, RegistryRepository } from '../core/registry.js';

/** Media types and predicate types of what is attached to an image. */
export const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  /** OCI image-spec 1.1, "Guidance for an Empty Descriptor". */
  empty: 'application/vnd.oci.empty.v1+json',
  bom: 'application/vnd.cyclonedx+json',
  /** https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md */
  statement: 'application/vnd.in-toto+json',
  /** https://slsa.dev/spec/v1.0/provenance */
  provenancePredicate: 'https://slsa.dev/provenance/v1',
  /** https://github.com/in-toto/attestation/blob/main/spec/predicates/cyclonedx.md */
  bomPredicate: 'https://cyclonedx.org/bom',
} as const;

/** Tells the documents that Slipway attached from those of other tools, in the list of referrers. */
export const documentAnnotation = 'io.slipway.document';

/** What is attached to an image. */
export type DocumentName = 'sbom' | 'provenance';

/** A document that is attached, or is to be. */
export interface SupplyDocument {
  readonly name: DocumentName;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Which of Slipway's documents an image has already. */
export async function listDocuments(
  repository: RegistryRepository,
  digest: Digest,
): Promise<readonly { readonly name: DocumentName; readonly referrer: Descriptor }[]> {
  const referrers = await repository.listReferrers(digest);
  return referrers.flatMap((referrer) => {
    const name = referrer.annotations?.[documentAnnotation];
    return name === 'sbom' || name === 'provenance' ? [{ name, referrer }] : [];
  });
}

/**
 * Attach a document to a manifest: an artifact manifest that has it as its subject (OCI image-spec 1.1, "Guidelines for Artifact
 * Usage"), the document as its only layer. The same document gives the same manifest.
 */
export async function attachDocument(
  repository: RegistryRepository,
  subject: Descriptor,
  document: SupplyDocument,
): Promise<Descriptor> {
  const [config, layer] = [await repository.putBlob(Buffer.from('{}')), await repository.putBlob(document.bytes)];
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    artifactType: document.mediaType,
    config: { mediaType: types.empty, digest: config.digest, size: config.size },
    layers: [{ mediaType: document.mediaType, digest: layer.digest, size: layer.size }],
    subject: { mediaType, digest, size },
    annotations: { [documentAnnotation]: document.name },
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return whileOthersUpload(() => repository.putReferrer(digest, types.manifest, bytes));
}

/**
 * Put a manifest, and where the registry refuses it try again twice: one that keeps its blobs as files says for a moment that a blob is
 * unknown while somebody else uploads the same (seen with registry 2.8.2: 400, MANIFEST_BLOB_UNKNOWN).
 */
export async function whileOthersUpload<T>(put: () => Promise<T>): Promise<T> {
  for (const wait of [100, 400]) {
    try {
      return await put();
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'push.failed') throw error;
      await pause(wait);
    }
  }
  return put();
}
