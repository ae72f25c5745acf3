import { DeploymentFailure, type DeploymentReport, outcomeOf } from '../core/deployment-failure.js';
import type { JournalEntry } from '../core/deployment-journal.js';
import type { RunContext } from '../core/engine.js';
import { describeError, Failure, type FailureCode } from '../core/failure.js';
import { shortenDigests } from '../core/image-name.js';
import type { Outcome } from '../core/plan.js';
import { type LandedTemplate, rewriteFor } from './land-template.js';
import { announceRestoring, describeNow, type Restored, type Restoring, restoreService } from './restore-service.js';
import {
  type Done,
  type Landed,
  noteEnd,
  type RolledOut,
  reportDone,
  reportOf,
  type ServiceRun,
} from './service-run.js';

/** The service that failed. */
export interface Failed extends Landed {
  readonly rolledOut: Extract<RolledOut, { well: false }>;
  readonly milliseconds: number;
}

/** Where all services of a run are when one of them fails. */
export interface Standstill {
  readonly done: readonly Done[];
  readonly failed: Failed;
  /** In git already, and nowhere else. */
  readonly waiting: readonly Landed[];
}

/**
 * What a failed rollout comes to. What was tried and failed is undone, and with it what was done before it; what somebody else
 * took over, or of which nobody knows how it ended, is left alone. Returns the failure to throw; throws only the signal's reason.
 */
export async function concludeBadly(stand: Standstill, context: RunContext): Promise<Failure> {
  const { as } = stand.failed.rolledOut;
  const stays = as === 'failed' && stand.failed.run.plan.rollback === 'never';
  if (as === 'unknown') return leaveUnknown(stand, context);
  if (as === 'superseded' || stays) return leaveAsItIs(stand, context);
  return restoreAll(stand, context);
}

/** The journals stay: whoever runs the command again finds out how it ended. */
async function leaveUnknown({ done, failed, waiting }: Standstill, context: RunContext): Promise<Failure> {
  const { run, landed, rolledOut, milliseconds } = failed;
  const { failure } = rolledOut;
  await note(failed, 'unknown', failure.message, context);
  const now = await describeNow(run, landed, context);
  const report = {
    ...reportOf(run, landed, 'unknown', failure.message, milliseconds),
    ...(now !== undefined && { now }),
  };
  const notBegun = waiting.map((each) => reportOf(each.run, each.landed, 'unknown', 'it was not begun', 0));
  return new DeploymentFailure(
    failure.code === 'bug' ? 'bug' : 'deploy.unknown',
    {
      ...failure.details,
      message: shortenDigests(
        sentences([
          failure.message,
          now && `${run.plan.service}: ${now}`,
          `${run.plan.template} names ${run.wanted.image}`,
        ]),
      ),
      remedy:
        'Run the same command again when the orchestrator answers: it takes up where this run stopped, and deploys nothing twice.',
    },
    [...done.map(reportDone), report, ...notBegun],
  );
}

/** Superseded, or told to leave a failure in place. What is only in git is taken back, as nobody would roll it out. */
async function leaveAsItIs({ done, failed, waiting }: Standstill, context: RunContext): Promise<Failure> {
  const { run, landed, rolledOut, milliseconds } = failed;
  const { failure } = rolledOut;
  const outcome = outcomeOf(failure.code) ?? 'stuck';
  await note(failed, outcome, failure.message, context);
  const now = await describeNow(run, landed, context);
  for (const each of done) await note(each, each.rolledOut.outcome, each.rolledOut.evidence, context);
  const back = await restoreTemplates(waiting, failure, context);
  for (const each of [...done, failed]) await each.run.journal.remove();
  const report = {
    ...reportOf(run, landed, outcome, failure.message, milliseconds),
    ...(now !== undefined && { now }),
  };
  return new DeploymentFailure(
    failure.code,
    {
      ...failure.details,
      message: shortenDigests(sentences([failure.message, now && `${run.plan.service}: ${now}`])),
    },
    [...done.map(reportDone), report, ...back],
  );
}

async function restoreAll({ done, failed, waiting }: Standstill, context: RunContext): Promise<Failure> {
  const { failure, as, applied } = failed.rolledOut;
  const asBefore =
    as === 'refused'
      ? 'the orchestrator changed nothing'
      : failure.code === 'deploy.rolled-back'
        ? 'the orchestrator went back by itself'
        : undefined;
  const all: readonly Restoring[] = [
    { run: failed.run, landed: failed.landed, applied, ...(asBefore !== undefined && { asBefore }) },
    ...[...done].reverse().map(({ run, landed, rolledOut }) => ({ run, landed, applied: rolledOut.applied })),
    ...waiting.map(({ run, landed }) => ({ run, landed, applied: undefined, asBefore: notBegun })),
  ];
  await announceRestoring(all, failure);
  return restore(all, failure, context);
}

const notBegun = 'it was not begun';

async function restore(all: readonly Restoring[], failure: Failure, context: RunContext): Promise<Failure> {
  const restored: Restored[] = [];
  for (const each of all) {
    restored.push(await restoreService(each, failure, context));
  }
  const reports: DeploymentReport[] = [];
  for (const [index, each] of restored.entries()) {
    const why = index === 0 ? failure.message : `another service of the release failed: ${failure.message}`;
    const report = reportRestored(each, why);
    await note(each.restoring, report.outcome, sentences([report.evidence, report.now]), context);
    await each.restoring.run.journal.remove();
    reports.push(report);
  }
  return restoredFailure(restored, failure, reports);
}

