import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Failure } from '../core/failure.js';
import { type Digest, parseDigest } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { types, whileOthersUpload } from './documents.js';
import { parseJson } from './dsse.js';

/**
 * Where cosign keeps signatures and attestations: layers of a manifest under a tag made of the image's digest
 * (https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md).
 */
export interface StoredLayer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A layer that is to be stored. */
export interface NewLayer {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

export type StoreName = 'sig' | 'att';

const layerSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
});
const manifestSchema = z.looseObject({ layers: z.array(layerSchema) });

/** More than anybody signs one image; what others can append without end is not read without end. */
const mostLayers = 100;
/** How often the manifest is written before it is given up. */
const mostWrites = 8;

/** What cosign's tag holds; empty where there is none. Throws `push.failed` for what is no manifest of cosign's. */
export async function listStored(
  repository: RegistryRepository,
  digest: Digest,
  store: StoreName,
): Promise<readonly StoredLayer[]> {
  const tag = tagOf(digest, store);
  const manifest = await repository.getManifest(tag);
  if (manifest === undefined) return [];
  const parsed = manifestSchema.safeParse(parseJson(manifest.bytes));
  if (!parsed.success || parsed.data.layers.length > mostLayers) {
    throw new Failure('push.failed', {
      message: parsed.success
        ? 'There are too many signatures to read'
        : 'What is under the tag for signatures is none',
      where: `${repository.name}:${tag}`,
      remedy: 'See what wrote it, and remove it.',
    });
  }
  return parsed.data.layers.map(({ mediaType, digest: layer, size, annotations }) => ({
    mediaType,
    digest: parseDigest(layer),
    size,
    annotations: annotations ?? {},
  }));
}

/**
 * Add a layer beside those that are there, and see that it stays: others may write the same tag meanwhile, and a registry compares
 * nothing before it sets a tag.
 */
export async function addStored(
  repository: RegistryRepository,
  digest: Digest,
  store: StoreName,
  layer: NewLayer,
): Promise<void> {
  const tag = tagOf(digest, store);
  const { digest: blob, size } = await repository.putBlob(layer.bytes);
  const added: StoredLayer = { mediaType: layer.mediaType, digest: blob, size, annotations: layer.annotations };
  for (let writes = 0; writes < mostWrites; writes += 1) {
    const began = performance.now();
    const layers = await listStored(repository, digest, store);
    const isThere = layers.some((one) => isSame(one, added));
    if (isThere && writes > 0) return;
    if (!isThere) await whileOthersUpload(() => putLayers(repository, tag, [...layers, added]));
    // Longer than reading and writing took: who had read the same manifest before has written by then.
    const took = performance.now() - began;
    await pause(2 * took + 30 + Math.random() * 100 * (writes + 1));
  }
  throw new Failure('push.failed', {
    message: `The signatures of ${digest} are overwritten again and again by others`,
    where: `${repository.name}:${tag}`,
    remedy: 'Run the same command again when fewer runs write to this image.',
  });
}

async function putLayers(repository: RegistryRepository, tag: string, layers: readonly StoredLayer[]): Promise<void> {
  const diffIds = layers.map(({ digest }) => digest);
  const time = '0001-01-01T00:00:00Z';
  const config = await repository.putBlob(
    Buffer.from(
      JSON.stringify({
        architecture: '',
        created: time,
        history: layers.map(() => ({ created: time })),
        os: '',
        rootfs: { type: 'layers', diff_ids: diffIds },
        config: {},
      }),
    ),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      size: config.size,
      digest: config.digest,
    },
    layers,
  };
  await repository.putManifest(tag, types.manifest, Buffer.from(JSON.stringify(manifest)));
}

function isSame(one: StoredLayer, other: StoredLayer): boolean {
  const names = Object.keys(other.annotations);
  return one.digest === other.digest && names.every((name) => one.annotations[name] === other.annotations[name]);
}

function tagOf(digest: Digest, store: StoreName): string {
  return `${digest.replace(':', '-')}.${store}`;
}
