import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { Failure } from '../../core/failure.js';
import { type Digest, parseDigest } from '../../core/image-name.js';

/** A layer as the engine exported it, in a file. */
export interface ExportedLayer {
  /** Digest of the uncompressed archive. */
  readonly diffId: Digest;
  readonly path: string;
  /** Of the file as it is. */
  readonly digest: Digest;
  readonly size: number;
  /** The engine's store may keep layers as they were pulled. */
  readonly isCompressed: boolean;
}

export interface ExportedImage {
  /** The image's configuration, byte for byte. */
  readonly config: Buffer;
  readonly layers: readonly ExportedLayer[];
}

interface StoredFile {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

const listSchema = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).length(1);
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/**
 * Take one image out of what `GET /images/{id}/get` answers (`docker save`; Docker image specification 1.2, and OCI layouts that name
 * their content in the same `manifest.json`) into an empty directory. Every layer is proved by its configuration. Throws `push.failed`.
 */
export async function unpackImage(archive: Readable, directory: string): Promise<ExportedImage> {
  const { files, links } = await storeEntries(archive, directory);
  const find = (name: string): StoredFile => {
    const found = files.get(links.get(name) ?? name);
    if (found) return found;
    throw strangeExport(`it has no ${name}`);
  };
  const [list] = listSchema.parse(JSON.parse(await readFile(find('manifest.json').path, 'utf8')));
  if (list === undefined) throw strangeExport('it has no image');
  const config = await readFile(find(list.Config).path);
  const { diff_ids: diffIds } = configSchema.parse(JSON.parse(config.toString('utf8'))).rootfs;
  if (diffIds.length !== list.Layers.length) throw strangeExport('its layers are not those of its configuration');
  const layers = await Promise.all(
    list.Layers.map(async (name, index): Promise<ExportedLayer> => {
      const file = find(name);
      const diffId = parseDigest(diffIds[index] ?? '');
      const isCompressed = await isGzip(file.path);
      if (!isCompressed && file.digest !== diffId)
        throw strangeExport(`its layer ${name} is not what its configuration says`);
      return { diffId, isCompressed, ...file };
    }),
  );
  return { config, layers };
}

async function storeEntries(archive: Readable, directory: string) {
  const files = new Map<string, StoredFile>();
  const links = new Map<string, string>();
  const reader = extract();
  const done = pipeline(archive, reader);
  done.catch(() => {});
  for await (const entry of reader) {
    const { name, type, linkname } = entry.header;
    // Two layers of one content are a file and a link (moby, image/tarexport).
    if (type === 'symlink' && linkname) links.set(name, posix.join(posix.dirname(name), linkname));
    // Names of ours: those in the archive are not written to this disk.
    if (type === 'file')
      files.set(name, await store(entry as AsyncIterable<Uint8Array>, join(directory, String(files.size))));
    entry.resume();
  }
  await done;
  return { files, links };
}

async function store(entry: AsyncIterable<Uint8Array>, path: string): Promise<StoredFile> {
  const measured = measure(entry);
  await pipeline(measured.stream, createWriteStream(path, { mode: 0o600 }));
  return { path, ...measured.result() };
}

/** Compress a layer into a file. The same bytes each time, with the same release of Node. */
export async function compressLayer(layer: ExportedLayer, path: string, signal: AbortSignal): Promise<StoredFile> {
  const gzip = createGzip({ level: 6 });
  const reading = pipeline(createReadStream(layer.path), gzip, { signal });
  const measured = measure(gzip);
  await Promise.all([reading, pipeline(measured.stream, createWriteStream(path, { mode: 0o600 }), { signal })]);
  return { path, ...measured.result() };
}

/** The chunks as they come, counted and hashed. */
function measure(source: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  let size = 0;
  async function* pass() {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  return { stream: pass(), result: () => ({ digest: parseDigest(`sha256:${hash.digest('hex')}`), size }) };
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await file.close();
  }
}

function strangeExport(what: string): Failure {
  return new Failure('push.failed', {
    message: `The engine exports the image in a way that Slipway does not know: ${what}`,
    remedy: 'Let the engine push it: push.by: engine.',
  });
}
