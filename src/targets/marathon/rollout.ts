import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { AppliedRollout, Orchestrator, RolloutJob } from '../../core/target.js';
import { type Clock, monotonicClock } from '../clock.js';
import { type Applied, applyDefinition } from './apply.js';
import { judge, type Verdict } from './convergence.js';
import type { MarathonCredentials } from './credentials.js';
import { readDefinition } from './definition.js';
import { MarathonAway, type MarathonClient, openMarathon } from './marathon-client.js';
import type { LiveApp } from './marathon-replies.js';

/** What a Marathon rollout is given. */
export interface MarathonOptions {
  /** Asked before every call, since tokens end. */
  readonly credentials?: () => Promise<MarathonCredentials | undefined>;
  readonly clock?: Clock;
}

/** Rolls an app out on Marathon. `plan.options.url` is Marathon's address. */
export function createMarathonOrchestrator(options: MarathonOptions = {}): Orchestrator {
  return {
    name: 'marathon',
    check(plan, template) {
      readUrl(plan);
      readDefinition(plan, template);
    },
    apply: (job, context) =>
      withMarathon(options, job, context, (marathon) => applyApp(marathon, options, job, context)),
    watch: (job, applied, context) =>
      withMarathon(options, job, context, async (marathon) => {
        const clock = options.clock ?? monotonicClock;
        const deadline = clock.now() + job.plan.timeoutSeconds * 1000;
        const { id } = readDefinition(job.plan, job.template);
        const evidence = await watchApp(marathon, id, expectationOf(applied), deadline, clock, context);
        return { outcome: applied.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence };
      }),
  };
}

async function withMarathon<T>(
  options: MarathonOptions,
  job: RolloutJob,
  context: RunContext,
  work: (marathon: MarathonClient) => Promise<T>,
): Promise<T> {
  const url = readUrl(job.plan);
  const credentials = options.credentials ?? (async () => undefined);
  try {
    return await work(openMarathon({ url, credentials, signal: context.signal }));
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw new Failure('deploy.orchestrator', { message: describeError(error), where: url, cause: error });
  }
}

/** The reference in `AppliedRollout`, and back. */
function expectationOf(applied: AppliedRollout): Applied {
  const { version = '', deployment } = applied.reference;
  return {
    changed: applied.change !== 'unchanged',
    expected: { version, ...(deployment !== undefined && { deployment }) },
  };
}

const pollMilliseconds = 1_000;
const holdMilliseconds = 3_000;
/** A new leader needs up to a minute to be found by everybody. */
const silenceMilliseconds = 60_000;

async function applyApp(
  marathon: MarathonClient,
  options: MarathonOptions,
  job: RolloutJob,
  context: RunContext,
): Promise<AppliedRollout> {
  const clock = options.clock ?? monotonicClock;
  const deadline = clock.now() + job.plan.timeoutSeconds * 1000;
  const definition = readDefinition(job.plan, job.template);
  if (definition.image !== job.image) {
    throw new Failure('bug', { message: `The template has ${definition.image} and the release is ${job.image}` });
  }
  const { changed, expected } = await applyDefinition(marathon, definition, deadline, clock, context);
  return {
    change: changed ? 'updated' : 'unchanged',
    reference: {
      version: expected.version,
      ...(expected.deployment !== undefined && { deployment: expected.deployment }),
    },
  };
}

async function watchApp(
  marathon: MarathonClient,
  id: string,
  applied: Applied,
  deadline: number,
  clock: Clock,
  context: RunContext,
): Promise<string> {
  const failures = new Set<string>();
  let answeredAt = clock.now();
  let held: { readonly tasks: string; readonly since: number } | undefined;
  let verdict: Verdict = { state: 'waiting', text: 'nothing seen yet' };
  while (clock.now() < deadline) {
    const seen = await look(marathon, id);
    if (seen === undefined) {
      if (clock.now() - answeredAt > silenceMilliseconds) throw silent(id);
    } else {
      answeredAt = clock.now();
      rememberFailure(seen.app, applied, failures);
      verdict = judge(applied.expected, seen.app, seen.deployments, failures.size);
      if (verdict.state === 'failed' || verdict.state === 'superseded') throw ended(id, verdict);
      if (verdict.state === 'waiting') held = undefined;
      else if (held?.tasks !== verdict.tasks) held = { tasks: verdict.tasks, since: clock.now() };
      else if (clock.now() - held.since >= holdMilliseconds) return `${verdict.text} for ${holdMilliseconds / 1000} s`;
      context.progress.status(`deploy ${id}: ${verdict.text}`);
    }
    await clock.sleep(pollMilliseconds, context.signal);
  }
  throw await timedOut(marathon, id, verdict);
}

/** Undefined while Marathon has no leader or does not answer. */
async function look(marathon: MarathonClient, id: string) {
  try {
    // In this order: a deployment that ends between the two is seen too late rather than too early.
    const deployments = await marathon.listDeployments();
    return { deployments, app: await marathon.findApp(id) };
  } catch (error) {
    if (error instanceof MarathonAway) return undefined;
    throw error;
  }
}

function rememberFailure(app: LiveApp | undefined, applied: Applied, failures: Set<string>): void {
  const failure = app?.lastTaskFailure;
  if (applied.changed && failure?.version === applied.expected.version)
    failures.add(failure.taskId ?? failure.message ?? '');
}

function ended(id: string, verdict: Extract<Verdict, { state: 'failed' | 'superseded' }>): Failure {
  const failed = verdict.state === 'failed';
  return new Failure(failed ? 'deploy.stuck' : 'deploy.superseded', {
    message: failed
      ? `The rollout of '${id}' failed: ${verdict.text}`
      : `The rollout of '${id}' was overtaken: ${verdict.text}`,
    where: id,
    remedy: failed
      ? 'Look at the logs of its tasks; Marathon goes on trying until it gets another definition.'
      : 'Deploy again if this version is the one that shall run.',
  });
}

function silent(id: string): Failure {
  return new Failure('deploy.unknown', {
    message: `Marathon took the definition of '${id}' and does not answer any more: how the rollout ended is not known`,
    where: id,
    remedy: 'Run the same deployment again when Marathon answers.',
  });
}

async function timedOut(marathon: MarathonClient, id: string, verdict: Verdict): Promise<Failure> {
  const reasons = await marathon.explainQueue(id).catch(() => []);
  const why = reasons.length > 0 ? `; offers are declined: ${reasons.join(', ')}` : '';
  return new Failure('deploy.stuck', {
    message: `'${id}' had not converged when the time was up (${verdict.text})${why}`,
    where: id,
    remedy: 'The rollout goes on in Marathon: look at its deployments, or deploy another version.',
  });
}

function readUrl(plan: DeploymentPlan): string {
  const url = plan.options.url;
  if (url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new Failure('settings.invalid', {
    message: url === undefined ? "A Marathon deployment needs Marathon's address" : `'${url}' is not an http address`,
    where: `environment ${plan.environment}`,
    remedy: "Set 'url' in this environment's options, e.g. https://marathon.example.com",
  });
}
