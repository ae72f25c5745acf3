import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { ActualService, AppliedRollout, Orchestrator, RolloutJob, RolloutResult } from '../../core/target.js';
import { member, numberMember, textMember } from '../../formats/json-member.js';
import { type Clock, monotonicClock } from '../clock.js';
import { applyObjects, applyOne, keyOf } from './apply.js';
import { type Cluster, type ClusterOptions, ClusterRefusal, openCluster } from './cluster.js';
import { imageIn, type KubernetesData, type RolloutObjects, readObjects } from './manifests.js';
import { previewObjects } from './preview.js';
import { listPods, watchWorkload } from './watch.js';

/** What a Kubernetes rollout is given. */
export interface KubernetesOptions {
  /** How a cluster is reached; the default: by the kubeconfig that kubectl would use. */
  readonly open?: (options: ClusterOptions) => Promise<Cluster>;
  readonly clock?: Clock;
}

/** One call's tools. */
interface Site {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly context: RunContext;
}

const holdMilliseconds = 3_000;

/**
 * Rolls a workload out on Kubernetes. Of `plan.options`, `context` and `namespace` say where; `force: true` takes over fields of
 * other managers; `apply: gitops` leaves the applying to a controller that follows the template's repository, and waits for it.
 */
export function createKubernetesOrchestrator(options: KubernetesOptions = {}): Orchestrator {
  const connect = <T>(plan: DeploymentPlan, context: RunContext, work: (site: Site) => Promise<T>): Promise<T> =>
    withCluster(options, plan, context, work);
  return {
    name: 'kubernetes',
    check(plan, template) {
      readObjects(plan, template);
    },
    preview: (job, context) =>
      connect(job.plan, context, ({ cluster }) =>
        previewObjects(cluster, readObjects(job.plan, job.template), applyOptions(job.plan), context),
      ),
    apply: (job, context) => connect(job.plan, context, (site) => apply(site, job)),
    watch: (job, applied, context) => connect(job.plan, context, (site) => watch(site, job, applied)),
    undo: (job, applied, context) => connect(job.plan, context, (site) => undo(site, job, applied)),
    observe: (plan, template, context) => connect(plan, context, (site) => observe(site, plan, template)),
  };
}

async function withCluster<T>(
  options: KubernetesOptions,
  plan: DeploymentPlan,
  context: RunContext,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  const { context: name, namespace } = plan.options;
  try {
    const cluster = await (options.open ?? openCluster)({
      ...(name !== undefined && { context: name }),
      ...(namespace !== undefined && { namespace }),
    });
    return await work({ cluster, clock: options.clock ?? monotonicClock, context });
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure('deploy.orchestrator', {
      message: `The cluster cannot be worked with: ${describeError(error)}`,
      where: plan.service,
      ...(error instanceof ClusterRefusal && {
        remedy: 'See that `kubectl get pods` works here, with the same context.',
      }),
      cause: error,
    });
  }
}

function applyOptions(plan: DeploymentPlan): { readonly path: string; readonly force: boolean } {
  return { path: plan.template, force: plan.options.force === 'true' };
}

async function apply({ cluster, context }: Site, job: RolloutJob): Promise<AppliedRollout> {
  const objects = readObjects(job.plan, job.template);
  const image = imageIn(objects.workload, objects.kind, objects.container);
  if (image !== job.image) {
    throw new Failure('bug', { message: `The template has ${image ?? 'no image'} and the release is ${job.image}` });
  }
  if (job.plan.options.apply !== 'gitops') return applyObjects(cluster, objects, applyOptions(job.plan), context);
  const live = await cluster.find(keyOf(cluster, objects.workload, job.plan.template), context.signal);
  const arrived = live !== undefined && imageIn(live, objects.kind, objects.container) === image;
  return { change: arrived ? 'unchanged' : live === undefined ? 'created' : 'updated', reference: { by: 'gitops' } };
}

async function watch(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  const objects = readObjects(job.plan, job.template);
  const deadline = site.clock.now() + job.plan.timeoutSeconds * 1000;
  if (applied.reference.by === 'gitops') await waitForGitOps(site, job, objects, deadline);
  const evidence = await watchObjects(site, job, objects, job.image, deadline);
  return { outcome: applied.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence };
}

