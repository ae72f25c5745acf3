import type { Clock } from '../clock.js';
import { MarathonAway } from './http-call.js';

/** A new leader needs up to a minute to be found by everybody. */
export const electionMilliseconds = 60_000;
/** Nobody at all answers: most likely the address is wrong. */
const absentMilliseconds = 5_000;
const pauseMilliseconds = 1_000;

/**
 * Ask again, once a second, while Marathon is away: for a minute where a leader is being elected, for five seconds where nobody
 * answers. Throws its last `MarathonAway`.
 */
export async function askPatiently<T>(ask: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  const start = clock.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MarathonAway)) throw error;
      const longest = error.isBetweenLeaders ? electionMilliseconds : absentMilliseconds;
      if (clock.now() - start >= longest) throw error;
    }
    await clock.sleep(pauseMilliseconds, signal);
  }
}
