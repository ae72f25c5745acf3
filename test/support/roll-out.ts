import type { RunContext } from '../../src/core/engine.js';
import type { Orchestrator, RolloutJob, RolloutResult } from '../../src/core/target.js';

/** The two halves of a rollout, one after the other. */
export async function applyAndWatch(
  orchestrator: Orchestrator,
  job: RolloutJob,
  context: RunContext,
): Promise<RolloutResult> {
  return orchestrator.watch(job, await orchestrator.apply(job, context), context);
}
