import { setTimeout } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { DeployGit } from './deploy-git.js';

/** How a push ended: `moved`: somebody else's landed first; `refused`: the server will not have it; `failed`: neither is known. */
export type Pushed =
  | { readonly state: 'landed' }
  | { readonly state: 'moved' | 'refused' | 'failed'; readonly failure: Failure };

/**
 * Push one object to one ref. A push never forces: git refuses one that would lose somebody's commit. The answer's form is
 * git-push(1) `--porcelain`: `[rejected]` comes of this side, `[remote rejected]` of the server, and what a hook or a rule of
 * the server declines says so in its reason (git's receive-pack.c), which races for the ref's lock do not.
 */
export async function pushObject(git: DeployGit, url: string, object: string, ref: string): Promise<Pushed> {
  const tried = await git.attempt(['push', '--porcelain', '--no-verify', '--', url, `${object}:${ref}`]);
  if (tried.done) return { state: 'landed' };
  const status = tried.said.find((line) => line.startsWith('!\t'))?.split('\t')[2] ?? '';
  if (status.startsWith('[rejected]')) return { state: 'moved', failure: tried.failure };
  if (!/^\[remote rejected\].*\bdeclined\b/.test(status)) return { state: 'failed', failure: tried.failure };
  return { state: 'refused', failure: refusal(tried.failure, tried.said) };
}

/** In the server's own words: what a hook or a protected branch prints is what a person has to read. */
function refusal(failure: Failure, said: readonly string[]): Failure {
  const words = said.flatMap((line) => /^remote: ?(.*\S)\s*$/.exec(line)?.[1]?.trim() ?? []);
  const status = said.find((line) => line.startsWith('!\t'))?.split('\t')[2] ?? '';
  return new Failure('deploy.repository', {
    message: `The deploy repository does not take the push: ${words.length > 0 ? words.slice(0, 5).join(' ') : status}`,
    ...(failure.where !== undefined && { where: failure.where }),
    remedy: 'Do what the server says; where its branch takes no direct pushes, set deploy.publish to pull-request.',
    ...(failure.lastLines !== undefined && { lastLines: failure.lastLines }),
  });
}

/** As many as a busy repository may need: every rejection means that somebody else's push landed. */
const attempts = 60;
/** A push that failed though nobody else's landed: a lock, or a refusal. */
const patience = 4;
/**
 * The longest pause, in attempts' own durations: with a random pause of up to so many, about as many pipelines can be at it before most
 * of them meet. A slow server or a busy machine lengthens attempts and pauses alike.
 */
const longestPause = 40;

/** One thing that is to land on a ref that others push to as well. */
interface Landing<T> {
  /** Make it on what was read last, and push it; or say that nothing is to be pushed. */
  readonly attempt: () => Promise<{ readonly value: T } | { readonly failure: Failure; readonly isRefused: boolean }>;
  /** Read anew. A value: the push has landed after all, and only its answer was lost. */
  readonly refresh: () => Promise<{ readonly value: T } | { readonly moved: boolean }>;
  readonly onRetry: () => void;
  readonly signal: AbortSignal;
}

/**
 * Try until it has landed. Throws the push's failure where the server refuses (at once), where nothing moves (after a few attempts),
 * and after sixty. Between attempts passes a random time, that grows: of many who push at once, few should meet again; and what is
 * pushed then was read after it, so that the time in which somebody can be faster is that of one attempt.
 */
export async function untilLanded<T>(landing: Landing<T>): Promise<T> {
  let stuck = 0;
  let begun = performance.now();
  for (let count = 1; ; count++) {
    const tried = await landing.attempt();
    if ('value' in tried) return tried.value;
    if (tried.isRefused) throw tried.failure;
    const longest = (performance.now() - begun) * Math.min(1.6 ** count, longestPause);
    const pause = Math.min(30 + Math.random() * longest, 60_000);
    await setTimeout(pause, undefined, { signal: landing.signal }).catch(() => {});
    begun = performance.now();
    const found = await landing.refresh();
    if ('value' in found) return found.value;
    stuck = found.moved ? 0 : stuck + 1;
    if (count >= attempts || stuck >= patience) throw tried.failure;
    landing.signal.throwIfAborted();
    landing.onRetry();
  }
}
