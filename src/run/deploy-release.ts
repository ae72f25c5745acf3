import { DeploymentFailure, outcomeOf } from '../core/deployment-failure.js';
import type { DeploymentJournal } from '../core/deployment-journal.js';
import type { RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { Deployment, DeploymentPlan } from '../core/plan.js';
import type { Orchestrator, TemplateFormat } from '../core/target.js';
import type { TemplateIntent, TemplateStore } from '../core/template-store.js';
import { concludeBadly, finishUndoing, interrupted, restoreTemplates } from './end-badly.js';
import { type LandedTemplate, type LandingWords, landTemplate } from './land-template.js';
import { formatOf } from './rewrite-template.js';
import {
  type Done,
  type Landed,
  landedFacts,
  noteEnd,
  reportOf,
  rollOutService,
  type ServiceRun,
  writePhase,
} from './service-run.js';
import type { VerifySite } from './verify-rollout.js';
import type { WantedRelease } from './wanted-release.js';

/** What a deployment needs beside the plans and the release. */
export interface DeploySite extends VerifySite {
  readonly openStore: (plan: DeploymentPlan) => Promise<TemplateStore>;
  readonly formats: readonly TemplateFormat[];
  readonly openOrchestrator: (plan: DeploymentPlan) => Promise<Orchestrator>;
  /** Waits for another run of this machine that has the same service in hand. Throws `deploy.refused` when that takes too long. */
  readonly openJournal: (plan: DeploymentPlan, context: RunContext) => Promise<DeploymentJournal>;
  /** Whether a release may replace what is there; undefined: it always may. */
  readonly guard?: (plan: DeploymentPlan, wanted: WantedRelease) => NonNullable<TemplateIntent['guard']>;
}

/** One service and what it is to run. */
export interface DeployJob {
  readonly plan: DeploymentPlan;
  readonly wanted: WantedRelease;
  readonly words?: LandingWords;
}

/**
 * Bring the services of one environment to one release: rewrite their templates, land these in git, roll out one after another,
 * wait, ask what runs, and note the outcome. All of them or none: where one fails, those already done are undone in reverse, and git
 * says again what runs. Rerunning it after a death at any point ends in the same state. Throws a `DeploymentFailure` with
 * a report of each service, once anything was begun; before that, what the store, the rewriting and the guard throw.
 */
export async function deployRelease(
  jobs: readonly DeployJob[],
  site: DeploySite,
  context: RunContext,
): Promise<readonly Deployment[]> {
  const [first] = jobs.map(({ plan }) => plan);
  if (first === undefined) return [];
  const services = jobs.map(({ plan }) => plan.service).join(', ');
  context.progress.step(`deploy ${first.environment}: ${services} (${first.target})`);
  const journals = await openJournals(jobs, site, context);
  let store: TemplateStore | undefined;
  try {
    store = await site.openStore(first);
    const runs = await openRuns(jobs, journals, store, site, context);
    return await deployServices(runs, site, context);
  } finally {
    await store?.close();
    for (const journal of journals.values()) await journal.release();
  }
}

/** In one order whoever asks: two runs that each hold what the other waits for would wait for ever. */
async function openJournals(
  jobs: readonly DeployJob[],
  site: DeploySite,
  context: RunContext,
): Promise<ReadonlyMap<DeployJob, DeploymentJournal>> {
  const journals = new Map<DeployJob, DeploymentJournal>();
  const keyOf = ({ plan }: DeployJob): string => `${plan.service} ${plan.template}`;
  try {
    for (const job of [...jobs].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))) {
      journals.set(job, await site.openJournal(job.plan, context));
    }
  } catch (error) {
    for (const journal of journals.values()) await journal.release();
    throw error;
  }
  return journals;
}

async function openRuns(
  jobs: readonly DeployJob[],
  journals: ReadonlyMap<DeployJob, DeploymentJournal>,
  store: TemplateStore,
  site: DeploySite,
  context: RunContext,
): Promise<readonly ServiceRun[]> {
  const runs: ServiceRun[] = [];
  for (const job of jobs) {
    const { plan, wanted, words = {} } = job;
    const journal = journals.get(job);
    if (journal === undefined) continue;
    const left = journal.found;
    const found = left?.image === wanted.image ? left : undefined;
    if (left !== undefined && found === undefined) {
      context.progress.warn(
        `An earlier run died while it deployed ${plan.service} ${left.version}; this one replaces it`,
      );
      if (left.record !== undefined) await noteEnd(store, left.record, 'unknown', 'its run died', context);
    }
    const orchestrator = await site.openOrchestrator(plan);
    runs.push({ plan, format: formatOf(plan, site.formats), orchestrator, store, wanted, words, journal, found });
  }
  return runs;
}

