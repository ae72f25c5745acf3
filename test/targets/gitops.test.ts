import { describe, expect, it } from 'vitest';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { silentProgress } from '../../src/core/progress.js';
import { loadOrchestrator } from '../../src/targets/index.js';
import { applyAndWatch } from '../support/roll-out.js';

describe('a template that does not name what runs', () => {
  for (const name of ['helm', 'kustomize']) {
    it(`of ${name} is left to the controller that follows the repository, and not called a success`, async () => {
      const orchestrator = await loadOrchestrator(name, {
        environment: {},
        connectDocker: () => Promise.reject(new Error('nobody is asked')),
      });
      const plan = { service: 'web', target: name } as unknown as DeploymentPlan;
      const context = { progress: silentProgress, signal: new AbortController().signal };
      expect(await applyAndWatch(orchestrator, { plan, template: '', image: 'a:1' }, context)).toEqual({
        outcome: 'handed-over',
        evidence: 'left to the controller that follows the repository; its rollout was not watched',
      });
      expect([orchestrator.observe, orchestrator.undo]).toEqual([undefined, undefined]);
    });
  }
});
