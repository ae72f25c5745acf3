import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract } from 'tar-stream';
import type { ImageFile, ImageFileReader, RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { Cleanup, unlessAborted } from './cleanup.js';
import { statusOf } from './engine-error.js';
import { ownerLabels } from './owner.js';
import type { Workshop } from './workshop.js';

/** Longest that the export of an image may take before its container counts as left behind. */
const longestSeconds = 1800;

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

/** See `Engine.readImageFiles`: the files are those of a container that is made of the image and never started. */
export async function readImageFiles(
  workshop: Workshop,
  image: string,
  reader: ImageFileReader,
  context: RunContext,
): Promise<void> {
  const { docker, owner } = workshop;
  const name = workshop.nextName('files');
  const cleanup = new Cleanup();
  try {
    cleanup.add(() => docker.getContainer(name).remove({ force: true, v: true }));
    const container = await docker
      .createContainer({
        name,
        Image: image,
        // An image without a command of its own makes no container; this one is never run.
        Entrypoint: ['/slipway-is-never-started'],
        Labels: ownerLabels(owner, longestSeconds),
        NetworkDisabled: true,
      })
      .catch((error: unknown) => {
        throw statusOf(error) === 404 ? missing(image, error) : error;
      });
    context.signal.throwIfAborted();
    await unlessAborted(readArchive((await container.export()) as Readable, reader, context), context.signal);
  } finally {
    await cleanup.run();
  }
}

async function readArchive(archive: Readable, reader: ImageFileReader, context: RunContext): Promise<void> {
  const entries = extract();
  const done = pipeline(archive, entries);
  done.catch(() => {});
  let seen = 0;
  for await (const entry of entries) {
    const { header } = entry;
    if (context.signal.aborted) break;
    if (header.type === 'file' || header.type === 'contiguous-file') {
      seen += header.size ?? 0;
      context.progress.status(`look through the image ${(seen / 1e6).toFixed(0)} MB`);
      const file: ImageFile = {
        path: header.name.replace(/^(?:\.?\/)+/, ''),
        size: header.size ?? 0,
        executable: ((header.mode ?? 0) & 0o111) !== 0,
      };
      if (reader.wants(file)) await reader.read(file, await readWhole(entry, file.size));
    }
    entry.resume();
  }
  await done;
}

/** The size stands in the archive's header, and no archive has more behind it. */
async function readWhole(entry: Entry, size: number): Promise<Uint8Array> {
  const content = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for await (const chunk of entry as AsyncIterable<Buffer>) at += chunk.copy(content, at);
  return at === size ? content : content.subarray(0, at);
}

function missing(image: string, cause: unknown): Failure {
  return new Failure('push.image-missing', {
    message: 'The engine does not have the image whose files are to be listed',
    where: image,
    remedy: 'Build it on this engine first: `slipway build`.',
    cause,
  });
}
