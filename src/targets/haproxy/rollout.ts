import type Docker from 'dockerode';
import { z } from 'zod';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type {
  ActualService,
  AppliedRollout,
  Orchestrator,
  RolloutJob,
  RolloutPreview,
  RolloutResult,
} from '../../core/target.js';
import { type Clock, monotonicClock } from '../clock.js';
import { defineContainer } from './definition.js';
import type { PullCredentials } from './engine.js';
import { parseHost, serviceOf } from './host-document.js';
import { withHostLock } from './lock.js';
import { openSite } from './open-site.js';
import { disagreement } from './placement.js';
import { requirePlaces, requireValidConfig } from './preflight.js';
import { previewLines } from './preview.js';
import { reconcile } from './reconcile.js';
import { goBack } from './restore.js';
import { InstanceFailure, type Site } from './site.js';
import { type Instance, isProved, isServing, type Snapshot, takeSnapshot } from './snapshot.js';

/** What a rollout on one host is given. */
export interface HaproxyOptions {
  /** This host's engine, or how to get it when it is needed. */
  readonly docker: Docker | (() => Promise<Docker>);
  /** Who may pull from a registry (`host[:port]`; `docker.io` for Docker Hub). */
  readonly credentials?: PullCredentials;
  readonly clock?: Clock;
}

/** What served before a rollout: enough to find its containers again. */
const beforeSchema = z.object({ definition: z.string(), instances: z.number(), image: z.string() });
type Before = z.output<typeof beforeSchema>;

/**
 * Replaces containers behind the HAProxy of this host, one by one. Runs where HAProxy and the engine run: it talks to the Runtime API's
 * socket, edits HAProxy's file and asks containers on the host's own address.
 */
export function createHaproxyOrchestrator(options: HaproxyOptions): Orchestrator {
  const within = <T>(plan: DeploymentPlan, template: string, context: RunContext, work: (site: Site) => Promise<T>) =>
    withSite(options, plan, template, context, work);
  const locked = <T>(job: RolloutJob, context: RunContext, work: (site: Site) => Promise<T>) =>
    within(job.plan, job.template, context, (site) => {
      const subject = `${site.service.id} behind ${site.config.path}`;
      return withHostLock(subject, job.plan.timeoutSeconds * 1000, site.clock, context, () => work(site));
    });
  return {
    name: 'haproxy',
    check(plan, template) {
      defineContainer(...readService(plan, template));
    },
    preview: (job, context) => within(job.plan, job.template, context, previewService),
    apply: (job, context) => locked(job, context, (site) => applyService(site, job)),
    watch: (job, applied, context) => locked(job, context, (site) => watchService(site, job, applied)),
    undo: (job, applied, context) => locked(job, context, (site) => undoService(site, job, applied)),
    observe: (plan, template, context) => within(plan, template, context, observeService),
  };
}

function readService(plan: DeploymentPlan, template: string) {
  const host = parseHost(plan.template, template);
  return [host, serviceOf(plan.template, host, plan.service)] as const;
}

async function withSite<T>(
  options: HaproxyOptions,
  plan: DeploymentPlan,
  template: string,
  context: RunContext,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  try {
    const [host, service] = readService(plan, template);
    const docker = typeof options.docker === 'function' ? await options.docker() : options.docker;
    const clock = options.clock ?? monotonicClock;
    return await work(await openSite(host, service, docker, options.credentials, clock, context));
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Failure && /^(?:deploy|settings)\.|^bug$/.test(error.code)) throw error;
    throw new Failure('deploy.orchestrator', {
      message: `This host cannot be worked with: ${describeError(error)}`,
      where: plan.service,
      remedy: "Its engine must answer (docker ps), and HAProxy's Runtime API.",
      cause: error,
    });
  }
}

async function previewService(site: Site): Promise<RolloutPreview> {
  const now = await takeSnapshot(site);
  await requirePlaces(site, now);
  const definition = defineContainer(site.host, site.service);
  return previewLines(site, now, definition);
}

async function applyService(site: Site, job: RolloutJob): Promise<AppliedRollout> {
  const { context, service } = site;
  if (service.image !== job.image) {
    throw new Failure('bug', { message: `The template has ${service.image} and the release is ${job.image}` });
  }
  const definition = defineContainer(site.host, service);
  const now = await takeSnapshot(site);
  await requirePlaces(site, now);
  await requireValidConfig(site, now);
  await site.engine.pull(service.image, context);
  const reference = { definition: definition.id, haproxy: site.version, mode: site.mode };
  const serving = now.instances.filter(isServing);
  if (isSettled(now, definition.id, service.instances)) return { change: 'unchanged', reference };
  const before = servedBefore(now, definition.id);
  context.progress.info(
    `${service.id}: ${describeServing(serving)}, wanted ${service.instances} of ${service.image} (HAProxy ${site.version})`,
  );
  return before === undefined
    ? { change: serving.length === 0 ? 'created' : 'updated', reference }
    : { change: 'updated', reference, before };
}

async function watchService(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  const definition = defineContainer(site.host, site.service);
  const before = beforeSchema.optional().parse(applied.before);
  await refuseOvertaken(site, definition.id, before);
  const deadline = site.clock.now() + job.plan.timeoutSeconds * 1000;
  const goal = { definition: definition.id, instances: site.service.instances, make: definition, deadline };
  try {
    const now = await reconcile(site, goal);
    return { outcome: applied.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence: evidenceOf(site, now) };
  } catch (error) {
    // All is in place then, but for what somebody else is changing: going back would not mend that.
    if (error instanceof Failure && error.code === 'deploy.stuck') throw error;
    site.context.progress.warn(`${site.service.id}: ${describeError(error)}; going back`);
    const restored = await goBack(site, definition.id, before, job.plan.timeoutSeconds, error);
    site.context.signal.throwIfAborted();
    throw failedRollout(site, error, restored);
  }
}

