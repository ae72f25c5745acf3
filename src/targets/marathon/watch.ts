import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';
import { type Expectation, emptyMemory, judge, remember, type Verdict } from './convergence.js';
import { type EventFeed, followEvents } from './events.js';
import { MarathonAway } from './http-call.js';
import type { LiveService, ServiceId } from './live-service.js';
import type { LiveDeployment, MarathonClient } from './marathon-client.js';
import { electionMilliseconds } from './patience.js';

/** What is waited for. */
export interface Watched {
  /** As messages name it: `/shop/web`. */
  readonly name: string;
  readonly services: readonly ServiceId[];
  readonly expected: Expectation;
}

export interface WatchOptions {
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  readonly context: RunContext;
}

const pollMilliseconds = 1_000;
/** Events come in crowds; the looks that they cause do not. */
const leastMilliseconds = 200;
const holdMilliseconds = 3_000;
/** Who supersedes a deployment ends it first: the new version is seen a little later. */
const failedMilliseconds = 5_000;
/** A new leader lists no deployments until it has read them. */
const goneMilliseconds = 30_000;

/**
 * Wait until all that is watched runs as expected, and has done so for three seconds; says what was seen. Throws `deploy.stuck` with
 * the reasons that the queue gives, `deploy.superseded`, and `deploy.unknown` where Marathon does not answer any more.
 */
export async function watchRollout(marathon: MarathonClient, watched: Watched, options: WatchOptions): Promise<string> {
  const { clock, context } = options;
  const deadline = clock.now() + options.timeoutSeconds * 1000;
  const ids = watched.services.map(({ id }) => id);
  const events = followEvents(marathon, ids, (text) => context.progress.info(text));
  try {
    return await look(marathon, watched, events, deadline, options);
  } finally {
    events.close();
  }
}

type Seen =
  | { readonly deployments: readonly LiveDeployment[]; readonly services: readonly (LiveService | undefined)[] }
  | { readonly lost: string };

interface Sight {
  answeredAt: number;
  lost: string;
  held: { readonly tasks: string; readonly since: number } | undefined;
  verdict: Verdict;
  /** Our deployment was listed before. */
  listed: boolean;
  /** Since when it is gone, or said to have failed, and not all is well. */
  goneSince: number | undefined;
  failedSince: number | undefined;
}

async function look(
  marathon: MarathonClient,
  watched: Watched,
  events: EventFeed,
  deadline: number,
  { clock, context }: WatchOptions,
): Promise<string> {
  const memory = emptyMemory();
  const sight: Sight = {
    answeredAt: clock.now(),
    lost: '',
    held: undefined,
    verdict: { state: 'waiting', text: 'nothing seen yet' },
    listed: false,
    goneSince: undefined,
    failedSince: undefined,
  };
  while (clock.now() < deadline) {
    const seen = await askAll(marathon, watched.services);
    if ('lost' in seen) {
      sight.lost = seen.lost;
      if (clock.now() - sight.answeredAt > electionMilliseconds) throw silent(watched, sight);
    } else {
      sight.answeredAt = clock.now();
      for (const service of seen.services) remember(watched.expected, service, memory);
      sight.verdict = judge(watched.expected, seen.services, seen.deployments, memory);
      const evidence = decide(watched, sight, seen.deployments, events, clock.now());
      if (evidence !== undefined) return evidence;
      context.progress.status(`deploy ${watched.name}: ${sight.verdict.text}`);
    }
    await pause(clock, events, context.signal);
  }
  throw await timedOut(marathon, watched, sight, clock.now());
}

