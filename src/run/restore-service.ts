import type { RunContext } from '../core/engine.js';
import { describeError, Failure } from '../core/failure.js';
import type { AppliedRollout, RolloutJob } from '../core/target.js';
import { imageIn, type LandedTemplate, type PutBack, putTemplateBack } from './land-template.js';
import { bounded, jobOf, landedFacts, type ServiceRun, writePhase } from './service-run.js';

/** A service that is to be as it was. */
export interface Restoring {
  readonly run: ServiceRun;
  readonly landed: LandedTemplate;
  /** What the orchestrator did; undefined: it was told nothing, or nobody knows what. */
  readonly applied: AppliedRollout | undefined;
  /** The orchestrator changed nothing, or went back by itself: there is nothing to tell it. */
  readonly asBefore?: string;
}

/** What became of it. */
export interface Restored {
  readonly restoring: Restoring;
  /** Whether what ran before runs. */
  readonly back: boolean;
  /** What was seen while going back, or why there is no going back. */
  readonly evidence: string;
  /** What runs now; undefined where the target cannot say. */
  readonly now?: string;
  readonly template?: PutBack;
}

/** Write down, for each of them, that it goes back and why: whoever runs the command again goes on with that. */
export async function announceRestoring(all: readonly Restoring[], failure: Failure): Promise<void> {
  for (const { run, landed, applied, asBefore } of all) {
    await writePhase(run, 'undoing', {
      ...landedFacts(landed),
      ...(applied && { applied }),
      ...(asBefore !== undefined && { asBefore }),
      failure: { code: failure.code, message: failure.message },
    });
  }
}

/** Have the orchestrator run what it ran before, and git say so. Throws only the signal's reason. */
export async function restoreService(restoring: Restoring, failure: Failure, context: RunContext): Promise<Restored> {
  const { run, landed } = restoring;
  const undone = await undoRollout(restoring, context);
  const now = await describeNow(run, landed, context);
  // What was never there before cannot be gone back to: git and the orchestrator then agree on what failed.
  const keeps = restoring.applied?.change === 'created' || (landed.before ?? landed.text) === landed.text;
  if (keeps) return { restoring, ...undone, ...(now !== undefined && { now }) };
  const words = {
    because: `The rollout of ${run.wanted.version} failed: ${failure.message}`,
    ended: { outcome: undone.back ? ('succeeded' as const) : ('stuck' as const), evidence: undone.evidence },
  };
  const template = await putTemplateBack(run, landed, run.wanted, words, context);
  return { restoring, ...undone, ...(now !== undefined && { now }), template };
}

async function undoRollout(
  { run, landed, applied, asBefore }: Restoring,
  context: RunContext,
): Promise<Pick<Restored, 'back' | 'evidence'>> {
  if (asBefore !== undefined) return { back: true, evidence: asBefore };
  if (applied === undefined && !landed.continued) return { back: true, evidence: 'it was not begun' };
  if (applied?.change === 'created')
    return { back: false, evidence: 'there was nothing before it, so that there is nothing to go back to' };
  if (applied?.change === 'unchanged' && !landed.continued)
    return { back: false, evidence: 'nothing was changed, so that there is nothing to go back to' };
  context.progress.step(`undo   ${run.plan.environment}: ${run.plan.service}`);
  try {
    return { back: true, evidence: await goBack(run, landed, applied, context) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { back: false, evidence: `it could not be undone: ${describeError(error)}` };
  }
}

/** By the orchestrator's own definition as it was; else by rolling the template out as git had it. */
async function goBack(
  run: ServiceRun,
  landed: LandedTemplate,
  applied: AppliedRollout | undefined,
  context: RunContext,
): Promise<string> {
  const { orchestrator } = run;
  const job = jobOf(run, landed);
  if (orchestrator.undo !== undefined && applied?.before !== undefined) {
    return (
      (await bounded(job, 2, context, async (within) => orchestrator.undo?.(job, applied, within)))?.evidence ?? ''
    );
  }
  const before = jobBefore(run, landed);
  const accepted = await bounded(before, 1, context, (within) => orchestrator.apply(before, within));
  const watched = await bounded(before, 1, context, (within) => orchestrator.watch(before, accepted, within));
  return `${before.image} rolled out again: ${watched.evidence}`;
}

function jobBefore(run: ServiceRun, landed: LandedTemplate): RolloutJob {
  const image = landed.before === undefined ? undefined : imageIn(run, landed.before);
  if (landed.before !== undefined && image !== undefined) return { plan: run.plan, template: landed.before, image };
  throw new Failure('deploy.refused', { message: 'neither the orchestrator nor git knows what was before' });
}

/** Undefined where the target cannot say, or does not answer. */
export async function describeNow(
  run: ServiceRun,
  landed: LandedTemplate,
  context: RunContext,
): Promise<string | undefined> {
  const { orchestrator, plan } = run;
  if (orchestrator.observe === undefined) return undefined;
  const job = jobOf(run, landed);
  const asked = bounded(job, 0, context, async (within) => orchestrator.observe?.(plan, landed.text, within));
  const actual = await asked.catch(() => null);
  context.signal.throwIfAborted();
  if (actual === null) return 'the orchestrator does not answer';
  if (actual === undefined) return 'the orchestrator has no such service';
  const images = actual.images.join(' and ') || 'nothing';
  return `${images} runs, ${actual.running} of ${actual.wanted}, ${actual.state}`;
}
