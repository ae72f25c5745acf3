import type { LiveService, LiveTask } from './swarm-client.js';

/** What is expected of a service while it converges. */
export interface Expectation {
  readonly image: string;
  /** `JSON.stringify` of the task template, as the Swarm had it right after ours was applied. */
  readonly template: string;
  /** An update status from before our change says nothing of it. */
  readonly ignoreUpdateStatus: boolean;
}

/** One look at a service. */
export type Verdict =
  | { readonly state: 'waiting'; readonly text: string }
  /** All tasks run; `tasks` names them, so that a restarted task is seen as another. */
  | { readonly state: 'running'; readonly text: string; readonly tasks: string }
  /** `wentBack`: the Swarm itself has put the version before in its place again. */
  | { readonly state: 'failed'; readonly text: string; readonly task?: LiveTask; readonly wentBack?: boolean }
  | { readonly state: 'superseded'; readonly text: string };

/**
 * Judge a service by Slipway's own rules, since Swarm's command line reports success after a rollback and has no end:
 * the spec is ours, the update is completed or was none, and exactly the wanted tasks of the present version run.
 * `ended` are tasks of the present version that failed since the rollout began.
 */
export function judge(
  expected: Expectation,
  service: LiveService | undefined,
  tasks: readonly LiveTask[],
  ended: readonly LiveTask[],
): Verdict {
  if (service === undefined) return { state: 'failed', text: 'the service was removed while it was being rolled out' };
  const status = expected.ignoreUpdateStatus ? undefined : service.UpdateStatus;
  const update = judgeUpdate(status?.State, status?.Message, tasks, ended);
  if (update !== undefined) return update;
  const image = service.Spec.TaskTemplate.ContainerSpec?.Image;
  if (image !== expected.image || JSON.stringify(service.Spec.TaskTemplate) !== expected.template) {
    return { state: 'superseded', text: `somebody else changed the service; its image is now ${image ?? 'none'}` };
  }
  return judgeEnded(service, ended) ?? judgeTasks(service, status?.State, tasks);
}

/** `slipway_web.1: pending, no suitable node (…)`: one line for each task that does not run as it should. */
export function describeTasks(name: string, tasks: readonly LiveTask[]): readonly string[] {
  return tasks
    .filter((task) => task.upToDate && task.DesiredState === 'running' && task.Status.State !== 'running')
    .map((task) => `${name}.${task.Slot ?? task.NodeID ?? '?'}: ${describeTask(task)}`);
}

/** A task's state with what the Swarm says about it. */
function describeTask(task: LiveTask): string {
  const code = task.Status.ContainerStatus?.ExitCode;
  const error = task.Status.Err || (code === undefined || code === 0 ? '' : `exit code ${code}`);
  return error === '' ? task.Status.State : `${task.Status.State}, ${error}`;
}

/** Ended for good: Swarm replaces such a task, it never becomes well again. */
export function hasEnded(task: LiveTask): boolean {
  return ['failed', 'rejected', 'complete', 'orphaned'].includes(task.Status.State);
}

function judgeUpdate(
  state: string | undefined,
  message: string | undefined,
  tasks: readonly LiveTask[],
  ended: readonly LiveTask[],
): Verdict | undefined {
  const task = ended.at(-1) ?? tasks.findLast(hasEnded);
  const evidence = task === undefined ? (message ?? '') : describeTask(task);
  const failed = (text: string): Extract<Verdict, { state: 'failed' }> => ({
    state: 'failed',
    text: `${text}: ${evidence}`,
    ...(task && { task }),
  });
  switch (state) {
    case 'paused':
      return failed('Swarm paused the update');
    case 'rollback_started':
      return { state: 'waiting', text: `Swarm rolls back: ${evidence}` };
    case 'rollback_completed':
      return { ...failed('Swarm rolled the update back to the version before'), wentBack: true };
    case 'rollback_paused':
      return failed('Swarm began to roll the update back and got stuck');
    default:
      return undefined;
  }
}

/** A first deployment is no update: Swarm then restarts a failing task for ever and calls it nothing. */
function judgeEnded(service: LiveService, ended: readonly LiveTask[]): Verdict | undefined {
  const policy = service.Spec.TaskTemplate.RestartPolicy;
  const retries = policy?.MaxAttempts || Number.POSITIVE_INFINITY;
  const limit = policy?.Condition === 'none' ? 1 : Math.min(3, retries + 1);
  const bySlot = groupBySlot(ended);
  for (const [, failures] of bySlot) {
    const last = failures.at(-1);
    if (last === undefined || failures.length < limit) continue;
    const times = failures.length === 1 ? 'its task ended' : `its task ended ${failures.length} times`;
    return { state: 'failed', text: `${times}: ${describeTask(last)}`, task: last };
  }
  return undefined;
}

function judgeTasks(service: LiveService, update: string | undefined, tasks: readonly LiveTask[]): Verdict {
  const wanted = tasks.filter((task) => task.DesiredState === 'running');
  const present = wanted.filter((task) => task.upToDate);
  const running = present.filter((task) => task.Status.State === 'running');
  const replicated = service.Spec.Mode.Replicated;
  const goal = replicated === undefined ? Math.max(1, present.length) : (replicated.Replicas ?? 0);
  const text = `${running.length}/${goal} tasks running`;
  const old = wanted.length - present.length;
  const slots = new Set(running.map(slotOf));
  if (old > 0) return { state: 'waiting', text: `${text}, ${old} of the version before` };
  if (update === 'updating') return { state: 'waiting', text: `${text}, the update goes on` };
  if (running.length !== goal || slots.size !== goal || present.length !== goal) return { state: 'waiting', text };
  return {
    state: 'running',
    text,
    tasks: running
      .map((task) => task.ID)
      .sort()
      .join(),
  };
}

function slotOf(task: LiveTask): string {
  return String(task.Slot ?? task.NodeID ?? '');
}

function groupBySlot(tasks: readonly LiveTask[]): ReadonlyMap<string, readonly LiveTask[]> {
  const groups = new Map<string, LiveTask[]>();
  for (const task of tasks) groups.set(slotOf(task), [...(groups.get(slotOf(task)) ?? []), task]);
  return groups;
}
