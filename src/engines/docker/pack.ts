import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackedImage, PackJob, RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { UsedImage } from '../../core/plan.js';
import { baseImages } from './from-lines.js';
import { buildImage } from './image-build.js';
import { ensureImage, inspectImage, usedImage } from './images.js';
import { type ArchiveEntry, writeArchive } from './tar.js';
import type { Workshop } from './workshop.js';

/** Pack the artifacts: see `Engine.pack`. Throws `build.base-image`, `build.pack-failed`. */
export async function packImage(workshop: Workshop, job: PackJob, context: RunContext): Promise<PackedImage> {
  const { image, artifacts } = job;
  const bases: UsedImage[] = [];
  for (const base of baseImages(image.dockerfile)) {
    bases.push(usedImage(base, await ensureImage(workshop.docker, base, workshop.options, context, image.platform)));
  }
  const outputs = artifacts.outputs.map(({ to }) => to);
  const dockerfile = outputs.includes('Dockerfile') ? '.slipway.Dockerfile' : 'Dockerfile';
  const tags = job.tags.map((tag) => `${image.repository}:${tag}`);
  let sent = 0;
  const onBytes = (count: number) => {
    sent += count;
    context.progress.status(`pack ${(sent / 1e6).toFixed(1)} MB`);
  };
  const build = {
    context: () =>
      writeArchive(packEntries(artifacts.directory, outputs, dockerfile, image.dockerfile), {
        normalise: true,
        onBytes,
      }),
    dockerfile,
    tags,
    labels: image.labels,
    platform: image.platform,
  };
  const result = await buildImage(workshop.connection, build, context);
  if (!result.built) throw packFailed(result.error, result.lastLines, tags[0]);
  const packed = await inspectImage(workshop.docker, tags[0] ?? result.id ?? '');
  if (!packed) throw packFailed('the engine does not have the image it built', [], tags[0]);
  return { id: packed.Id, size: packed.Size, bases };
}

/** The context: the Dockerfile and the declared outputs, each name in the order of its bytes. */
async function* packEntries(
  directory: string,
  outputs: readonly string[],
  dockerfile: string,
  text: string,
): AsyncGenerator<ArchiveEntry> {
  yield { name: dockerfile, type: 'bytes', content: Buffer.from(text), mode: 0o644 };
  const made = new Set<string>();
  for (const name of [...outputs].sort(byBytes)) {
    const parents = name.split('/').slice(0, -1);
    for (const parent of parents.map((_, index) => parents.slice(0, index + 1).join('/'))) {
      if (!made.has(parent)) yield { name: parent, type: 'directory' };
      made.add(parent);
    }
    yield* walk(directory, name);
  }
}

async function* walk(root: string, name: string): AsyncGenerator<ArchiveEntry> {
  const path = join(root, name);
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!entries) return yield { name, type: 'path', path };
  yield { name, type: 'directory' };
  for (const entry of entries.sort((a, b) => byBytes(a.name, b.name))) {
    const inner = `${name}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, inner);
    else yield { name: inner, type: 'path', path: join(root, inner) };
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function packFailed(why: string, lastLines: readonly string[], where: string | undefined): Failure {
  return new Failure('build.pack-failed', {
    message: `The image cannot be packed: ${why}`,
    ...(where !== undefined && { where }),
    remedy: 'See the Dockerfile with `slipway preview`; correct the template when it is your own.',
    lastLines,
  });
}
