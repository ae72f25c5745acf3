import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { AppliedRollout } from '../../core/target.js';
import { numberMember, textMember } from '../../formats/json-member.js';
import { type Cluster, ClusterRefusal, type ObjectKey } from './cluster.js';
import type { KubernetesData, RolloutObjects } from './manifests.js';

/** The place of an object: its own namespace, or the environment's. Throws `deploy.template-invalid` where it has no name. */
export function keyOf(cluster: Cluster, object: KubernetesData, path: string): ObjectKey {
  const apiVersion = textMember(object, 'apiVersion');
  const kind = textMember(object, 'kind');
  const name = textMember(object, 'metadata', 'name');
  if (apiVersion === undefined || kind === undefined || name === undefined) {
    throw new Failure('deploy.template-invalid', {
      message: `An object has no ${apiVersion === undefined ? 'apiVersion' : kind === undefined ? 'kind' : 'metadata.name'}`,
      where: path,
    });
  }
  return { apiVersion, kind, name, namespace: textMember(object, 'metadata', 'namespace') ?? cluster.namespace };
}

/**
 * Server-side apply of the companions, then of the workload. The same twice changes nothing, so that a lost answer is asked for again.
 * Fields that another manager owns are not taken from it but by `force`. Throws `deploy.refused`, `deploy.orchestrator`.
 */
export async function applyObjects(
  cluster: Cluster,
  objects: RolloutObjects,
  options: { readonly path: string; readonly force: boolean },
  context: RunContext,
): Promise<AppliedRollout> {
  const { workload, companions } = objects;
  const key = keyOf(cluster, workload, options.path);
  const before = await cluster.find(key, context.signal);
  for (const companion of companions) {
    await applyOne(cluster, keyOf(cluster, companion, options.path), companion, options.force, context);
  }
  const after = await applyOne(cluster, key, workload, options.force, context);
  const changed = before === undefined || generationOf(before) !== generationOf(after);
  const change = before === undefined ? 'created' : changed ? 'updated' : 'unchanged';
  context.progress.info(`${change} ${key.kind} ${key.namespace}/${key.name}`);
  return {
    change,
    reference: { kind: key.kind, namespace: key.namespace, name: key.name, generation: String(generationOf(after)) },
    ...(before !== undefined && changed && { before: restorable(before) }),
  };
}

/** One object. Throws `deploy.refused` with what the API server says of each field. */
export async function applyOne(
  cluster: Cluster,
  key: ObjectKey,
  object: KubernetesData,
  force: boolean,
  context: RunContext,
): Promise<KubernetesData> {
  try {
    return await cluster.apply(key, object, { force, dryRun: false }, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ClusterRefusal)) throw error;
    throw refused(cluster, key, error);
  }
}

/** What the API server refuses, in its words; nothing was changed. */
export function refused(cluster: Cluster, key: ObjectKey, error: ClusterRefusal): Failure {
  const where = `${key.kind} ${key.namespace}/${key.name}`;
  if (error.status === undefined || error.status === 401 || error.status >= 500) {
    return new Failure('deploy.orchestrator', {
      message: `The cluster cannot be worked with: ${error.message}`,
      where: cluster.server,
      remedy: 'See that `kubectl auth can-i patch deployments` works here.',
      cause: error,
    });
  }
  const conflict = error.status === 409 && error.reason === 'Conflict';
  return new Failure('deploy.refused', {
    message: conflict
      ? `Somebody else manages fields of ${where}: ${error.causes.join('; ') || error.message}`
      : `The cluster refuses ${where}: ${error.message}`,
    where,
    remedy: conflict
      ? "Leave these fields out of the template, or take them over once with 'force: true' in the environment's settings."
      : 'Correct the template, or the rights of the account.',
    ...(error.causes.length > 0 && { candidates: error.causes }),
    cause: error,
  });
}

/** An object as it can be applied again: without what the cluster itself writes. */
function restorable(object: KubernetesData): KubernetesData {
  const { status: _status, metadata, ...rest } = object;
  const own = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const written = /^(?:managedFields|resourceVersion|uid|creationTimestamp|generation|selfLink)$/;
  return { ...rest, metadata: Object.fromEntries(Object.entries(own).filter(([key]) => !written.test(key))) };
}

function generationOf(object: KubernetesData): number | undefined {
  return numberMember(object, 'metadata', 'generation');
}