/** What ends the wait: the evidence of success, or the failure thrown; undefined: go on. */
function decide(
  watched: Watched,
  sight: Sight,
  deployments: readonly LiveDeployment[],
  events: EventFeed,
  now: number,
): string | undefined {
  const { verdict } = sight;
  if (verdict.state === 'failed' || verdict.state === 'superseded') throw ended(watched, verdict);
  if (verdict.state === 'running') {
    if (sight.held?.tasks !== verdict.tasks) sight.held = { tasks: verdict.tasks, since: now };
    sight.goneSince = undefined;
    return now - sight.held.since >= holdMilliseconds ? `${verdict.text} for ${holdMilliseconds / 1000} s` : undefined;
  }
  sight.held = undefined;
  const { deployment } = watched.expected;
  const isListed = deployments.some(({ id }) => id === deployment);
  sight.listed ||= isListed;
  sight.goneSince = isListed || !sight.listed ? undefined : (sight.goneSince ?? now);
  sight.failedSince = events.hasFailed(deployment) ? (sight.failedSince ?? now) : undefined;
  if (sight.failedSince !== undefined && now - sight.failedSince >= failedMilliseconds) {
    throw ended(watched, { state: 'failed', text: `Marathon ended its deployment without success (${verdict.text})` });
  }
  if (sight.goneSince !== undefined && now - sight.goneSince >= goneMilliseconds) {
    throw ended(watched, { state: 'failed', text: `its deployment is over, cancelled or failed (${verdict.text})` });
  }
  return undefined;
}

/** Whatever keeps an answer away after a definition was accepted, a rollout goes on without us: it is looked for again. */
async function askAll(marathon: MarathonClient, services: readonly ServiceId[]): Promise<Seen> {
  try {
    // In this order: a deployment that ends between the two is seen too late rather than too early.
    const deployments = await marathon.listDeployments();
    const found: (LiveService | undefined)[] = [];
    for (const service of services) found.push(await marathon.find(service));
    return { deployments, services: found };
  } catch (error) {
    const isOdd = error instanceof Failure && error.code === 'deploy.orchestrator';
    if (error instanceof MarathonAway || isOdd) return { lost: describeError(error) };
    throw error;
  }
}

/** A second, or until an event comes; at least a fifth of a second. */
async function pause(clock: Clock, events: EventFeed, signal: AbortSignal): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await clock.sleep(leastMilliseconds, signal);
    const rest = clock.sleep(pollMilliseconds - leastMilliseconds, controller.signal);
    await Promise.race([rest.catch(() => {}), events.next()]);
  } finally {
    signal.removeEventListener('abort', stop);
    controller.abort();
  }
  signal.throwIfAborted();
}

function ended({ name }: Watched, verdict: Extract<Verdict, { state: 'failed' | 'superseded' }>): Failure {
  const failed = verdict.state === 'failed';
  return new Failure(failed ? 'deploy.stuck' : 'deploy.superseded', {
    message: failed
      ? `The rollout of '${name}' failed: ${verdict.text}`
      : `The rollout of '${name}' was overtaken: ${verdict.text}`,
    where: name,
    remedy: failed
      ? 'Look at the logs of its tasks; Marathon goes on trying until it gets another definition.'
      : 'Deploy again if this version is the one that shall run.',
  });
}

function silent({ name }: Watched, { lost }: Sight): Failure {
  return new Failure('deploy.unknown', {
    message: `Marathon took the definition of '${name}' and cannot be asked any more: how the rollout ended is not known (${lost})`,
    where: name,
    remedy: 'Run the same deployment again when Marathon answers.',
  });
}

async function timedOut(marathon: MarathonClient, watched: Watched, sight: Sight, now: number): Promise<Failure> {
  if (sight.lost !== '' && now - sight.answeredAt > 2 * pollMilliseconds) return silent(watched, sight);
  const explained = await Promise.all(watched.services.map(({ id }) => marathon.explainQueue(id).catch(() => [])));
  const reasons = explained.flat();
  const why = reasons.length > 0 ? `; its queue says: ${reasons.join(', ')}` : '';
  return new Failure('deploy.stuck', {
    message: `'${watched.name}' had not converged when the time was up (${sight.verdict.text})${why}`,
    where: watched.name,
    remedy: 'The rollout goes on in Marathon: look at its deployments, or deploy another version.',
  });
}
