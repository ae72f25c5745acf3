import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { BuildJob, RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Artifacts } from '../../core/plan.js';
import {
  type BuilderContainer,
  builderOptions,
  checkPaths,
  createNonce,
  loadScript,
  type Transfer,
} from './builder-container.js';
import { ensureBuilder } from './builder-image.js';
import { Cleanup, unlessAborted } from './cleanup.js';
import { writeClientFiles } from './client-files.js';
import { readExitCode } from './exit-code.js';
import { maskOf } from './mask.js';
import { readContainerOutput, Tail } from './output-lines.js';
import { acceptOutputs, createPartial, fetchOutputs } from './outputs.js';
import { ownerLabels } from './owner.js';
import { emptyWithContainer } from './reclaim.js';
import { explainFailure, ScriptReader } from './script-report.js';
import { streamIn } from './stream-volumes.js';
import { bindMounts, type HostDirectories, mountImpossible, probeMounts, refusesMount } from './transfer.js';
import type { Workshop } from './workshop.js';

/** Run the recipe in its builder container: see `Engine.build`. */
export async function buildInContainer(workshop: Workshop, job: BuildJob, context: RunContext): Promise<Artifacts> {
  const started = performance.now();
  checkPaths(job);
  const image = await ensureBuilder(workshop, job, context);
  const files = await workshop.options.clientSettings(job.builder.mounts);
  const container: BuilderContainer = {
    name: workshop.nextName('build'),
    image: image.reference,
    imageEnvironment: image.environment,
    labels: ownerLabels(workshop.owner, job.builder.timeoutSeconds),
    files,
    nonce: createNonce(),
  };
  const cleanup = new Cleanup();
  try {
    const partial = await createPartial(job.outputDirectory, container.name);
    cleanup.add(() => removePartial(workshop, partial, container));
    const { builder, transfer } = await createBuilder(workshop, job, container, partial, cleanup);
    context.signal.throwIfAborted();
    await loadScript(builder, job, container, transfer.owner);
    await runToEnd(builder, job, container, context);
    if (transfer.mode === 'stream') await unlessAborted(fetchOutputs(builder, partial), context.signal);
    context.signal.throwIfAborted();
    await acceptOutputs(partial, job.outputDirectory, job.builder.outputs);
  } finally {
    await cleanup.run();
  }
  const milliseconds = Math.round(performance.now() - started);
  return { directory: job.outputDirectory, outputs: job.builder.outputs, milliseconds };
}

/** A created builder: with mounts where the engine sees this host's disk, else with streamed volumes. */
async function createBuilder(
  workshop: Workshop,
  job: BuildJob,
  container: BuilderContainer,
  partial: string,
  cleanup: Cleanup,
): Promise<{ readonly builder: Docker.Container; readonly transfer: Transfer }> {
  const { docker } = workshop;
  cleanup.add(() => docker.getContainer(container.name).remove({ force: true, v: true }));
  if (
    job.builder.transfer !== 'stream' &&
    (job.builder.transfer === 'mount' || !workshop.isForeign(job.sources.root))
  ) {
    const mounted = await tryMounts(workshop, job, container, partial, cleanup);
    if (mounted) return mounted;
    workshop.rememberForeign(job.sources.root);
  }
  const mounts = await streamIn(docker, job, container, cleanup);
  // Volumes can be removed after the container that uses them only.
  cleanup.add(() => docker.getContainer(container.name).remove({ force: true, v: true }));
  const builder = await docker.createContainer(builderOptions(job, container, { mounts }));
  return { builder, transfer: { mode: 'stream', mounts } };
}

async function tryMounts(
  workshop: Workshop,
  job: BuildJob,
  container: BuilderContainer,
  partial: string,
  cleanup: Cleanup,
): Promise<{ readonly builder: Docker.Container; readonly transfer: Transfer } | undefined> {
  const secrets = join(workshop.runDirectory, container.name);
  const directories: HostDirectories = {
    sources: job.sources.root,
    outputs: partial,
    ...(container.files.length > 0 && { secrets }),
  };
  if (container.files.length > 0) {
    cleanup.add(() => rm(secrets, { recursive: true, force: true }));
    cleanup.add(() => workshop.docker.getContainer(container.name).remove({ force: true, v: true }));
    await writeClientFiles(container.files, secrets);
  }
  const mounts = bindMounts(directories);
  const forced = job.builder.transfer === 'mount';
  let builder: Docker.Container;
  try {
    builder = await workshop.docker.createContainer(builderOptions(job, container, { mounts }));
  } catch (error) {
    if (!refusesMount(error)) throw error;
    if (forced) throw mountImpossible(directories, error);
    return undefined;
  }
  const seen = await probeMounts(builder, job, directories);
  if (seen) return { builder, transfer: { mode: 'mount', mounts, ...seen } };
  if (forced) throw mountImpossible(directories);
  await builder.remove({ force: true, v: true });
  return undefined;
}

async function runToEnd(
  builder: Docker.Container,
  job: BuildJob,
  container: BuilderContainer,
  context: RunContext,
): Promise<void> {
  const { steps, outputs, timeoutSeconds } = job.builder;
  const mask = maskOf(container.files.flatMap(({ secrets }) => secrets));
  const tail = new Tail();
  const onLine = (line: string) => {
    const masked = mask(line);
    tail.push(masked);
    context.progress.output(masked);
  };
  const reader = new ScriptReader(container.nonce, (index) => context.progress.step(steps[index]?.title ?? ''), onLine);
  const stream = await builder.attach({ stream: true, stdout: true, stderr: true });
  const output = readContainerOutput(stream as AsyncIterable<Buffer>, (line) => reader.read(line));
  output.catch(() => {});
  await builder.start();
  const ended = readExitCode(builder, output);
  const code = await unlessAborted(withTimeout(ended, timeoutSeconds, tail), context.signal);
  if (code !== 0 || !reader.report.done) {
    throw explainFailure(reader.report, code, { steps, outputs, image: container.image }, tail.lines);
  }
}

async function withTimeout<T>(work: Promise<T>, seconds: number, tail: Tail): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The build took longer than ${seconds} s`;
      const remedy = 'Give it longer with build.timeout, or see in its last lines what it waits for.';
      reject(new Failure('build.timeout', { message, remedy, lastLines: tail.lines }));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
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
