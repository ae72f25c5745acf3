import type { Clock } from '../clock.js';
import { MarathonAway } from './http-call.js';

const tries = 10;
const pauseMilliseconds = 1_000;

/** Ask again, once a second and ten times in all, while Marathon is away: a leader is being elected. Throws its last `MarathonAway`. */
export async function askPatiently<T>(ask: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let left = tries - 1; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof MarathonAway) || left === 0) throw error;
    }
    await clock.sleep(pauseMilliseconds, signal);
  }
}
