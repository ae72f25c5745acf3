import { parseAllDocuments } from 'yaml';
import { Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import { member, textMember } from '../../formats/json-member.js';

/** Plain data of the Kubernetes API. */
export type KubernetesData = { readonly [key: string]: unknown };

/** The workload that a rollout is about, and what stands beside it in the template. */
export interface RolloutObjects {
  readonly workload: KubernetesData;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';
  /** Name of the container whose image is released. */
  readonly container: string;
  /** Objects that run nothing and belong to the workload: a Service, a ConfigMap; in the file's order. */
  readonly companions: readonly KubernetesData[];
}

const runs = /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Job|CronJob|Pod)$/;

/**
 * The plan's service in its template. Companions are those objects of the file that have the workload's name, or its label
 * `app.kubernetes.io/name` or `app`; those of other services are left alone. Throws `deploy.no-match`, `deploy.template-invalid`,
 * `deploy.unsupported` for a kind that cannot be rolled out.
 */
export function readObjects(plan: DeploymentPlan, template: string): RolloutObjects {
  const objects = parseObjects(plan.template, template);
  const [id = '', chosen] = plan.service.split('#');
  const [name = '', second, third] = id.split('/').reverse();
  const kindWanted = second !== undefined && runs.test(second) ? second : undefined;
  const namespace = third ?? (kindWanted === undefined ? second : undefined);
  const found = objects.filter(
    (object) =>
      runs.test(textMember(object, 'kind') ?? '') &&
      textMember(object, 'metadata', 'name') === name &&
      (kindWanted === undefined || textMember(object, 'kind') === kindWanted) &&
      (namespace === undefined || textMember(object, 'metadata', 'namespace') === namespace),
  );
  const [workload] = found;
  if (workload === undefined || found.length > 1) throw notOne(plan, found.length);
  const kind = supportedKind(plan, workload);
  return {
    workload,
    kind,
    container: containerName(plan, workload, kind, chosen),
    companions: objects.filter((object) => belongsTo(object, workload)),
  };
}

/** The image of a container, by its name. */
export function imageIn(workload: KubernetesData, kind: string, container: string): string | undefined {
  return textMember(
    containersIn(workload, kind).find((each) => textMember(each, 'name') === container),
    'image',
  );
}

function parseObjects(path: string, text: string): readonly KubernetesData[] {
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), { merge: true, logLevel: 'silent' });
  const list = Array.isArray(documents) ? documents : [];
  const broken = list.flatMap((document) => document.errors)[0];
  if (broken)
    throw new Failure('deploy.template-invalid', { message: broken.message.split('\n')[0] ?? '', where: path });
  return list.flatMap((document) => flatten(document.toJS({ maxAliasCount: 1000 })));
}

function flatten(value: unknown): readonly KubernetesData[] {
  if (typeof value !== 'object' || value === null) return [];
  const items = textMember(value, 'kind')?.endsWith('List') ? member(value, 'items') : undefined;
  return Array.isArray(items) ? items.flatMap(flatten) : [{ ...value }];
}

function notOne(plan: DeploymentPlan, found: number): Failure {
  return new Failure(found === 0 ? 'deploy.no-match' : 'deploy.ambiguous-match', {
    message:
      found === 0
        ? `There is no workload '${plan.service}' in this file`
        : `'${plan.service}' is in this file ${found} times`,
    where: plan.template,
    remedy: 'Name one as Kind/name, or namespace/Kind/name.',
  });
}

function supportedKind(plan: DeploymentPlan, workload: KubernetesData): RolloutObjects['kind'] {
  const kind = textMember(workload, 'kind');
  const onDelete = textMember(workload, 'spec', 'updateStrategy', 'type') === 'OnDelete';
  const paused = member(workload, 'spec', 'paused') === true;
  if (onDelete || paused) {
    throw new Failure('deploy.unsupported', {
      message: `'${plan.service}' ${paused ? 'is paused' : 'is updated when somebody deletes its pods'}, so its rollout would never end`,
      where: plan.template,
      remedy: paused ? 'Take spec.paused out.' : 'Use the update strategy RollingUpdate.',
    });
  }
  if (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet' || kind === 'CronJob') return kind;
  throw new Failure('deploy.unsupported', {
    message: `'${plan.service}' is a ${kind ?? 'thing without a kind'}, which cannot be updated to another image`,
    where: plan.template,
    remedy: 'Make it a Deployment, StatefulSet, DaemonSet or CronJob.',
  });
}

function containerName(
  plan: DeploymentPlan,
  workload: KubernetesData,
  kind: string,
  chosen: string | undefined,
): string {
  const names = containersIn(workload, kind).flatMap((container) => textMember(container, 'name') ?? []);
  const [only, second] = names;
  const name = chosen ?? (second === undefined ? only : undefined);
  if (name !== undefined && names.includes(name)) return name;
  throw new Failure('deploy.no-match', {
    message: `'${plan.service}' names no container of its workload`,
    where: plan.template,
    remedy: 'Name it: name#container.',
    candidates: names,
  });
}

function containersIn(workload: KubernetesData, kind: string): readonly unknown[] {
  const path = kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  const containers = member(workload, ...path, 'spec', 'containers');
  return Array.isArray(containers) ? containers : [];
}

function belongsTo(object: KubernetesData, workload: KubernetesData): boolean {
  if (runs.test(textMember(object, 'kind') ?? '')) return false;
  if (textMember(object, 'apiVersion') === undefined) return false;
  const label = (of: unknown, key: string): string | undefined => textMember(member(of, 'metadata', 'labels'), key);
  if (textMember(object, 'metadata', 'name') === textMember(workload, 'metadata', 'name')) return true;
  return ['app.kubernetes.io/name', 'app'].some((key) => {
    const own = label(workload, key);
    return own !== undefined && label(object, key) === own;
  });
}
