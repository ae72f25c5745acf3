import { randomBytes } from 'node:crypto';
import { lstat, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { BuildJob } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Transfer } from './builder-container.js';
import { engineMessage, isLost, statusOf } from './engine-error.js';
import { member, textMember } from './json-lines.js';
import { inside } from './script.js';
import { readFirstFile } from './unpack.js';

/** Directories of this host that a build would mount. */
export interface HostDirectories {
  readonly sources: string;
  readonly outputs: string;
  /** Undefined where there are no client files. */
  readonly secrets?: string;
}

export function bindMounts(directories: HostDirectories): Docker.MountSettings[] {
  const bind = (Source: string, Target: string, ReadOnly: boolean): Docker.MountSettings => ({
    Type: 'bind',
    Source,
    Target,
    ReadOnly,
  });
  return [
    bind(directories.sources, inside.sources, true),
    bind(directories.outputs, inside.outputs, false),
    ...(directories.secrets === undefined ? [] : [bind(directories.secrets, inside.secrets, true)]),
  ];
}

/** Whether a refusal to create a container says that a directory to be mounted is not on the engine's disk. */
export function refusesMount(error: unknown): boolean {
  return statusOf(error) === 400 || statusOf(error) === 403;
}

/**
 * Whether a created container sees this host's directories, and who owns our files there (`uid:gid` as a user namespace
 * maps them); undefined when it shows another disk. Nothing has to run: the archive API reads through mounts. A random
 * token decides for the outputs; the sources are not ours to write to, so a file's size and time of change are compared.
 */
export async function probeMounts(
  container: Docker.Container,
  job: BuildJob,
  directories: HostDirectories,
): Promise<Pick<Transfer, 'owner'> | undefined> {
  const name = `.slipway-probe-${randomBytes(8).toString('hex')}`;
  const token = randomBytes(16);
  const path = join(directories.outputs, name);
  await writeFile(path, token);
  try {
    const seen = await readInside(container, `${inside.outputs}/${name}`);
    if (!seen?.content.equals(token) || !(await showsSources(container, job))) return undefined;
    return { owner: `${seen.header.uid ?? 0}:${seen.header.gid ?? 0}` };
  } finally {
    await rm(path, { force: true });
  }
}

async function readInside(container: Docker.Container, path: string) {
  try {
    return await readFirstFile((await container.getArchive({ path })) as Readable);
  } catch (error) {
    if (isLost(error)) throw error;
    return undefined;
  }
}

async function showsSources(container: Docker.Container, job: BuildJob): Promise<boolean> {
  const file = job.sources.files[0];
  if (file === undefined) return true;
  const ours = await lstat(join(job.sources.root, file));
  try {
    const answer: unknown = await container.infoArchive({ path: `${inside.sources}/${file}` });
    const header = textMember(member(answer, 'headers'), 'x-docker-container-path-stat') ?? '';
    const theirs: unknown = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
    const changed = Date.parse(textMember(theirs, 'mtime') ?? '');
    return member(theirs, 'size') === ours.size && Math.abs(changed - Math.floor(ours.mtimeMs)) <= 1;
  } catch (error) {
    if (isLost(error)) throw error;
    return false;
  }
}

/** `transfer: mount` was asked for, and cannot be. */
export function mountImpossible(directories: HostDirectories, cause?: unknown): Failure {
  const why = cause === undefined ? 'it shows another disk' : engineMessage(cause);
  return new Failure('build.mount', {
    message: `The engine cannot mount this host's directories: ${why}`,
    where: directories.sources,
    remedy: 'Set build.transfer to stream, or to auto, which finds out.',
    cause,
  });
}
