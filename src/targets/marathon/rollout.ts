import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { AppliedRollout, Orchestrator, RolloutJob } from '../../core/target.js';
import { type Clock, monotonicClock } from '../clock.js';
import { type ApplyOptions, applyDefinition } from './apply.js';
import type { Expectation } from './convergence.js';
import type { MarathonCredentials } from './credentials.js';
import { type Definition, readDefinition } from './definition.js';
import { checkPorts, warnOfPorts } from './feasibility.js';
import { MarathonAway } from './http-call.js';
import { type MarathonClient, openMarathon } from './marathon-client.js';
import { observeService } from './observe.js';
import { askPatiently } from './patience.js';
import { previewRollout } from './preview.js';
import { undoRollout } from './undo.js';
import { watchRollout } from './watch.js';

/** What a Marathon rollout is given. */
export interface MarathonOptions {
  /** Asked when it is first needed, and again when a token was refused. */
  readonly credentials?: () => Promise<MarathonCredentials | undefined>;
  /** Origins beside Marathon's own address to which the credentials may go, too: `https://master-2:8443`. */
  readonly leaders?: readonly string[];
  readonly clock?: Clock;
}

/**
 * Rolls apps, pods and groups out on Marathon. Of `plan.options`: `url` is Marathon's address; `force: true` forces other deployments of
 * the service away; `group: true` rolls the template's whole group out; `agents` says how many agents there are.
 */
export function createMarathonOrchestrator(options: MarathonOptions = {}): Orchestrator {
  const clock = options.clock ?? monotonicClock;
  const work = <T>(
    plan: DeploymentPlan,
    context: RunContext,
    ask: (marathon: MarathonClient) => Promise<T>,
  ): Promise<T> => withMarathon(options, plan, context, ask);
  const patiently = <T>(plan: DeploymentPlan, context: RunContext, ask: (marathon: MarathonClient) => Promise<T>) =>
    work(plan, context, (marathon) => askPatiently(() => ask(marathon), clock, context.signal));
  return {
    name: 'marathon',
    check(plan, template) {
      readUrl(plan);
      checkPorts(plan, readDefinition(plan, template));
    },
    preview: (job, context) => patiently(job.plan, context, (marathon) => previewRollout(marathon, definitionOf(job))),
    apply: (job, context) => work(job.plan, context, (marathon) => applyJob(marathon, job, clock, context)),
    watch: (job, applied, context) =>
      work(job.plan, context, async (marathon) => {
        const { unit, members } = readDefinition(job.plan, job.template);
        const watched = { name: unit.id, services: members, expected: expectationOf(applied, unit.kind) };
        const { timeoutSeconds } = job.plan;
        const evidence = await watchRollout(marathon, watched, { timeoutSeconds, clock, context });
        return { outcome: applied.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence };
      }),
    undo: (job, applied, context) =>
      work(job.plan, context, (marathon) =>
        undoRollout(marathon, job, applied, definitionOf(job), applyOptions(job, clock, context)),
      ),
    observe: (plan, template, context) =>
      patiently(plan, context, (marathon) => observeService(marathon, readDefinition(plan, template).service)),
  };
}

async function withMarathon<T>(
  options: MarathonOptions,
  plan: DeploymentPlan,
  context: RunContext,
  work: (marathon: MarathonClient) => Promise<T>,
): Promise<T> {
  const url = readUrl(plan);
  const { credentials = async () => undefined, leaders = [] } = options;
  try {
    return await work(openMarathon({ url, credentials, leaders, signal: context.signal }));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof MarathonAway)) throw error;
    throw new Failure('deploy.orchestrator', {
      message: describeError(error),
      where: url,
      remedy: "Check Marathon's address ('url' in the environment), and that one of its nodes leads.",
      cause: error,
    });
  }
}

function definitionOf(job: RolloutJob): Definition {
  const definition = readDefinition(job.plan, job.template);
  if (definition.image === job.image) return definition;
  throw new Failure('bug', { message: `The template has ${definition.image} and the release is ${job.image}` });
}

async function applyJob(
  marathon: MarathonClient,
  job: RolloutJob,
  clock: Clock,
  context: RunContext,
): Promise<AppliedRollout> {
  const definition = definitionOf(job);
  checkPorts(job.plan, definition);
  await tellOfPorts(marathon, job, definition, context);
  const { change, version, deployment, before } = await applyDefinition(
    marathon,
    definition,
    applyOptions(job, clock, context),
  );
  const reference = { version, ...(deployment !== undefined && { deployment }) };
  return { change, reference, ...(before !== undefined && { before }) };
}

/** Marathon does not say how many agents there are; the hosts on which something runs are at least so many. */
async function tellOfPorts(
  marathon: MarathonClient,
  job: RolloutJob,
  definition: Definition,
  context: RunContext,
): Promise<void> {
  if (warnOfPorts(job.plan, definition, 0) === undefined) return;
  const hosts = await marathon.listHosts().catch(() => new Set());
  const warning = warnOfPorts(job.plan, definition, hosts.size);
  if (warning !== undefined) context.progress.warn(warning);
}

function applyOptions({ plan }: RolloutJob, clock: Clock, context: RunContext): ApplyOptions {
  const force = plan.options.force === 'true' ? 'any' : [];
  return { timeoutSeconds: plan.timeoutSeconds, clock, context, force };
}

function expectationOf({ reference }: AppliedRollout, kind: Definition['unit']['kind']): Expectation {
  const { version = '', deployment } = reference;
  return { version, olderIsOurs: kind === 'group', ...(deployment !== undefined && { deployment }) };
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
