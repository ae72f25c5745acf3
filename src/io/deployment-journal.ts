import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeploymentJournal, JournalEntry } from '../core/deployment-journal.js';
import { exitCodes, Failure, type FailureCode } from '../core/failure.js';
import type { DeploymentPlan } from '../core/plan.js';
import type { Progress } from '../core/progress.js';
import { makeLock, pauseBeforeRetry } from './deployment-lock.js';
import { writeTextFile } from './text-files.js';

/** What the journals of this machine are opened with. */
export interface JournalOptions {
  /** `deployments` of the state directory. */
  readonly directory: string;
  /** Absolute path of the project: templates in it are others than those of the same path elsewhere. */
  readonly projectRoot: string;
  readonly process: string;
  readonly hasEnded: (theirs: string) => Promise<boolean>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const entrySchema = z.object({
  format: z.literal(1),
  phase: z.enum(['landing', 'applying', 'applied', 'undoing']),
  environment: z.string(),
  service: z.string(),
  version: z.string(),
  image: z.string(),
  before: z.string().optional(),
  record: z.string().optional(),
  applied: z
    .object({
      change: z.enum(['created', 'updated', 'unchanged']),
      reference: z.record(z.string(), z.string()),
      before: z.unknown().optional(),
    })
    .optional(),
  failure: z
    .object({
      code: z.custom<FailureCode>((value) => typeof value === 'string' && value in exitCodes),
      message: z.string(),
    })
    .optional(),
  asBefore: z.string().optional(),
});

/**
 * Open a service's journal, alone: another run of this machine that has it is waited for, for as long as two rollouts may take.
 * Across machines, git and the orchestrator decide. Throws `deploy.refused` when the wait was too long.
 */
export async function openDeploymentJournal(plan: DeploymentPlan, options: JournalOptions): Promise<DeploymentJournal> {
  const name = nameOf(plan, options.projectRoot);
  const path = join(options.directory, `${name}.json`);
  const release = await takeLock(plan, name, options);
  try {
    const found = await readEntry(path, options.progress);
    let last: JournalEntry | undefined;
    return {
      found,
      get last() {
        return last;
      },
      write: async (entry) => {
        await writeTextFile(path, `${JSON.stringify(entry)}\n`, 'deploy.refused');
        last = entry;
      },
      remove: () => rm(path, { force: true }),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Readable, and its own for what is deployed: the same service of the same template of the same environment. */
function nameOf(plan: DeploymentPlan, projectRoot: string): string {
  const place = plan.source.in === 'project' ? projectRoot : `${plan.source.url} ${plan.source.branch ?? ''}`;
  const whole = JSON.stringify([place, plan.environment, plan.template, plan.service]);
  const words = `${plan.environment}-${plan.service}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  return `${words}-${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`;
}

async function takeLock(
  plan: DeploymentPlan,
  name: string,
  options: JournalOptions,
): Promise<DeploymentJournal['release']> {
  // A rollout, and another one to undo it.
  const seconds = plan.timeoutSeconds * 3 + 120;
  const lock = makeLock({ ...options, name, longestSeconds: seconds * 2 });
  const deadline = performance.now() + seconds * 1000;
  let told = false;
  for (;;) {
    const holder = await lock.attempt();
    if (holder === undefined) return lock.release;
    const what = `${plan.environment}/${plan.service}`;
    if (performance.now() > deadline) {
      throw new Failure('deploy.refused', {
        message: `Another run on this machine has had ${what} in hand since ${holder.since} (process ${holder.pid})`,
        where: options.directory,
        remedy: 'See what it is doing, and end it if it hangs; nothing was changed here.',
      });
    }
    if (!told)
      options.progress.info(`process ${holder.pid} deploys ${what} since ${holder.since}; waiting for its end`);
    told = true;
    await pauseBeforeRetry(options.signal);
  }
}

/** What cannot be read was written by another version: the deployment is then found out from git. */
async function readEntry(path: string, progress: Progress): Promise<JournalEntry | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return entrySchema.parse(JSON.parse(text)) as JournalEntry;
  } catch {
    progress.warn(`${path} is not a journal that this version of Slipway reads; it is replaced`);
    return undefined;
  }
}