async function deployServices(
  runs: readonly ServiceRun[],
  site: DeploySite,
  context: RunContext,
): Promise<readonly Deployment[]> {
  const services: Landed[] = [];
  try {
    if (runs.some((run) => run.found?.phase === 'undoing')) throw await finishUndoing(runs, context);
    await landAll(runs, site, context, services);
    const proposed = services.filter(({ landed }) => landed.proposal !== undefined);
    if (proposed.length > 0) return await leaveToPeople(services);
    return await rollOutAll(services, site, context);
  } catch (error) {
    if (context.signal.aborted) throw interrupted(runs, context.signal.reason);
    throw error;
  }
}

async function landAll(
  runs: readonly ServiceRun[],
  site: DeploySite,
  context: RunContext,
  services: Landed[],
): Promise<void> {
  for (const run of runs) {
    await writePhase(run, 'landing', keptFacts(run));
    try {
      const guard = site.guard?.(run.plan, run.wanted);
      const landed = await landTemplate(run, run.wanted, { ...(guard && { guard }), ...run.words }, context);
      services.push({ run, landed: withFound(run, landed) });
    } catch (error) {
      context.signal.throwIfAborted();
      throw await unlanded(run, services, error, context);
    }
    const latest = services.at(-1)?.landed;
    if (latest) await writePhase(run, 'landing', { ...keptFacts(run), ...landedFacts(latest) });
  }
}

/** What a run that died knew is known until this one knows better. */
function keptFacts({ found }: ServiceRun): Pick<NonNullable<ServiceRun['found']>, 'before' | 'record' | 'applied'> {
  return {
    ...(found?.before !== undefined && { before: found.before }),
    ...(found?.record !== undefined && { record: found.record }),
    ...(found?.applied && { applied: found.applied }),
  };
}

function withFound({ found }: ServiceRun, landed: LandedTemplate): LandedTemplate {
  if (found === undefined || landed.commit !== undefined) return landed;
  const before = found.before ?? landed.before;
  const record = found.record ?? landed.record;
  return {
    ...landed,
    continued: true,
    ...(before !== undefined && { before }),
    ...(record !== undefined && { record }),
  };
}

/** One template could not be changed: those that were are put back, for nothing of this release is rolled out. */
async function unlanded(
  run: ServiceRun,
  services: readonly Landed[],
  error: unknown,
  context: RunContext,
): Promise<unknown> {
  if (!(error instanceof Failure)) return error;
  const outcome = outcomeOf(error.code);
  // What a run that died wrote down is needed until git can be reached again.
  if (run.found === undefined || outcome !== undefined) await run.journal.remove();
  const back = await restoreTemplates(services, error, context);
  const own = outcome === undefined ? [] : [reportOf(run, undefined, outcome, error.message, 0)];
  if (own.length + back.length === 0) return error;
  return new DeploymentFailure(error.code, error.details, [...back, ...own]);
}

/** The change waits for a person, who merges it and deploys then. */
async function leaveToPeople(services: readonly Landed[]): Promise<readonly Deployment[]> {
  const deployments: Deployment[] = [];
  for (const { run, landed } of services) {
    await run.journal.remove();
    const { proposal } = landed;
    const how = proposal?.command ?? proposal?.url;
    const evidence =
      proposal === undefined
        ? 'the template names it already'
        : `waits on the branch ${proposal.branch} to be merged into ${proposal.into}${how === undefined ? '' : `: ${how}`}`;
    const outcome = proposal === undefined ? 'nothing-to-do' : 'proposed';
    deployments.push({ ...reportOf(run, landed, 'nothing-to-do', evidence, 0), outcome });
  }
  return deployments;
}

async function rollOutAll(
  services: readonly Landed[],
  site: DeploySite,
  context: RunContext,
): Promise<readonly Deployment[]> {
  const done: Done[] = [];
  for (const [index, { run, landed }] of services.entries()) {
    const start = site.now();
    const rolledOut = await rollOutService(run, landed, site, context);
    const milliseconds = site.now() - start;
    if (!rolledOut.well) {
      const failed = { run, landed, rolledOut, milliseconds };
      throw await concludeBadly({ done, failed, waiting: services.slice(index + 1) }, context);
    }
    done.push({ run, landed, rolledOut, milliseconds });
  }
  return concludeWell(done, context);
}

async function concludeWell(done: readonly Done[], context: RunContext): Promise<readonly Deployment[]> {
  const deployments: Deployment[] = [];
  for (const { run, landed, rolledOut, milliseconds } of done) {
    const { outcome, evidence } = rolledOut;
    const record = outcome === 'nothing-to-do' ? undefined : landed.record;
    if (record !== undefined) await noteEnd(run.store, record, outcome, evidence, context);
    await run.journal.remove();
    deployments.push({ ...reportOf(run, landed, outcome, evidence, milliseconds), outcome });
  }
  return deployments;
}
