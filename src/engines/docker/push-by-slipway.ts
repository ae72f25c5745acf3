import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type Digest, parseDigest, type Tag } from '../../core/image-name.js';
import { hasBlob, uploadBlob } from '../../registry/blobs.js';
import { sha256 } from '../../registry/reply.js';
import { compressLayer, type ExportedLayer, unpackImage } from './image-export.js';
import type { PushJob } from './push-job.js';
import { createPushMeter, type PushMeter } from './push-meter.js';

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const configType = 'application/vnd.docker.container.image.v1+json';
const layerType = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** As many uploads at once as registries' own clients make. */
const atOnce = 4;

interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Take the image out of the engine and send it ourselves: each layer that the registry has not, then the configuration, the manifest
 * last. The manifest is of the engine's own family, and a layer compressed here has the same bytes each time, with the same release
 * of Node; they are not the engine's bytes, so neither is the digest.
 */
export async function pushBySlipway(job: PushJob, tag: Tag): Promise<Digest> {
  const { workshop, docker, image, client, registry, context } = job;
  const directory = join(workshop.runDirectory, workshop.nextName('push'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    const archive = await docker.getImage(image.id).get();
    const { config, layers } = await unpackImage(archive as Readable, directory);
    const meter = createPushMeter(context.progress, tag);
    const sent = new Map<Digest, Promise<Blob>>();
    // A layer that an image has twice is sent once.
    const distinct = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()];
    await inTurn(distinct, async (layer) => {
      const blob = sendLayer(job, layer, meter);
      sent.set(layer.diffId, blob);
      await blob;
    });
    const configBlob = { digest: sha256(config), size: config.length };
    await client.transaction(`${image.repository}@${configBlob.digest}`, () => uploadBlob(client, configBlob, config));
    const described = await Promise.all(layers.map(({ diffId }) => sent.get(diffId)));
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, ...configBlob },
      layers: described.map((blob) => ({ mediaType: layerType, ...blob })),
    };
    const digest = await registry.putManifest(tag, manifestType, Buffer.from(JSON.stringify(manifest)));
    meter.finish();
    return digest;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Compressing is most of the work: where the registry has what it came to before, it is left out. */
async function sendLayer(job: PushJob, layer: ExportedLayer, meter: PushMeter): Promise<Blob> {
  const { client, image, context, workshop } = job;
  const memory = join(workshop.options.stateDirectory, 'layers');
  const where = `${image.repository} (layer ${layer.diffId})`;
  const before = layer.isCompressed ? undefined : await recall(memory, layer.diffId);
  if (before !== undefined && (await client.transaction(where, () => hasBlob(client, before.digest)))) {
    meter.done(layer.diffId, 'there');
    return before;
  }
  const file = layer.isCompressed ? layer : await compressLayer(layer, `${layer.path}.gz`, context.signal);
  const blob = { digest: file.digest, size: file.size };
  const end = await client.transaction(where, () => {
    let bytes = 0;
    return uploadBlob(client, blob, {
      size: file.size,
      open: () => createReadStream(file.path),
      sent: (more) => {
        bytes += more;
        meter.sent(layer.diffId, bytes, file.size);
      },
    });
  });
  meter.done(layer.diffId, end);
  if (!layer.isCompressed) await remember(memory, layer.diffId, blob);
  return blob;
}

const memorySchema = z.object({ digest: z.string(), size: z.number() });

/** What a layer came to when it was compressed last; undefined where it never was on this machine. */
async function recall(memory: string, diffId: Digest): Promise<Blob | undefined> {
  try {
    const { digest, size } = memorySchema.parse(JSON.parse(await readFile(join(memory, fileOf(diffId)), 'utf8')));
    return { digest: parseDigest(digest), size };
  } catch {
    return undefined;
  }
}

async function remember(memory: string, diffId: Digest, blob: Blob): Promise<void> {
  const path = join(memory, fileOf(diffId));
  await mkdir(memory, { recursive: true });
  await writeFile(`${path}.${process.pid}`, JSON.stringify(blob));
  await rename(`${path}.${process.pid}`, path);
}

function fileOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** Some at once; after a failure nothing more is begun, and what is under way is waited for. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const failed: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && failed.length === 0; item = left.shift()) {
      await work(item).catch((error: unknown) => failed.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failed.length > 0) throw failed[0];
}
