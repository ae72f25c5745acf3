import type { Digest } from './image-name.js';

/** OCI image-spec descriptor: what a manifest or blob is called by. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** Of an entry of an index or of a referrer. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest with its exact bytes: what its digest is made of. */
export interface StoredManifest extends Descriptor {
  readonly bytes: Uint8Array;
}

/**
 * One repository of one registry (OCI distribution-spec 1.1). Undefined always means that the registry said 404 and nothing
 * else; every other refusal throws `push.*` with the credential that was tried and where it came from. Whatever may be
 * repeated is repeated after 408, 429 (`Retry-After`), 5xx and broken connections, before it throws.
 */
export interface RegistryRepository {
  /** `host[:port]/path`, as it was written. */
  readonly name: string;
  /** `reference`: a tag or a digest. */
  headManifest(reference: string): Promise<Descriptor | undefined>;
  /** Size and digest are proved. */
  getManifest(reference: string): Promise<StoredManifest | undefined>;
  /** `reference`: a tag, or the digest of the bytes. Returns their digest. */
  putManifest(reference: string, mediaType: string, bytes: Uint8Array): Promise<Digest>;
  /** By digest, with all its tags. False: it was not there. Throws `push.forbidden` where the registry does not delete. */
  deleteManifest(digest: Digest): Promise<boolean>;
  /** A small blob (at most 4 MiB), proved: image configurations, SBOMs. */
  getBlob(digest: Digest): Promise<Uint8Array | undefined>;
  /** HEAD first; nothing is sent where it is there. */
  putBlob(bytes: Uint8Array): Promise<Descriptor>;
  /** Every tag, all pages, in the registry's order; empty where there is no such repository. */
  listTags(): Promise<readonly string[]>;
  /**
   * What refers to a manifest: the referrers API, or where the registry has none the tag `sha256-<hex>` (distribution-spec,
   * "Referrers tag schema").
   */
  listReferrers(digest: Digest): Promise<readonly Descriptor[]>;
  /**
   * Put a manifest that has a `subject`, and where the registry has no referrers API add it to the index under the fallback
   * tag, again until it is in it: others may write that index meanwhile.
   */
  putReferrer(subject: Digest, mediaType: string, bytes: Uint8Array): Promise<Descriptor>;
}
