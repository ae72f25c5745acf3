import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { BuildJob, RunContext } from '../../core/engine.js';
import type { Artifacts } from '../../core/plan.js';
import { type BuilderContainer, builderOptions, checkPaths, createNonce, loadScript } from './builder-container.js';
import { ensureBuilder } from './builder-image.js';
import { runBuilder } from './builder-run.js';
import { Cleanup, unlessAborted } from './cleanup.js';
import { acceptOutputs, createPartial, fetchOutputs, stalePartials } from './outputs.js';
import { ownerLabels } from './owner.js';
import { emptyWithContainer } from './reclaim.js';
import { streamIn } from './stream-volumes.js';
import { mountImpossible, prepareMounts, refusesMount } from './transfer.js';
import type { Workshop } from './workshop.js';

/** One way of running a build: the directory its outputs end in is the same. */
type Attempt = (
  workshop: Workshop,
  job: BuildJob,
  container: BuilderContainer,
  partial: string,
  context: RunContext,
  cleanup: Cleanup,
) => Promise<'done' | 'foreign'>;

/**
 * Run the recipe in its builder container: see `Engine.build`. Where the engine sees this host's disk the directories
 * are mounted; the builder itself finds out, before anything else, and the answer is remembered for the source directory.
 */
export async function buildInContainer(workshop: Workshop, job: BuildJob, context: RunContext): Promise<Artifacts> {
  const started = performance.now();
  checkPaths(job);
  const [image, files] = await Promise.all([
    ensureBuilder(workshop, job, context),
    workshop.options.clientSettings(job.builder.mounts),
  ]);
  const prepare = (): BuilderContainer => ({
    name: workshop.nextName('build'),
    image: image.reference,
    imageEnvironment: image.environment,
    labels: ownerLabels(workshop.owner, job.builder.timeoutSeconds),
    files,
    nonce: createNonce(),
  });
  const { transfer } = job.builder;
  const { root } = job.sources;
  const mountable = transfer === 'mount' || (transfer === 'auto' && !workshop.isForeign(root));
  if (!mountable || (await attempt(mountAttempt, workshop, job, prepare(), context)) === 'foreign') {
    if (transfer === 'mount') throw mountImpossible(job);
    workshop.rememberForeign(root);
    await attempt(streamAttempt, workshop, job, prepare(), context);
  }
  const milliseconds = Math.round(performance.now() - started);
  return {
    directory: job.outputDirectory,
    outputs: job.builder.outputs,
    builder: image.reference,
    builtIn: image.used,
    milliseconds,
  };
}

async function attempt(
  run: Attempt,
  workshop: Workshop,
  job: BuildJob,
  container: BuilderContainer,
  context: RunContext,
): Promise<'done' | 'foreign'> {
  const cleanup = new Cleanup();
  try {
    for (const stale of await stalePartials(job.outputDirectory)) await removePartial(workshop, stale, container);
    const partial = await createPartial(job.outputDirectory, container.name);
    cleanup.add(() => removePartial(workshop, partial, container));
    const ending = await run(workshop, job, container, partial, context, cleanup);
    context.signal.throwIfAborted();
    if (ending === 'done') await acceptOutputs(partial, job.outputDirectory, job.builder.outputs);
    return ending;
  } finally {
    await cleanup.run();
  }
}

const mountAttempt: Attempt = async (workshop, job, container, partial, context, cleanup) => {
  const privateDirectory = join(workshop.runDirectory, container.name);
  cleanup.add(() => rmdir(workshop.runDirectory));
  cleanup.add(() => rm(privateDirectory, { recursive: true, force: true }));
  const mounts = await prepareMounts(job, container, partial, privateDirectory);
  try {
    const builder = await createBuilder(workshop, job, container, mounts, context, cleanup);
    return await runBuilder(builder, job, container, context);
  } catch (error) {
    if (!refusesMount(error)) throw error;
    if (job.builder.transfer === 'mount') throw mountImpossible(job, error);
    return 'foreign';
  }
};

const streamAttempt: Attempt = async (workshop, job, container, partial, context, cleanup) => {
  const mounts = await streamIn(workshop.docker, job, container, context, cleanup);
  const builder = await createBuilder(workshop, job, container, mounts, context, cleanup);
  await loadScript(builder, job, container);
  const ending = await runBuilder(builder, job, container, context);
  await unlessAborted(fetchOutputs(builder, partial), context.signal);
  return ending;
};

/** Its removal is arranged for before it is made: an interrupt may come between the engine's making and its answer. */
async function createBuilder(
  workshop: Workshop,
  job: BuildJob,
  container: BuilderContainer,
  mounts: readonly Docker.MountSettings[],
  context: RunContext,
  cleanup: Cleanup,
): Promise<Docker.Container> {
  cleanup.add(() => workshop.docker.getContainer(container.name).remove({ force: true, v: true }));
  const builder = await workshop.docker.createContainer(builderOptions(job, container, mounts));
  context.signal.throwIfAborted();
  return builder;
}

/** A build of root's that was killed leaves files which only root can remove: the engine does it for us. */
async function removePartial(workshop: Workshop, partial: string, container: BuilderContainer): Promise<void> {
  try {
    await rm(partial, { recursive: true, force: true });
  } catch {
    await emptyWithContainer(workshop, container, partial);
    await rm(partial, { recursive: true, force: true });
  }
}
