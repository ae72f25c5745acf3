import { readFileSync } from 'node:fs';
import Docker from 'dockerode';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { silentProgress } from '../../src/core/progress.js';
import { createSwarmOrchestrator } from '../../src/targets/swarm/rollout.js';

/** One rollout on the real Swarm, and with `undo` the way back from it, as a process of its own that can be killed: `JOB_FILE`. */
interface Job {
  readonly stack: string;
  readonly service: string;
  readonly template: string;
  readonly image: string;
  readonly undo: boolean;
}

const job: Job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const orchestrator = createSwarmOrchestrator({ docker: new Docker({ socketPath: '/var/run/docker.sock' }) });
const plan: DeploymentPlan = {
  environment: 'test',
  target: 'swarm',
  source: { in: 'project' },
  template: 'stack.yml',
  service: job.service,
  currentImage: 'x:1',
  options: { stack: job.stack },
  timeoutSeconds: 60,
};
const context = { progress: silentProgress, signal: new AbortController().signal };
const rollout = { plan, template: job.template, image: job.image };
const applied = await orchestrator.apply(rollout, context);
if (job.undo) await orchestrator.undo?.(rollout, applied, context);
else await orchestrator.watch(rollout, applied, context);
