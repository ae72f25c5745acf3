import type { Orchestrator } from '../core/target.js';

/**
 * A target whose templates do not name what runs: they are rewritten and committed, and a controller that follows the repository (Argo CD,
 * Flux) rolls out. Nothing is watched, and the outcome says so; `verify-url` is asked all the same, where it is set.
 */
export function createGitOpsOrchestrator(name: string): Orchestrator {
  return {
    name,
    check() {},
    apply: async () => ({ change: 'updated', reference: { by: 'gitops' } }),
    watch: async () => ({
      outcome: 'handed-over',
      evidence: 'left to the controller that follows the repository; its rollout was not watched',
    }),
  };
}