async function undoService(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  if (applied.change === 'unchanged') return { outcome: 'nothing-to-do', evidence: 'the rollout changed nothing' };
  const before = beforeSchema.optional().parse(applied.before);
  const now = await takeSnapshot(site);
  const left = now.instances.filter((each) => each.definition === before?.definition && isProved(each));
  if (before === undefined || left.length < before.instances) {
    throw new Failure('deploy.refused', {
      message:
        before === undefined
          ? `Nothing served '${site.service.id}' before this rollout`
          : `Of the ${before.instances} containers that ran ${before.image} before, ${left.length} are still here`,
      remedy: 'Deploy the version that shall run: its containers are made anew.',
    });
  }
  const settled = isSettled(now, before.definition, before.instances);
  const deadline = site.clock.now() + job.plan.timeoutSeconds * 1000;
  try {
    const after = await reconcile(site, { ...before, deadline });
    return { outcome: settled ? 'nothing-to-do' : 'succeeded', evidence: evidenceOf(site, after) };
  } catch (error) {
    if (!(error instanceof InstanceFailure)) throw error;
    throw new Failure('deploy.stuck', {
      message: `'${site.service.id}' cannot go back to ${before.image}: ${error.message}`,
      remedy: `See docker ps -a --filter label=io.slipway.haproxy.service=${site.identity}`,
      lastLines: error.lastLines,
    });
  }
}

async function observeService(site: Site): Promise<ActualService | undefined> {
  const now = await takeSnapshot(site);
  if (now.instances.length === 0 && now.strays.length === 0) return undefined;
  const serving = now.instances.filter(isServing);
  const different = disagreement(now);
  const draining = now.instances.filter((each) => each.server?.admin === 'drain' && each.running).length;
  const state = [
    ...(draining > 0 ? [`${draining} draining`] : []),
    ...(now.strays.length > 0 ? [`${now.strays.length} servers without a container`] : []),
    ...(different === undefined ? [] : [different]),
  ];
  return {
    images: [...new Set(serving.map((each) => each.image))],
    running: serving.filter((each) => each.server?.up).length,
    wanted: site.service.instances,
    state: state.join('; ') || 'steady',
  };
}

/** Whether all is as wanted, and nothing half done lies about. */
function isSettled(now: Snapshot, definition: string, instances: number): boolean {
  const serving = now.instances.filter(isServing);
  const running = now.instances.filter((each) => each.running);
  const same = serving.every((each) => each.definition === definition && each.server?.up);
  const alone = running.length === serving.length && now.instances.every(isProved) && now.strays.length === 0;
  return same && alone && serving.length === instances && disagreement(now) === undefined;
}

/**
 * What served, or in the middle of a killed rollout still is there of it: the definition, other than the new one, that most of the
 * running and else of the kept containers have.
 */
function servedBefore(now: Snapshot, definition: string): Before | undefined {
  const others = now.instances.filter((each) => each.definition !== definition && isProved(each));
  const running = others.filter((each) => each.running);
  const halfDone = now.instances.some((each) => each.definition === definition);
  const known = running.length > 0 || !halfDone ? running : others;
  const [first] = [...known].sort((left, right) => (left.endedAt < right.endedAt ? 1 : -1));
  if (first === undefined) return sameAgain(now, definition);
  const same = others.filter((each) => each.definition === first.definition);
  return { definition: first.definition, instances: same.length, image: first.image };
}

/** Only the number changed, or a container was missing: what ran before is the same definition. */
function sameAgain(now: Snapshot, definition: string): Before | undefined {
  const serving = now.instances.filter((each) => isServing(each) && each.definition === definition);
  const [first] = serving;
  return first && { definition, instances: serving.length, image: first.image };
}

/** Between `apply` and `watch` somebody else may have rolled out a third version; what they began is not undone. */
async function refuseOvertaken(site: Site, definition: string, before: Before | undefined): Promise<void> {
  const now = await takeSnapshot(site);
  const known = new Set([definition, before?.definition]);
  const foreign = now.instances.find((each) => isServing(each) && !known.has(each.definition));
  if (foreign === undefined || before === undefined) return;
  throw new Failure('deploy.superseded', {
    message: `Somebody else rolled out ${foreign.image} meanwhile`,
    where: site.identity,
    remedy: 'Deploy again if this version is the one that shall run.',
  });
}

function failedRollout(site: Site, error: unknown, restored: string): Failure {
  if (error instanceof Failure && error.code !== 'deploy.refused' && error.code !== 'deploy.orchestrator') return error;
  const lastLines =
    error instanceof InstanceFailure ? error.lastLines : error instanceof Failure ? error.lastLines : undefined;
  return new Failure('deploy.rolled-back', {
    message: `The rollout of '${site.service.id}' failed: ${describeError(error)}; ${restored}`,
    where: site.service.image,
    ...(error instanceof Failure && error.remedy !== undefined && { remedy: error.remedy }),
    ...(lastLines !== undefined && lastLines.length > 0 && { lastLines }),
    cause: error,
  });
}

function evidenceOf(site: Site, now: Snapshot): string {
  const serving = now.instances.filter(isServing);
  const names = serving.map((each) => each.name).join(', ');
  return `${serving.length}/${serving.length} containers take requests in backend '${site.service.backend}' (${names}); HAProxy's file agrees`;
}

function describeServing(serving: readonly Instance[]): string {
  if (serving.length === 0) return 'nothing takes requests';
  return `${serving.length} take requests (${[...new Set(serving.map((each) => each.image))].join(', ')})`;
}
