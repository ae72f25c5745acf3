import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildJob, RunContext, SourceFiles } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { UsedImage } from '../../core/plan.js';
import { unlessAborted } from './cleanup.js';
import { baseImages } from './from-lines.js';
import { buildImage } from './image-build.js';
import { ensureImage, inspectImage, usedImage } from './images.js';
import { label } from './owner.js';
import { writeArchive } from './tar.js';
import type { Workshop } from './workshop.js';

/** A builder image that is in the engine. */
export interface BuilderImage {
  readonly reference: string;
  readonly used: UsedImage;
  /** The image's own environment, `KEY=value`. */
  readonly environment: readonly string[];
}

/** The job's builder, pulled or built when the engine does not have it. Throws `build.base-image`, `build.command-failed`. */
export async function ensureBuilder(workshop: Workshop, job: BuildJob, context: RunContext): Promise<BuilderImage> {
  const { from } = job.builder;
  const { docker, options } = workshop;
  const reference = 'image' in from ? from.image : await ensureBuilt(workshop, job.sources, from.dockerfile, context);
  const found = await ensureImage(docker, reference, options, context);
  const engine = await docker.version();
  if (found.Architecture !== engine.Arch) {
    context.progress.warn(
      `The builder ${reference} is for ${found.Architecture} and the engine for ${engine.Arch}: it runs where the engine emulates it, and slowly`,
    );
  }
  return { reference, used: usedImage(reference, found), environment: found.Config?.Env ?? [] };
}

/** Build a project's own builder once for each content of the Dockerfile and of the sources, which are its context. */
async function ensureBuilt(
  workshop: Workshop,
  sources: SourceFiles,
  dockerfile: string,
  context: RunContext,
): Promise<string> {
  if (!sources.files.includes(dockerfile)) throw noDockerfile(dockerfile);
  const hash = await unlessAborted(hashSources(sources, dockerfile), context.signal);
  const reference = `slipway-builder:${hash}`;
  if (await inspectImage(workshop.docker, reference)) return reference;
  const text = await readFile(join(sources.root, dockerfile), 'utf8');
  for (const image of baseImages(text)) await ensureImage(workshop.docker, image, workshop.options, context);
  const entries = sources.files.map((name) => ({ name, type: 'path', path: join(sources.root, name) }) as const);
  const build = {
    context: () => writeArchive(entries, { normalise: true }),
    dockerfile,
    tags: [reference],
    labels: { [label.builder]: hash },
  };
  const result = await buildImage(workshop.connection, build, context);
  if (!result.built) {
    const message = `The builder's Dockerfile cannot be built: ${result.error}`;
    const remedy = 'Correct it; its context holds the files that git does not ignore.';
    throw new Failure('build.command-failed', { message, where: dockerfile, remedy, lastLines: result.lastLines });
  }
  return reference;
}

async function hashSources(sources: SourceFiles, dockerfile: string): Promise<string> {
  const hash = createHash('sha256').update(`1\0${dockerfile}\0`);
  for (const name of sources.files) {
    const path = join(sources.root, name);
    const status = await lstat(path);
    hash.update(`${name}\0${status.isSymbolicLink() ? 'link' : status.mode & 0o111}\0${status.size}\0`);
    if (status.isSymbolicLink()) hash.update(await readlink(path));
    else for await (const chunk of createReadStream(path)) hash.update(chunk);
  }
  return hash.digest('hex').slice(0, 32);
}

function noDockerfile(dockerfile: string): Failure {
  return new Failure('build.base-image', {
    message: 'The builder’s Dockerfile is not among the project’s files',
    where: dockerfile,
    remedy: 'Correct build.dockerfile, or see whether git or .dockerignore leaves the file out.',
  });
}
