import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { BuildJob, RunContext } from '../../core/engine.js';
import type { BuilderContainer } from './builder-container.js';
import type { Cleanup } from './cleanup.js';
import { inside } from './script.js';
import { type ArchiveEntry, writeArchive } from './tar.js';

/**
 * Bring sources and client files to an engine that does not see this host's disk: into volumes of this run, through a
 * container that never starts, so that the builder can have them read-only. Returns the builder's mounts.
 */
export async function streamIn(
  docker: Docker,
  job: BuildJob,
  container: BuilderContainer,
  context: RunContext,
  cleanup: Cleanup,
): Promise<readonly Docker.MountSettings[]> {
  const volumes = [
    volumeMount(`${container.name}-src`, inside.sources, container.labels),
    ...(container.files.length === 0
      ? []
      : [volumeMount(`${container.name}-secrets`, inside.secrets, container.labels)]),
  ];
  for (const { Source } of volumes) cleanup.add(() => docker.getVolume(Source).remove({ force: true }));
  const loader = await docker.createContainer({
    name: `${container.name}-load`,
    Image: container.image,
    Entrypoint: ['/bin/sh'],
    Labels: { ...container.labels },
    HostConfig: { Mounts: volumes },
  });
  try {
    await loader.putArchive(writeArchive(sourceEntries(job), { normalise: false }), {
      path: inside.sources,
      abortSignal: context.signal,
    });
    if (container.files.length > 0) {
      await loader.putArchive(writeArchive(secretEntries(container), { normalise: true }), {
        path: inside.secrets,
        abortSignal: context.signal,
      });
    }
  } finally {
    await loader.remove({ force: true });
  }
  return volumes.map((mount) => ({ ...mount, ReadOnly: true }));
}

function volumeMount(name: string, target: string, labels: Readonly<Record<string, string>>): Docker.MountSettings {
  const VolumeOptions = { NoCopy: true, Labels: { ...labels }, DriverConfig: { Name: 'local', Options: {} } };
  return { Type: 'volume', Source: name, Target: target, VolumeOptions };
}

async function* sourceEntries(job: BuildJob): AsyncGenerator<ArchiveEntry> {
  for (const file of job.sources.files) {
    const path = join(job.sources.root, file);
    const status = await lstat(path);
    if (status.isFile() || status.isSymbolicLink()) yield { name: file, type: 'path', path };
  }
}

function secretEntries(container: BuilderContainer): readonly ArchiveEntry[] {
  return container.files.map(({ name, content }) => ({ name, type: 'bytes', content, mode: 0o600 }));
}
