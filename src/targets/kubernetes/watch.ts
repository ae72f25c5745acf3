import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import { member, textMember } from '../../formats/json-member.js';
import type { Clock } from '../clock.js';
import { type Cluster, ClusterRefusal, type ObjectKey } from './cluster.js';
import { type Expectation, isOfImage, judge, type PodTrouble, type Verdict } from './convergence.js';
import type { KubernetesData } from './manifests.js';

/** One wait for convergence. */
export interface Watch {
  readonly key: ObjectKey;
  readonly expected: Expectation;
  /** On the clock. */
  readonly deadline: number;
  readonly holdMilliseconds: number;
}

const pollMilliseconds = 1_000;
/** An API server that is replaced is away for some seconds. */
const silenceMilliseconds = 60_000;
/** An image that cannot be pulled, or a missing Secret, may still be repaired; after that long it is the rollout's end. */
const troubleMilliseconds = 60_000;

/**
 * Waits until the workload has converged and stays so for a while; returns the evidence. Throws `deploy.stuck` with events and log
 * lines, `deploy.superseded`, `deploy.unknown`.
 */
export async function watchWorkload(
  cluster: Cluster,
  watch: Watch,
  clock: Clock,
  context: RunContext,
): Promise<string> {
  let answeredAt = clock.now();
  let heldSince: number | undefined;
  let troubledSince: number | undefined;
  let verdict: Verdict = { state: 'waiting', text: 'nothing seen yet' };
  while (clock.now() < watch.deadline) {
    const seen = await look(cluster, watch, context.signal);
    if (seen === undefined) {
      if (clock.now() - answeredAt > silenceMilliseconds) throw silent(cluster, watch);
    } else {
      answeredAt = clock.now();
      verdict = judge(watch.expected, seen.workload, seen.pods);
      troubledSince =
        'trouble' in verdict && verdict.trouble !== undefined ? (troubledSince ?? clock.now()) : undefined;
      const lasting = troubledSince !== undefined && clock.now() - troubledSince > troubleMilliseconds;
      if (verdict.state === 'failed' || lasting) throw await stuck(cluster, watch, verdict, context.signal);
      if (verdict.state === 'superseded') throw superseded(watch, verdict.text);
      heldSince = verdict.state === 'running' ? (heldSince ?? clock.now()) : undefined;
      const held = heldSince === undefined ? 0 : clock.now() - heldSince;
      if (heldSince !== undefined && held >= watch.holdMilliseconds) return `${verdict.text}${heldFor(held)}`;
      context.progress.status(`deploy ${watch.key.name}: ${verdict.text}`);
    }
    await clock.sleep(pollMilliseconds, context.signal);
  }
  throw await stuck(cluster, watch, verdict, context.signal, 'had not converged when the time was up');
}

function heldFor(milliseconds: number): string {
  return milliseconds < 1000 ? '' : ` for ${Math.round(milliseconds / 1000)} s`;
}

/** Undefined while the API server does not answer. */
async function look(cluster: Cluster, { key, expected }: Watch, signal: AbortSignal) {
  try {
    const workload = await cluster.find(key, signal);
    const pods =
      workload === undefined || expected.kind === 'CronJob' ? [] : await listPods(cluster, key, workload, signal);
    return { workload, pods };
  } catch (error) {
    if (error instanceof ClusterRefusal && (error.status === undefined || error.status >= 500)) return undefined;
    throw error;
  }
}

/** The pods that a workload's selector names; selectors with expressions are asked for in full. */
export async function listPods(
  cluster: Cluster,
  key: ObjectKey,
  workload: KubernetesData,
  signal: AbortSignal,
): Promise<readonly KubernetesData[]> {
  const labels = member(workload, 'spec', 'selector', 'matchLabels');
  const selector = Object.entries(typeof labels === 'object' && labels !== null ? labels : {})
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
  if (selector === '') return [];
  return cluster.list('v1', 'Pod', key.namespace, { labelSelector: selector }, signal);
}

async function stuck(
  cluster: Cluster,
  watch: Watch,
  verdict: Verdict,
  signal: AbortSignal,
  how = 'failed',
): Promise<Failure> {
  const { namespace, name } = watch.key;
  const trouble = 'trouble' in verdict ? verdict.trouble : undefined;
  const evidence = await evidenceOf(cluster, watch, trouble, signal).catch(() => {
    signal.throwIfAborted();
    return { events: [], log: [] };
  });
  const events = evidence.events.length === 0 ? '' : `: ${evidence.events.join('; ')}`;
  return new Failure('deploy.stuck', {
    message: `The rollout of '${name}' ${how} (${verdict.text})${events}`,
    where: `${namespace}/${name}`,
    remedy: `See kubectl -n ${namespace} describe ${watch.expected.kind.toLowerCase()} ${name}`,
    ...(evidence.log.length > 0 && { lastLines: evidence.log }),
  });
}

/** Warnings about pods of the new version, each once, the last five; and the last lines of the container that does not get well. */
async function evidenceOf(
  cluster: Cluster,
  { key, expected }: Watch,
  trouble: PodTrouble | undefined,
  signal: AbortSignal,
): Promise<{ readonly events: readonly string[]; readonly log: readonly string[] }> {
  const workload = await cluster.find(key, signal);
  const pods = workload === undefined ? [] : await listPods(cluster, key, workload, signal);
  const names = new Set(
    pods.filter((pod) => isOfImage(pod, expected)).flatMap((pod) => textMember(pod, 'metadata', 'name') ?? []),
  );
  const warnings = await cluster.list('v1', 'Event', key.namespace, { fieldSelector: 'type=Warning' }, signal);
  const events = warnings
    .filter((event) => names.has(textMember(event, 'involvedObject', 'name') ?? ''))
    .flatMap((event) => textMember(event, 'message') ?? []);
  const pod = trouble?.pod ?? [...names][0];
  const log =
    pod === undefined
      ? []
      : await cluster.readLog(key.namespace, pod, expected.container, (trouble?.restarts ?? 0) > 0, signal);
  return { events: [...new Set(events)].slice(-5), log };
}

function superseded({ key }: Watch, text: string): Failure {
  return new Failure('deploy.superseded', {
    message: `The rollout of '${key.name}' was overtaken: ${text}`,
    where: `${key.namespace}/${key.name}`,
    remedy: 'Deploy again if this version is the one that shall run.',
  });
}

function silent(cluster: Cluster, { key }: Watch): Failure {
  return new Failure('deploy.unknown', {
    message: `The cluster took '${key.name}' and does not answer any more: how the rollout ended is not known`,
    where: cluster.server,
    remedy: 'Run the same deployment again when the API server answers.',
  });
}
