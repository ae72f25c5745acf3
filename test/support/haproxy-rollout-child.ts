import { readFileSync } from 'node:fs';
import Docker from 'dockerode';
import type { DeploymentPlan } from '../../src/core/plan.js';
import type { Progress } from '../../src/core/progress.js';
import { createHaproxyOrchestrator } from '../../src/targets/haproxy/rollout.js';

/** One rollout behind a real HAProxy, and with `undo` the way back from it, as a process of its own that can be killed: `JOB_FILE`. */
interface Job {
  readonly service: string;
  readonly template: string;
  readonly image: string;
  readonly undo: boolean;
}

const job: Job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const orchestrator = createHaproxyOrchestrator({ docker: new Docker({ socketPath: '/var/run/docker.sock' }) });
const plan: DeploymentPlan = {
  environment: 'test',
  target: 'haproxy',
  source: { in: 'project' },
  template: 'host.yml',
  service: job.service,
  currentImage: 'x:1',
  options: {},
  timeoutSeconds: 30,
};
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const progress: Progress = { step: say, output: say, status: () => {}, info: say, warn: say };
const context = { progress, signal: new AbortController().signal };
const rollout = { plan, template: job.template, image: job.image };
const applied = await orchestrator.apply(rollout, context);
const ended = await (job.undo
  ? orchestrator.undo?.(rollout, applied, context)
  : orchestrator.watch(rollout, applied, context));
say(JSON.stringify({ applied, ended }));
