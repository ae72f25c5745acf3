import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';
import { describeTasks, type Expectation, hasEnded, judge, type Verdict } from './convergence.js';
import { EngineRefusal } from './engine-call.js';
import type { LiveService, LiveTask, SwarmClient } from './swarm-client.js';

/** One wait for convergence. */
export interface Watch {
  readonly service: LiveService;
  readonly expected: Expectation;
  /** Tasks that had ended before the rollout began: none of its evidence. */
  readonly endedBefore: ReadonlySet<string>;
  /** How long all tasks must run without a change, in milliseconds. */
  readonly holdMilliseconds: number;
  /** On the clock. */
  readonly deadline: number;
}

const pollMilliseconds = 400;
/** A manager that elects a leader is away for some seconds. */
const silenceMilliseconds = 20_000;

/** Waits until the service has converged; returns the evidence. Throws `deploy.rolled-back`, `deploy.stuck`, `deploy.superseded`. */
export async function watchService(
  swarm: SwarmClient,
  watch: Watch,
  clock: Clock,
  context: RunContext,
): Promise<string> {
  const name = watch.service.Spec.Name;
  const ended = new Map<string, LiveTask>();
  let heldTasks: string | undefined;
  let heldSince = 0;
  let answeredAt = clock.now();
  let tasks: readonly LiveTask[] = [];
  let verdict: Verdict = { state: 'waiting', text: 'nothing seen yet' };
  while (clock.now() < watch.deadline) {
    try {
      const service = await swarm.findService(watch.service.ID, context.signal);
      tasks = service === undefined ? [] : await swarm.listTasks(service.ID, context.signal);
      answeredAt = clock.now();
      rememberEnded(tasks, watch.endedBefore, ended);
      verdict = judge(watch.expected, service, tasks, [...ended.values()]);
    } catch (error) {
      if (!(error instanceof EngineRefusal) || clock.now() - answeredAt > silenceMilliseconds) throw error;
      context.progress.status(`deploy ${name}: the engine does not answer (${error.message})`);
      await clock.sleep(pollMilliseconds, context.signal);
      continue;
    }
    if (verdict.state === 'failed') throw await failedRollout(swarm, name, verdict, context);
    if (verdict.state === 'superseded') throw supersededRollout(name, verdict.text);
    if (verdict.state === 'running' && verdict.tasks === heldTasks) {
      const held = clock.now() - heldSince;
      if (held >= watch.holdMilliseconds) return `${verdict.text} for ${Math.max(1, Math.round(held / 1000))} s`;
    } else {
      heldTasks = verdict.state === 'running' ? verdict.tasks : undefined;
      heldSince = clock.now();
    }
    context.progress.status(`deploy ${name}: ${verdict.text}`);
    await clock.sleep(pollMilliseconds, context.signal);
  }
  throw await timedOut(swarm, name, verdict, tasks, [...ended.values()], context);
}

function rememberEnded(tasks: readonly LiveTask[], before: ReadonlySet<string>, ended: Map<string, LiveTask>): void {
  // The Swarm forgets old tasks after a few; oldest first, as they ended.
  const fresh = tasks.filter((task) => task.upToDate && hasEnded(task) && !before.has(task.ID) && !ended.has(task.ID));
  const byTime = fresh.sort((left, right) => ((left.Status.Timestamp ?? '') < (right.Status.Timestamp ?? '') ? -1 : 1));
  for (const task of byTime) ended.set(task.ID, task);
}

async function failedRollout(
  swarm: SwarmClient,
  name: string,
  verdict: Extract<Verdict, { state: 'failed' }>,
  context: RunContext,
): Promise<Failure> {
  const lastLines = verdict.task === undefined ? [] : await swarm.readTaskLog(verdict.task.ID, 20, context.signal);
  return new Failure(verdict.wentBack ? 'deploy.rolled-back' : 'deploy.stuck', {
    message: `The rollout of '${name}' failed: ${verdict.text}`,
    where: name,
    remedy: `See what became of its tasks: docker service ps --no-trunc ${name}`,
    ...(lastLines.length > 0 && { lastLines }),
  });
}

function supersededRollout(name: string, text: string): Failure {
  return new Failure('deploy.superseded', {
    message: `The rollout of '${name}' was overtaken: ${text}`,
    where: name,
    remedy: 'Deploy again if this version is the one that shall run.',
  });
}

async function timedOut(
  swarm: SwarmClient,
  name: string,
  verdict: Verdict,
  tasks: readonly LiveTask[],
  ended: readonly LiveTask[],
  context: RunContext,
): Promise<Failure> {
  const troubled = tasks.find((task) => task.upToDate && task.Status.State !== 'running') ?? ended.at(-1);
  const lines = [...new Set([...describeTasks(name, tasks), ...ended.slice(-3).map((task) => task.Status.Err ?? '')])];
  const stuck = lines.filter((line) => line !== '').slice(0, 10);
  const lastLines = troubled === undefined ? [] : await swarm.readTaskLog(troubled.ID, 20, context.signal);
  return new Failure('deploy.stuck', {
    message: `'${name}' had not converged when the time was up (${verdict.text})${stuck.length > 0 ? `: ${stuck.join('; ')}` : ''}`,
    where: name,
    remedy: `The rollout goes on in the Swarm: see docker service ps --no-trunc ${name}`,
    ...(lastLines.length > 0 && { lastLines }),
  });
}
