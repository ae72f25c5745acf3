import { member, numberMember, textMember } from '../../formats/json-member.js';
import type { KubernetesData, RolloutObjects } from './manifests.js';
import { imageIn } from './manifests.js';

/** What is expected of a workload while it converges. */
export interface Expectation {
  readonly kind: RolloutObjects['kind'];
  readonly container: string;
  readonly image: string;
}

/** One look at a workload and its pods. */
export type Verdict =
  | { readonly state: 'waiting'; readonly text: string; readonly trouble?: PodTrouble }
  | { readonly state: 'running'; readonly text: string }
  | { readonly state: 'failed'; readonly text: string; readonly trouble?: PodTrouble }
  | { readonly state: 'superseded'; readonly text: string };

/** A container of the new version that does not get well. */
export interface PodTrouble {
  readonly pod: string;
  readonly text: string;
  /** It has ended that often. */
  readonly restarts: number;
}

/**
 * Judge a workload as `kubectl rollout status` does (kubernetes/kubectl, pkg/polymorphichelpers/rollout_status.go), and beyond it:
 * another image is another's rollout, and a container that keeps ending is a failure before the progress deadline is over.
 */
export function judge(
  expected: Expectation,
  workload: KubernetesData | undefined,
  pods: readonly KubernetesData[],
): Verdict {
  if (workload === undefined) return { state: 'superseded', text: 'somebody else removed it' };
  const image = imageIn(workload, expected.kind, expected.container);
  if (image !== expected.image)
    return { state: 'superseded', text: `somebody else changed it; its image is now ${image ?? 'none'}` };
  if (expected.kind === 'CronJob') return { state: 'running', text: 'its next jobs run the image' };
  const observed = numberMember(workload, 'status', 'observedGeneration') ?? 0;
  if (observed < (numberMember(workload, 'metadata', 'generation') ?? 0))
    return { state: 'waiting', text: 'its controller has not seen the change yet' };
  const trouble = worstTrouble(expected, pods);
  const failure = conditionFailure(workload);
  if (failure !== undefined) return { state: 'failed', text: failure, ...(trouble && { trouble }) };
  if (trouble !== undefined && trouble.restarts >= 3)
    return { state: 'failed', text: `${trouble.pod}: ${trouble.text}`, trouble };
  return judgeCounts(expected, workload, trouble);
}

function judgeCounts(expected: Expectation, workload: KubernetesData, trouble: PodTrouble | undefined): Verdict {
  const status = (name: string): number => numberMember(workload, 'status', name) ?? 0;
  const daemon = expected.kind === 'DaemonSet';
  const wanted = daemon ? status('desiredNumberScheduled') : (numberMember(workload, 'spec', 'replicas') ?? 1);
  const updated = daemon ? status('updatedNumberScheduled') : status('updatedReplicas');
  const available = daemon ? status('numberAvailable') : status('availableReplicas');
  const all = daemon ? status('currentNumberScheduled') : status('replicas');
  // A partition keeps the pods below it on the version before, on purpose.
  const partition = numberMember(workload, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  const goal = Math.max(0, wanted - (expected.kind === 'StatefulSet' ? partition : 0));
  const text = `${Math.min(available, updated)}/${wanted} pods available`;
  const waiting = (why: string): Verdict => ({
    state: 'waiting',
    text: `${text}${why}${trouble === undefined ? '' : `; ${trouble.pod}: ${trouble.text}`}`,
    ...(trouble && { trouble }),
  });
  if (updated < goal) return waiting(`, ${updated} of them updated`);
  if (!daemon && partition === 0 && all > updated) return waiting(`, ${all - updated} of the version before`);
  if (available < wanted) return waiting('');
  return { state: 'running', text };
}

/** What a Deployment's controller itself says of the end. */
function conditionFailure(workload: KubernetesData): string | undefined {
  const conditions = member(workload, 'status', 'conditions');
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const progressing = list.find((each) => textMember(each, 'type') === 'Progressing');
  if (textMember(progressing, 'status') !== 'False' || textMember(progressing, 'reason') !== 'ProgressDeadlineExceeded')
    return undefined;
  return textMember(progressing, 'message') ?? 'it has exceeded its progress deadline';
}

const waitingForGood =
  /^(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull|CreateContainerConfigError|CreateContainerError|RunContainerError)$/;

/** The container of the new version that has ended most often, or cannot start. */
function worstTrouble(expected: Expectation, pods: readonly KubernetesData[]): PodTrouble | undefined {
  const troubles = pods.filter((pod) => isOfImage(pod, expected)).flatMap((pod) => troublesOf(pod));
  return troubles.reduce<PodTrouble | undefined>(
    (worst, next) => (worst === undefined || next.restarts > worst.restarts ? next : worst),
    undefined,
  );
}

/** Whether a pod runs the expected image in the expected container. */
export function isOfImage(pod: KubernetesData, expected: Expectation): boolean {
  const containers = member(pod, 'spec', 'containers');
  const own = (Array.isArray(containers) ? containers : []).find(
    (each: unknown) => textMember(each, 'name') === expected.container,
  );
  return textMember(own, 'image') === expected.image;
}

function troublesOf(pod: KubernetesData): readonly PodTrouble[] {
  const name = textMember(pod, 'metadata', 'name') ?? 'a pod';
  const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => {
    const list = member(pod, 'status', key);
    return Array.isArray(list) ? (list as readonly unknown[]) : [];
  });
  const troubles = statuses.flatMap((status) => {
    const reason = textMember(status, 'state', 'waiting', 'reason');
    const restarts = numberMember(status, 'restartCount') ?? 0;
    const ended = endOf(status);
    if (reason !== undefined && waitingForGood.test(reason)) {
      const said = textMember(status, 'state', 'waiting', 'message');
      return [{ pod: name, restarts, text: [reason, ended ?? said].filter(Boolean).join(', ') }];
    }
    return restarts > 0 && ended !== undefined ? [{ pod: name, restarts, text: ended }] : [];
  });
  return troubles.length > 0 ? troubles : unscheduled(pod, name);
}

function endOf(status: unknown): string | undefined {
  const terminated = member(status, 'lastState', 'terminated') ?? member(status, 'state', 'terminated');
  const code = numberMember(terminated, 'exitCode');
  if (code === undefined) return undefined;
  const reason = textMember(terminated, 'reason');
  return `ended ${numberMember(status, 'restartCount') ?? 0} times, exit code ${code}${reason === undefined || reason === 'Error' ? '' : ` (${reason})`}`;
}

function unscheduled(pod: KubernetesData, name: string): readonly PodTrouble[] {
  const conditions = member(pod, 'status', 'conditions');
  const list: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const scheduled = list.find((each) => textMember(each, 'type') === 'PodScheduled');
  if (textMember(scheduled, 'status') !== 'False') return [];
  return [{ pod: name, restarts: 0, text: textMember(scheduled, 'message') ?? 'no node takes it' }];
}
