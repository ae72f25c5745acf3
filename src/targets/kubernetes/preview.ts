import type { RunContext } from '../../core/engine.js';
import type { RolloutPreview } from '../../core/target.js';
import { member } from '../../formats/json-member.js';
import { changedPaths } from '../../formats/value-changes.js';
import { keyOf, refused } from './apply.js';
import { type Cluster, ClusterRefusal } from './cluster.js';
import type { KubernetesData, RolloutObjects } from './manifests.js';

/** What the API server itself would make of the workload (`dryRun=All`), against what it has. Values of variables are not shown. */
export async function previewObjects(
  cluster: Cluster,
  objects: RolloutObjects,
  options: { readonly path: string; readonly force: boolean },
  context: RunContext,
): Promise<RolloutPreview> {
  const key = keyOf(cluster, objects.workload, options.path);
  const before = await cluster.find(key, context.signal);
  const after = await cluster
    .apply(key, objects.workload, { force: options.force, dryRun: true }, context.signal)
    .catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw error instanceof ClusterRefusal ? refused(cluster, key, error) : error;
    });
  if (before === undefined) {
    return { change: 'create', by: 'server', lines: [`create ${key.kind} ${key.namespace}/${key.name}`] };
  }
  const lines = changedPaths(comparable(before), comparable(after)).map((path) => {
    const shown = path.includes('env')
      ? '(a variable)'
      : `${show(member(before, ...path))} → ${show(member(after, ...path))}`;
    return `${path.join('.')}  ${shown}`;
  });
  return { change: lines.length === 0 ? 'none' : 'update', by: 'server', lines: [...new Set(lines)] };
}

function comparable(object: KubernetesData): unknown {
  const { status: _status, metadata, ...rest } = object;
  const labels = member(metadata, 'labels');
  return JSON.parse(JSON.stringify({ ...rest, metadata: { labels } }));
}

function show(value: unknown): string {
  return value === undefined ? '(none)' : typeof value === 'string' ? value : JSON.stringify(value);
}
