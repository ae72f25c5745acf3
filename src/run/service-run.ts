import { withDeadline } from '../core/deadline.js';
import type { DeploymentReport } from '../core/deployment-failure.js';
import type { DeploymentJournal, JournalEntry, JournalPhase } from '../core/deployment-journal.js';
import type { RunContext } from '../core/engine.js';
import { describeError, Failure } from '../core/failure.js';
import type { Outcome } from '../core/plan.js';
import type { AppliedRollout, RolloutJob, RolloutResult } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import type { LandedTemplate, LandingSite, LandingWords } from './land-template.js';
import { type VerifySite, verifyRollout } from './verify-rollout.js';
import type { WantedRelease } from './wanted-release.js';

/** One service on its way to a release, with the journal that outlives this process. */
export interface ServiceRun extends LandingSite {
  readonly wanted: WantedRelease;
  readonly words: LandingWords;
  readonly journal: DeploymentJournal;
  /** What a run of the same release has left that died; undefined: none has. */
  readonly found: JournalEntry | undefined;
}

/** How one service's rollout ended, before anything is made of it. */
export type RolledOut =
  | {
      readonly well: true;
      readonly outcome: RolloutResult['outcome'];
      readonly evidence: string;
      readonly applied: AppliedRollout;
    }
  | {
      readonly well: false;
      /** `refused`: the orchestrator changed nothing; `failed`: it did, or tried; the others: nobody is to undo anything. */
      readonly as: 'refused' | 'failed' | 'superseded' | 'unknown';
      readonly failure: Failure;
      readonly applied?: AppliedRollout;
    };

/** An entry of the journal for a phase, with all that is known by then. */
export async function writePhase(
  run: ServiceRun,
  phase: JournalPhase,
  more: Pick<JournalEntry, 'before' | 'record' | 'applied' | 'failure' | 'asBefore'>,
): Promise<void> {
  await run.journal.write({
    format: 1,
    phase,
    environment: run.plan.environment,
    service: run.plan.service,
    version: run.wanted.version,
    image: run.wanted.image,
    ...more,
  });
}

/** What is known of a landed template, for the journal. */
export function landedFacts(landed: LandedTemplate): Pick<JournalEntry, 'before' | 'record'> {
  return {
    ...(landed.before !== undefined && { before: landed.before }),
    ...(landed.record !== undefined && { record: landed.record }),
  };
}

/** Tell the orchestrator, wait until it has done it, and ask what runs. Throws only the signal's reason. */
export async function rollOutService(
  run: ServiceRun,
  landed: LandedTemplate,
  site: VerifySite,
  context: RunContext,
): Promise<RolledOut> {
  const job = jobOf(run, landed);
  const facts = landedFacts(landed);
  await writePhase(run, 'applying', { ...facts, ...(run.found?.applied && { applied: run.found.applied }) });
  let answer: AppliedRollout;
  try {
    answer = await bounded(job, 1, context, (within) => run.orchestrator.apply(job, within));
  } catch (error) {
    context.signal.throwIfAborted();
    return { well: false, ...judgeApply(error) };
  }
  const applied = settleBefore(answer, run.found?.applied, landed);
  await writePhase(run, 'applied', { ...facts, applied });
  try {
    const watched = await bounded(job, 1, context, (within) => run.orchestrator.watch(job, answer, within));
    const verified = await bounded(job, 1, context, (within) =>
      verifyRollout(run.orchestrator, job, run.wanted, site, within),
    );
    const isOurs = applied.change !== 'unchanged' || landed.commit !== undefined || landed.continued;
    const outcome = isOurs && watched.outcome === 'nothing-to-do' ? 'succeeded' : watched.outcome;
    return { well: true, outcome, evidence: [watched.evidence, ...verified].join('; '), applied };
  } catch (error) {
    context.signal.throwIfAborted();
    return { well: false, ...judgeWatch(error), applied };
  }
}

export function jobOf(run: ServiceRun, landed: LandedTemplate): RolloutJob {
  return { plan: run.plan, template: landed.text, image: run.wanted.image };
}

