import type { RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import type { VerifyPlan } from '../core/plan.js';
import type { ActualService, Orchestrator, RolloutJob } from '../core/target.js';
import { digestOf, type WantedRelease } from './wanted-release.js';

/** What a service said over HTTP; a service that did not answer says why. */
export type HealthAnswer = { readonly status: number; readonly body: string } | { readonly error: string };

/** What verifying needs of this machine. */
export interface VerifySite {
  /** One GET, with a time-out of its own; never throws but for the signal. */
  readonly ask: (url: string, signal: AbortSignal) => Promise<HealthAnswer>;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Rejects with the signal's reason. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Tasks of before may still be ending when the new ones are well. */
const settleMilliseconds = 15_000;
const pollMilliseconds = 500;

/**
 * Ask the orchestrator what runs, and the service itself where it says how: the images that run are the job's, by digest. Returns
 * the evidence. Throws `deploy.stuck`, `deploy.superseded` where something else runs, `deploy.unknown` where nobody answers.
 */
export async function verifyRollout(
  orchestrator: Orchestrator,
  job: RolloutJob,
  wanted: WantedRelease,
  site: VerifySite,
  context: RunContext,
): Promise<readonly string[]> {
  const evidence = [await verifyImages(orchestrator, job, site, context)];
  const { verify } = job.plan;
  return verify === undefined ? evidence : [...evidence, await verifyHealth(verify, job, wanted, site, context)];
}

async function verifyImages(
  orchestrator: Orchestrator,
  job: RolloutJob,
  site: VerifySite,
  context: RunContext,
): Promise<string> {
  if (orchestrator.observe === undefined) return `${orchestrator.name} was not asked which images run`;
  const deadline = site.now() + settleMilliseconds;
  for (;;) {
    const actual = await orchestrator.observe(job.plan, job.template, context);
    const verdict = judgeImages(actual, job.image);
    if (verdict.as === 'ours') return verdict.text;
    if (site.now() >= deadline) throw differs(job, verdict);
    context.progress.status(`deploy ${job.plan.service}: ${verdict.text}`);
    await site.pause(pollMilliseconds, context.signal);
  }
}

interface ImageVerdict {
  readonly as: 'ours' | 'mixed' | 'other';
  readonly text: string;
}

function judgeImages(actual: ActualService | undefined, image: string): ImageVerdict {
  if (actual === undefined) return { as: 'other', text: 'the orchestrator has no such service any more' };
  const digest = digestOf(image);
  const isOurs = (runs: string): boolean => runs === image || (digest !== undefined && digestOf(runs) === digest);
  const others = actual.images.filter((runs) => !isOurs(runs));
  const [text] = [actual.images.join(' and ') || 'nothing'];
  if (actual.images.length === 0 && actual.wanted > 0) return { as: 'mixed', text: 'nothing runs' };
  if (others.length === 0) return { as: 'ours', text: digest === undefined ? `runs ${image}` : `runs ${digest}` };
  return { as: others.length === actual.images.length ? 'other' : 'mixed', text: `${text} runs` };
}

function differs({ plan, image }: RolloutJob, verdict: ImageVerdict): Failure {
  const message = `${plan.service} was rolled out, and then ${verdict.text}, where ${image} should`;
  return verdict.as === 'other'
    ? new Failure('deploy.superseded', {
        message,
        where: plan.service,
        remedy: 'Somebody else changed it: deploy again if this version is the one that shall run.',
      })
    : new Failure('deploy.stuck', { message, where: plan.service });
}

async function verifyHealth(
  verify: VerifyPlan,
  { plan, image }: RolloutJob,
  wanted: WantedRelease,
  site: VerifySite,
  context: RunContext,
): Promise<string> {
  const expected = verify.body === undefined ? undefined : fillIn(verify.body, wanted, image);
  const deadline = site.now() + verify.timeoutSeconds * 1000;
  let said = '';
  do {
    const answer = await site.ask(verify.url, context.signal);
    if (isGood(answer, expected)) return `${verify.url} ${describeAnswer(answer, expected)}`;
    said = describeAnswer(answer, undefined);
    context.progress.status(`deploy ${plan.service}: ${verify.url} ${said}`);
    await site.pause(pollMilliseconds, context.signal);
  } while (site.now() < deadline);
  const wants = expected === undefined ? 'a status of 2xx' : `a status of 2xx and '${expected}'`;
  throw new Failure('deploy.stuck', {
    message: `${plan.service} does not answer as ${wanted.version} should: ${verify.url} ${said}, after ${verify.timeoutSeconds} s`,
    where: verify.url,
    remedy: `It must answer with ${wants}: see deploy.environments.${plan.environment}.verify-url and verify-body.`,
  });
}

function isGood(answer: HealthAnswer, expected: string | undefined): boolean {
  if ('error' in answer || answer.status < 200 || answer.status > 299) return false;
  return expected === undefined || answer.body.includes(expected);
}

function describeAnswer(answer: HealthAnswer, expected: string | undefined): string {
  if ('error' in answer) return `did not answer (${answer.error})`;
  const line = answer.body.replace(/\s+/g, ' ').trim().slice(0, 120);
  const said = expected === undefined ? line : expected;
  return `answered ${answer.status}${said === '' ? '' : ` with '${said}'`}`;
}

function fillIn(text: string, wanted: WantedRelease, image: string): string {
  return text
    .replaceAll('{version}', wanted.version)
    .replaceAll('{revision}', wanted.revision ?? '')
    .replaceAll('{digest}', digestOf(image) ?? '');
}
