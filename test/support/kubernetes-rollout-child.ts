import { readFileSync } from 'node:fs';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { silentProgress } from '../../src/core/progress.js';
import { createKubernetesOrchestrator } from '../../src/targets/kubernetes/rollout.js';

/** One rollout on the cluster of KUBECONFIG, and with `undo` the way back from it, as a process of its own that can be killed: `JOB_FILE`. */
interface Job {
  readonly template: string;
  readonly image: string;
  readonly undo: boolean;
  /** What an earlier process knew of the version before, as a journal keeps it. */
  readonly before?: unknown;
}

const job: Job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
let now = 0;
const orchestrator = createKubernetesOrchestrator({
  clock: {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
  },
});
const plan: DeploymentPlan = {
  environment: 'test',
  target: 'kubernetes',
  source: { in: 'project' },
  template: 'web.yaml',
  service: 'web',
  currentImage: 'x:1',
  options: {},
  timeoutSeconds: 60,
};
const context = { progress: silentProgress, signal: new AbortController().signal };
const rollout = { plan, template: job.template, image: job.image };
if (job.undo) {
  await orchestrator.undo?.(rollout, { change: 'updated', reference: {}, before: job.before }, context);
} else {
  await orchestrator.watch(rollout, await orchestrator.apply(rollout, context), context);
}