/**
 * The orchestrator's own waits end in time; one that does not, as its connection hangs, is ended here: `deploy.unknown`.
 * `times`: of the plan's time.
 */
export async function bounded<T>(
  job: RolloutJob,
  times: number,
  context: RunContext,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  const milliseconds = (job.plan.timeoutSeconds * times + graceSeconds) * 1000;
  return withDeadline(milliseconds, context.signal, async (signal) => {
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([work({ ...context, signal }), late]);
  });
}

const graceSeconds = 30;

/**
 * What was before the deployment, not before this run: where an earlier run of it died, what the orchestrator has now may be what that
 * run told it. Its journal knows better; without one, git does, and the orchestrator's word is not taken.
 */
function settleBefore(
  answer: AppliedRollout,
  earlier: AppliedRollout | undefined,
  landed: LandedTemplate,
): AppliedRollout {
  const { change, reference, before } = answer;
  if (earlier !== undefined && earlier.change !== 'unchanged') {
    return { ...earlier, reference };
  }
  if (landed.continued && landed.before !== undefined) return { change, reference };
  return { change, reference, ...(before !== undefined && { before }) };
}

type Judged = Pick<Extract<RolledOut, { well: false }>, 'as' | 'failure'>;

function judgeApply(error: unknown): Judged {
  if (!(error instanceof Failure) || error.code === 'bug') return { as: 'unknown', failure: unknownEnd(error) };
  if (error.code === 'deploy.unknown') return { as: 'unknown', failure: error };
  if (error.code === 'deploy.superseded') return { as: 'superseded', failure: error };
  return { as: isFailed(error) ? 'failed' : 'refused', failure: error };
}

function judgeWatch(error: unknown): Judged {
  if (error instanceof Failure && error.code === 'deploy.superseded') return { as: 'superseded', failure: error };
  if (error instanceof Failure && isFailed(error)) return { as: 'failed', failure: error };
  return { as: 'unknown', failure: unknownEnd(error) };
}

function isFailed(failure: Failure): boolean {
  return failure.code === 'deploy.stuck' || failure.code === 'deploy.rolled-back';
}

function unknownEnd(error: unknown): Failure {
  if (error instanceof Failure && (error.code === 'deploy.unknown' || error.code === 'bug')) return error;
  return new Failure('deploy.unknown', {
    message: `How the rollout ended is not known: ${describeError(error)}`,
    ...(error instanceof Failure && error.where !== undefined && { where: error.where }),
    ...(error instanceof Failure && error.lastLines && { lastLines: error.lastLines }),
    cause: error,
  });
}

/** What the service is, as far as its end is known. */
export function reportOf(
  run: ServiceRun,
  landed: LandedTemplate | undefined,
  outcome: Outcome,
  evidence: string,
  milliseconds: number,
): DeploymentReport {
  return {
    format: 1,
    environment: run.plan.environment,
    target: run.plan.target,
    service: run.plan.service,
    image: run.wanted.image,
    outcome,
    evidence,
    ...(landed?.commit !== undefined && { commit: landed.commit }),
    milliseconds: Math.round(milliseconds),
  };
}

/** One service whose template has the release. */
export interface Landed {
  readonly run: ServiceRun;
  readonly landed: LandedTemplate;
}

/** A service that runs the release. */
export interface Done extends Landed {
  readonly rolledOut: Extract<RolledOut, { well: true }>;
  readonly milliseconds: number;
}

/** That a deployment's outcome could not be written down is no reason to call it another. */
export async function noteEnd(
  store: TemplateStore,
  record: string,
  outcome: Outcome,
  evidence: string,
  context: RunContext,
): Promise<void> {
  try {
    await store.note(record, { outcome, evidence });
  } catch (error) {
    context.signal.throwIfAborted();
    context.progress.warn(`The outcome could not be noted on ${record.slice(0, 12)}: ${describeError(error)}`);
  }
}

/** The report of a service that was done when another one failed. */
export function reportDone({ run, landed, rolledOut, milliseconds }: Done): DeploymentReport {
  return reportOf(run, landed, rolledOut.outcome, rolledOut.evidence, milliseconds);
}