/** A service that runs as before but was touched by nobody is in the same state as one that was put back. */
function reportRestored({ restoring, back, evidence, now, template }: Restored, why: string): DeploymentReport {
  const { run, landed } = restoring;
  return {
    ...reportOf(run, landed, back ? 'rolled-back' : 'stuck', sentences([why, evidence]), 0),
    ...(now !== undefined && { now }),
    ...(template?.done && template.commit !== undefined && { restored: template.commit }),
    ...(template?.done === false && { drift: template.drift }),
  };
}

function restoredFailure(
  restored: readonly Restored[],
  failure: Failure,
  reports: readonly DeploymentReport[],
): DeploymentFailure {
  const allBack = restored.every(({ back }) => back);
  const refused = outcomeOf(failure.code) === undefined;
  const code: FailureCode = allBack ? (refused ? failure.code : 'deploy.rolled-back') : 'deploy.stuck';
  const several = restored.length > 1;
  const ends = restored.map(({ restoring, back, evidence, now, template }) => {
    const is = back ? 'is as it was' : 'is not as it was';
    const git = template?.done ? `${restoring.run.plan.template} names ${template.image} again` : template?.drift;
    return sentences([`${restoring.run.plan.service} ${is}: ${evidence}`, now, git]);
  });
  return new DeploymentFailure(
    code,
    {
      ...failure.details,
      message: several ? failure.message : shortenDigests(sentences([failure.message, ...ends])),
      ...(!allBack && { remedy: `See what runs: slipway status ${restored[0]?.restoring.run.plan.environment ?? ''}` }),
    },
    reports,
  );
}

/** Templates that were changed in git and never rolled out. Never throws but the signal's reason. */
export async function restoreTemplates(
  services: readonly Landed[],
  failure: Failure,
  context: RunContext,
): Promise<readonly DeploymentReport[]> {
  const reports: DeploymentReport[] = [];
  for (const { run, landed } of services) {
    const restored = await restoreService({ run, landed, applied: undefined, asBefore: notBegun }, failure, context);
    const report = reportRestored(restored, failure.message);
    await note({ run, landed }, report.outcome, report.evidence, context);
    await run.journal.remove();
    reports.push(report);
  }
  return reports;
}

/** A run died while it put back what was before: this one goes on with that, and ends as that one would have. */
export async function finishUndoing(runs: readonly ServiceRun[], context: RunContext): Promise<Failure> {
  const all: Restoring[] = [];
  let failure: Failure | undefined;
  for (const run of runs) {
    const { found } = run;
    if (found === undefined) continue;
    if (found.failure) failure ??= new Failure(found.failure.code, { message: found.failure.message });
    all.push({
      run,
      landed: await landedBefore(run, found),
      applied: found.applied,
      ...(found.asBefore !== undefined && { asBefore: found.asBefore }),
    });
  }
  context.progress.info('An earlier run died while it put back what was before; this one goes on with that');
  return restore(all, failure ?? new Failure('deploy.stuck', { message: 'The rollout failed' }), context);
}

async function landedBefore(run: ServiceRun, found: JournalEntry): Promise<LandedTemplate> {
  const files = await run.store.read(run.plan.template);
  const text = files.find(({ path }) => path === run.plan.template)?.text ?? '';
  return {
    text: rewriteFor(run, run.wanted, text),
    continued: true,
    ...(found.before !== undefined && { before: found.before }),
    ...(found.record !== undefined && { record: found.record }),
  };
}

/** A signal ended the run: what git has, what the orchestrator has been told, and what to do next, in one sentence each. */
export function interrupted(runs: readonly ServiceRun[], reason: unknown): Failure {
  const failure =
    reason instanceof Failure ? reason : new Failure('run.terminated', { message: describeError(reason) });
  const states = runs.map((run) => `${run.plan.service}: ${stateOf(run.journal.last)}`);
  const [first] = runs;
  return new Failure(failure.code, {
    message: sentences([failure.message, ...states]),
    ...(first && { where: `${first.plan.environment}, ${first.plan.template}` }),
    remedy: 'Run the same command again: it takes up where this run stopped, and ends as if nothing had stopped it.',
  });
}

function stateOf(entry: JournalEntry | undefined): string {
  if (entry === undefined) return 'nothing was begun';
  const inGit = entry.record === undefined ? `git may name ${entry.version}` : `git names ${entry.version}`;
  switch (entry.phase) {
    case 'landing':
      return `${inGit} already, and the orchestrator has been told nothing`;
    case 'applying':
      return `${inGit}, and the orchestrator may have been told`;
    case 'applied':
      return `${inGit}, and the orchestrator has been told and goes on with it by itself`;
    case 'undoing':
      return `the rollout of ${entry.version} had failed, and what was before is only partly put back`;
  }
}

async function note(at: Landed, outcome: Outcome, evidence: string, context: RunContext): Promise<void> {
  const { record } = at.landed;
  if (record !== undefined) await noteEnd(at.run.store, record, outcome, evidence, context);
}

/** What there is to say, one after another. */
function sentences(parts: readonly (string | undefined | '')[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('. ');
}