function watchObjects(
  { cluster, clock, context }: Site,
  job: RolloutJob,
  { kind, container, workload }: RolloutObjects,
  image: string,
  deadline: number,
): Promise<string> {
  const expected = { kind, container, image };
  const key = keyOf(cluster, workload, job.plan.template);
  const ready = numberMember(workload, 'spec', 'minReadySeconds') ?? 0;
  const hold = kind === 'CronJob' || ready > 0 ? 0 : holdMilliseconds;
  return watchWorkload(cluster, { key, expected, deadline, holdMilliseconds: hold }, clock, context);
}

/** Until the controller has brought the image to the cluster. Throws `deploy.stuck` where it has not when the time is up. */
async function waitForGitOps(
  { cluster, clock, context }: Site,
  job: RolloutJob,
  { workload, kind, container }: RolloutObjects,
  deadline: number,
): Promise<void> {
  const key = keyOf(cluster, workload, job.plan.template);
  let now: string | undefined;
  while (clock.now() < deadline) {
    const live = await cluster.find(key, context.signal);
    now = live && imageIn(live, kind, container);
    if (now === job.image) return;
    context.progress.status(`deploy ${key.name}: waiting until the GitOps controller applies it`);
    await clock.sleep(2_000, context.signal);
  }
  throw new Failure('deploy.stuck', {
    message: `The GitOps controller has not applied '${key.name}' when the time was up: the cluster has ${now ?? 'no such workload'}`,
    where: `${key.namespace}/${key.name}`,
    remedy: 'Look at the controller (its sync of this repository and branch), or raise the timeout of the environment.',
  });
}

async function undo(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  const { cluster, clock, context } = site;
  const objects = readObjects(job.plan, job.template);
  const before = applied.before as KubernetesData | undefined;
  const image = before && imageIn(before, objects.kind, objects.container);
  const key = keyOf(cluster, objects.workload, job.plan.template);
  if (before === undefined || image === undefined) {
    throw new Failure('deploy.refused', {
      message: `There is no version before of '${key.name}' that could run again`,
      where: `${key.namespace}/${key.name}`,
      remedy: `Deploy another version, or remove it: kubectl -n ${key.namespace} delete ${key.kind.toLowerCase()} ${key.name}`,
    });
  }
  const live = await cluster.find(key, context.signal);
  const now = live && imageIn(live, objects.kind, objects.container);
  if (now !== job.image && now !== image) {
    throw new Failure('deploy.superseded', {
      message: `Somebody else changed '${key.name}': its image is now ${now ?? 'none'}`,
      where: `${key.namespace}/${key.name}`,
      remedy: 'Leave it as it is, or deploy the version that shall run.',
    });
  }
  const done = now === image;
  // By force: what is put back holds every field, also those that a scaler or another tool owns since.
  if (!done) await applyOne(cluster, key, before, true, context);
  context.progress.info(`${done ? 'already back' : 'went back'} to ${image}`);
  const deadline = clock.now() + job.plan.timeoutSeconds * 1000;
  const evidence = await watchObjects(site, job, objects, image, deadline);
  return { outcome: done ? 'nothing-to-do' : 'succeeded', evidence: `${image}: ${evidence}` };
}

async function observe(
  { cluster, context }: Site,
  plan: DeploymentPlan,
  template: string,
): Promise<ActualService | undefined> {
  const { workload, kind, container } = readObjects(plan, template);
  const key = keyOf(cluster, workload, plan.template);
  const live = await cluster.find(key, context.signal);
  if (live === undefined) return undefined;
  const wanted = numberMember(live, 'spec', 'replicas') ?? numberMember(live, 'status', 'desiredNumberScheduled') ?? 1;
  if (kind === 'CronJob') {
    return { images: [imageIn(live, kind, container) ?? ''], running: 0, wanted: 0, state: 'steady' };
  }
  const pods = await listPods(cluster, key, live, context.signal);
  const running = pods.filter((pod) => textMember(pod, 'status', 'phase') === 'Running');
  const images = running.flatMap((pod) => imageOfPod(pod, container) ?? []);
  const available =
    numberMember(live, 'status', 'availableReplicas') ?? numberMember(live, 'status', 'numberAvailable') ?? 0;
  return {
    images: [...new Set(images)].sort(),
    running: running.length,
    wanted,
    state: available >= wanted && running.length === wanted ? 'steady' : `${available}/${wanted} available`,
  };
}

function imageOfPod(pod: KubernetesData, container: string): string | undefined {
  const containers = member(pod, 'spec', 'containers');
  const list: readonly unknown[] = Array.isArray(containers) ? containers : [];
  return textMember(
    list.find((each) => textMember(each, 'name') === container),
    'image',
  );
}
