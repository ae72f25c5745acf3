import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { BuildJob } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { type BuilderContainer, renderTexts } from './builder-container.js';
import { writeClientFiles } from './client-files.js';
import { engineMessage, statusOf } from './engine-error.js';
import { inside, type MountProbe, probeFile } from './script.js';

/** Files whose content shows that the engine's disk is this one: enough to tell two checkouts, few enough to cost nothing. */
const probedFiles = 20;
const largestProbed = 64 * 1024;

/**
 * Prepare a build on mounts of this host: the script and client files in a private directory of the run, a token in the
 * output directory. Returns the builder's mounts.
 */
export async function prepareMounts(
  job: BuildJob,
  container: BuilderContainer,
  outputs: string,
  privateDirectory: string,
): Promise<readonly Docker.MountSettings[]> {
  const probe = await createProbe(job);
  await writeFile(join(outputs, probeFile), probe.token);
  const [run, secrets] = [join(privateDirectory, 'run'), join(privateDirectory, 'secrets')];
  await rm(privateDirectory, { recursive: true, force: true });
  await mkdir(run, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(renderTexts(job, container, probe))) await writeFile(join(run, name), text);
  const mounts = [
    bind(job.sources.root, inside.sources, true),
    bind(outputs, inside.outputs, false),
    bind(run, inside.home, true),
  ];
  if (container.files.length === 0) return mounts;
  await writeClientFiles(container.files, secrets);
  return [...mounts, bind(secrets, inside.secrets, true)];
}

function bind(Source: string, Target: string, ReadOnly: boolean): Docker.MountSettings {
  return { Type: 'bind', Source, Target, ReadOnly };
}

/** The sources are not ours to write a token to: the content of some of their files is compared. */
async function createProbe(job: BuildJob): Promise<MountProbe> {
  const hash = createHash('sha256');
  const files: string[] = [];
  for (const file of job.sources.files) {
    if (files.length === probedFiles) break;
    const path = join(job.sources.root, file);
    const status = await lstat(path);
    if (!status.isFile() || status.size > largestProbed) continue;
    hash.update(await readFile(path));
    files.push(file);
  }
  return { token: randomBytes(16).toString('hex'), files, sha256: hash.digest('hex') };
}

/**
 * Whether the engine's refusal may be because a directory is not on its disk, or not shared with it (Docker Desktop says
 * so when the container starts). Where it was for another reason, streaming meets the same refusal and reports it.
 */
export function refusesMount(error: unknown): boolean {
  return [400, 403, 404, 500].includes(statusOf(error) ?? 0);
}

/** `transfer: mount` was asked for, and cannot be. */
export function mountImpossible(job: BuildJob, cause?: unknown): Failure {
  const why = cause === undefined ? 'it shows another disk' : engineMessage(cause);
  return new Failure('build.mount', {
    message: `The engine cannot mount this host's directories: ${why}`,
    where: job.sources.root,
    remedy: 'Set build.transfer to stream, or to auto, which finds out.',
    cause,
  });
}
