import { describeError, Failure } from '../../core/failure.js';
import { type Goal, reconcile, resumeDraining } from './reconcile.js';
import { InstanceFailure, type Site } from './site.js';

const attempts = 3;
const pauseMilliseconds = 1_000;

/**
 * Put back what served before a rollout that failed: what still drains takes requests again at once, then the new containers go. Works
 * on when the run was told to stop, for a minute. Returns what runs now, in words. Throws `deploy.stuck` where it does not get there.
 */
export async function goBack(
  site: Site,
  failed: string,
  before: { readonly definition: string; readonly instances: number; readonly image: string } | undefined,
  seconds: number,
  reason: unknown,
): Promise<string> {
  const stopped = site.context.signal.aborted;
  // The signal that ended the rollout must not end its undoing.
  const rest: Site = { ...site, context: { ...site.context, signal: new AbortController().signal } };
  const deadline = rest.clock.now() + (stopped ? Math.min(seconds, 60) : seconds) * 1000;
  const same = before?.definition === failed;
  try {
    if (before !== undefined) await resumeDraining(rest, before.definition);
    const goal = { definition: before?.definition ?? 'none', instances: before?.instances ?? 0, deadline };
    await untilBack(rest, same ? goal : { ...goal, discard: failed });
  } catch (error) {
    throw new Failure('deploy.stuck', {
      message: `The rollout of '${site.service.id}' failed (${describeError(reason)}), and going back failed too: ${describeError(error)}`,
      where: site.service.image,
      remedy: `See docker ps -a --filter label=io.slipway.haproxy.service=${site.identity}, then run the same command again.`,
      ...(error instanceof InstanceFailure && error.lastLines.length > 0 && { lastLines: error.lastLines }),
      cause: reason,
    });
  }
  return before === undefined
    ? 'nothing ran before, and nothing runs now'
    : `${before.instances} of ${before.image} run as before`;
}

/** A container that was well for long and fails one check is no reason to stop half-way back. */
async function untilBack(site: Site, goal: Goal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await reconcile(site, goal);
      return;
    } catch (error) {
      if (!(error instanceof InstanceFailure) || attempt === attempts || site.clock.now() > goal.deadline) throw error;
      site.context.progress.warn(`${site.service.id}: ${error.message}; once more`);
      await site.clock.sleep(pauseMilliseconds, site.context.signal);
    }
  }
}
