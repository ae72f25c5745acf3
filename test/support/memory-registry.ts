import { createHash } from 'node:crypto';
import { Failure } from '../../src/core/failure.js';
import { type Digest, parseDigest } from '../../src/core/image-name.js';
import type { Descriptor, RegistryRepository, StoredManifest } from '../../src/core/registry.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Called before each call of the port; what it waits for, the call waits for. */
export type Hook = (call: string) => Promise<void>;

/** Labels of an image, without `org.opencontainers.image.` where they have no dot, and the bytes of its one layer. */
export interface MadeImage {
  readonly labels?: Readonly<Record<string, string>>;
  readonly layerSize?: number;
  /** Keeps two images with the same labels apart. */
  readonly seed?: string;
  readonly subject?: Digest;
}

/**
 * A stand-in of one repository in memory, which does what a registry does and nothing it need not: tags can be overwritten
 * by anybody, deleting a manifest deletes its tags, and nothing compares before it sets.
 */
export class MemoryRegistry {
  readonly manifests = new Map<Digest, StoredManifest>();
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly tags = new Map<string, Digest>();
  readonly calls: string[] = [];
  deletes = true;

  /** The port, as one client has it. */
  open(hook: Hook = async () => {}, name = 'registry.example.com/team/app'): RegistryRepository {
    const step = async <T>(call: string, work: () => T): Promise<T> => {
      await hook(call);
      this.calls.push(call);
      return work();
    };
    return {
      name,
      headManifest: (reference) => step(`head ${reference}`, () => descriptorOf(this.find(reference))),
      getManifest: (reference) => step(`get ${reference}`, () => this.find(reference)),
      putManifest: (reference, mediaType, bytes) =>
        step(`put ${reference}`, () =>
          this.store(bytes, mediaType, reference.startsWith('sha256:') ? undefined : reference),
        ),
      deleteManifest: (digest) => step(`delete ${digest}`, () => this.remove(digest)),
      getBlob: (digest) => step(`blob ${digest}`, () => this.blobs.get(digest)),
      putBlob: (bytes) => step('put blob', () => this.storeBlob(bytes)),
      listTags: () => step('list', () => [...this.tags.keys()].toSorted()),
      listReferrers: (digest) => step(`referrers ${digest}`, () => this.referrersOf(digest)),
      putReferrer: (subject, mediaType, bytes) =>
        step(`refer ${subject}`, () => {
          const digest = this.store(bytes, mediaType);
          return { mediaType, digest, size: bytes.length };
        }),
    };
  }

  /** An image with these labels, under these tags. */
  addImage({ labels = {}, layerSize = 1000, seed = '', subject }: MadeImage, ...tags: readonly string[]): Digest {
    const named = Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [
        key.includes('.') ? key : `org.opencontainers.image.${key}`,
        value,
      ]),
    );
    const config = this.storeBlob(json({ config: { Labels: named }, seed }));
    const layer = { mediaType: 'application/octet-stream', digest: digestOf(json([named, seed])), size: layerSize };
    const bytes = json({
      schemaVersion: 2,
      mediaType: manifestType,
      config,
      layers: [layer],
      ...(subject && { subject: { mediaType: manifestType, digest: subject, size: 1 } }),
    });
    const digest = this.store(bytes, manifestType);
    for (const tag of tags) this.tags.set(tag, digest);
    return digest;
  }

  addIndex(children: readonly Digest[], ...tags: readonly string[]): Digest {
    const manifests = children.map((digest) => ({
      mediaType: manifestType,
      digest,
      size: this.manifests.get(digest)?.size ?? 0,
      platform: { os: 'linux', architecture: 'amd64' },
    }));
    const digest = this.store(json({ schemaVersion: 2, mediaType: indexType, manifests }), indexType);
    for (const tag of tags) this.tags.set(tag, digest);
    return digest;
  }

  private find(reference: string): StoredManifest | undefined {
    const digest = reference.startsWith('sha256:') ? parseDigest(reference) : this.tags.get(reference);
    return digest && this.manifests.get(digest);
  }

  private store(bytes: Uint8Array, mediaType: string, tag?: string): Digest {
    const digest = digestOf(bytes);
    this.manifests.set(digest, { mediaType, digest, size: bytes.length, bytes });
    if (tag !== undefined) this.tags.set(tag, digest);
    return digest;
  }

  private storeBlob(bytes: Uint8Array): Descriptor {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: bytes.length };
  }

  private remove(digest: Digest): boolean {
    if (!this.deletes) throw new Failure('push.forbidden', { message: 'The registry does not delete (405)' });
    for (const [tag, named] of this.tags) if (named === digest) this.tags.delete(tag);
    return this.manifests.delete(digest);
  }

  private referrersOf(subject: Digest): readonly Descriptor[] {
    return [...this.manifests.values()]
      .filter(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)).subject?.digest === subject)
      .map(({ mediaType, digest, size }) => ({ mediaType, digest, size }));
  }
}

function descriptorOf(manifest: StoredManifest | undefined): Descriptor | undefined {
  return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}
