import { setTimeout as pause } from 'node:timers/promises';
import { describeError, errorCode } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import { type RegistryReply, staleCode } from './http.js';

/** How long and how often something is tried again. */
export interface Patience {
  /** Longest waits between the attempts in milliseconds; each is drawn between 0 and the value ("full jitter"). */
  readonly delays: readonly number[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Four attempts, as registries' own clients make. */
export const usualDelays: readonly number[] = [1000, 4000, 8000];
const longestRetryAfter = 60_000;

/** An answer that is no success. Never seen outside: it becomes a `Failure` where it is final. */
export class Refused extends Error {
  readonly reply: RegistryReply;

  constructor(reply: RegistryReply) {
    super(`${reply.status}${wordsOf(reply) && `: ${wordsOf(reply)}`}`);
    this.name = 'Refused';
    this.reply = reply;
  }
}

/**
 * Do something until it succeeds, may not be repeated, or has been tried often enough; then it rejects as the last attempt did.
 * Repeated are 408, 429 (after `Retry-After`), 500, 502, 503, 504, broken connections, and content that is not what its digest says.
 */
export async function withRetries<T>(
  patience: Patience,
  attempt: (attempts: number) => Promise<T>,
  alsoWhen: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await attempt(attempts);
    } catch (error) {
      patience.signal.throwIfAborted();
      const delay = patience.delays[attempts];
      if (delay === undefined || !(mayBeRepeated(error) || alsoWhen(error))) throw error;
      const asked = error instanceof Refused ? retryAfter(error.reply) : undefined;
      await waitToRetry(patience, delay, asked, describeError(error));
    }
  }
}

/** Wait as long as the registry asks (a minute at most), else a random part of `delay`. */
export async function waitToRetry(
  { signal, progress }: Pick<Patience, 'signal' | 'progress'>,
  delay: number,
  asked: number | undefined,
  why: string,
): Promise<void> {
  const wait = asked === undefined ? Math.random() * delay : Math.min(asked, longestRetryAfter);
  progress.info(`trying again in ${(wait / 1000).toFixed(1)} s (${why})`);
  await pause(wait, undefined, { signal });
}

/** Statuses that say "not now". */
export function isTransient(status: number): boolean {
  return [408, 429, 500, 502, 503, 504].includes(status);
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfter(reply: RegistryReply): number | undefined {
  const value = reply.headers['retry-after'];
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(wait) && wait >= 0 ? wait : undefined;
}

/** The first line of what a registry said. */
export function wordsOf(reply: RegistryReply): string {
  return reply.body.toString('utf8').trim().split('\n')[0]?.slice(0, 300) ?? '';
}

/** The content is not what its digest says: on its way it was cut or changed. */
export const corruptCode = 'EBADMSG';

/** The registry has forgotten what was begun: the whole is to be begun again. */
export const againCode = 'EAGAIN';

const brokenCodes = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  corruptCode,
  againCode,
  staleCode,
]);

function mayBeRepeated(error: unknown): boolean {
  if (error instanceof Refused) return isTransient(error.reply.status);
  const code = errorCode(error) ?? '';
  // Node's parser names what it cannot read so: an answer that broke off in its head.
  return brokenCodes.has(code) || code.startsWith('HPE_');
}
