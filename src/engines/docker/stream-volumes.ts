import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type Headers, pack } from 'tar-fs';
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
    await loader.putArchive(sourceArchive(job), {
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

/** The sources as they are, owned by root; links stay links. */
function sourceArchive(job: BuildJob): Readable {
  const options = {
    entries: [...job.sources.files],
    umask: 0,
    map: (header: Headers) => Object.assign(header, { uid: 0, gid: 0 }),
  };
  return Readable.from(pack(job.sources.root, options), { objectMode: false });
}

function secretEntries(container: BuilderContainer): readonly ArchiveEntry[] {
  return container.files.map(({ name, content }) => ({ name, type: 'bytes', content, mode: 0o600 }));
}
