import type Docker from 'dockerode';
import type { BuildJob, CacheVolume } from '../../core/engine.js';
import { member, numberMember, textMember } from '../../formats/json-member.js';
import { statusOf } from './engine-error.js';
import { label } from './owner.js';

/**
 * The mounts of a build's caches. Builds of one project and kind share the volumes, as two shells on one machine share
 * `~/.m2`: the clients lock or rename atomically what they write. `NoCopy`: a cache never starts with an image's files.
 */
export function cacheMounts(job: Pick<BuildJob, 'project' | 'kind' | 'builder'>): Docker.MountSettings[] {
  return job.builder.caches.map(({ name, path }) => ({
    Type: 'volume',
    Source: `slipway-cache-${job.project}-${job.kind}-${name}`,
    Target: path,
    VolumeOptions: {
      NoCopy: true,
      Labels: { [label.cache]: name, [label.project]: job.project, [label.kind]: job.kind },
      DriverConfig: { Name: 'local', Options: {} },
    },
  }));
}

/** All cache volumes, or one project's, sorted by name; their sizes where the engine says them. */
export async function listCaches(docker: Docker, project?: string): Promise<readonly CacheVolume[]> {
  const labels = project === undefined ? [label.cache] : [label.cache, `${label.project}=${project}`];
  const [{ Volumes }, sizes] = await Promise.all([
    docker.listVolumes({ filters: { label: labels } }),
    volumeSizes(docker),
  ]);
  return (Volumes ?? [])
    .map(({ Name, Labels }) => describeVolume(Name, Labels ?? {}, sizes.get(Name)))
    .sort((a, b) => (a.volume < b.volume ? -1 : 1));
}

/** Remove those that no container uses, and say which. */
export async function clearCaches(docker: Docker, project?: string): Promise<readonly CacheVolume[]> {
  const removed: CacheVolume[] = [];
  for (const cache of await listCaches(docker, project)) {
    try {
      await docker.getVolume(cache.volume).remove();
      removed.push(cache);
    } catch (error) {
      // 409: in use; 404: somebody else was faster.
      if (statusOf(error) !== 409 && statusOf(error) !== 404) throw error;
    }
  }
  return removed;
}

function describeVolume(volume: string, labels: Readonly<Record<string, string>>, size?: number): CacheVolume {
  const [project = '', kind = '', cache = ''] = [labels[label.project], labels[label.kind], labels[label.cache]];
  return { volume, project, kind, cache, ...(size !== undefined && size >= 0 && { size }) };
}

async function volumeSizes(docker: Docker): Promise<ReadonlyMap<string, number>> {
  const usage: unknown = await docker.df().catch(() => undefined);
  const volumes = member(usage, 'Volumes');
  const sizes = new Map<string, number>();
  for (const volume of Array.isArray(volumes) ? volumes : []) {
    const name = textMember(volume, 'Name');
    const size = numberMember(volume, 'UsageData', 'Size');
    if (name !== undefined && size !== undefined) sizes.set(name, size);
  }
  return sizes;
}
