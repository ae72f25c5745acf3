import Docker from 'dockerode';
import type { DeploymentPlan } from '../src/core/plan.js';
import { silentProgress } from '../src/core/progress.js';
import { createSwarmOrchestrator } from '../src/targets/swarm/rollout.js';
import { openDeployScratch } from '../test/support/deploy-scratch.js';
import { git } from '../test/support/fixture-project.js';
import { type Figure, measureInTurn } from './measure.js';

/** Most milliseconds that a deployment may take beyond the orchestrator's own convergence. */
const aim = 1_000;

/**
 * `slipway deploy` as a whole process, with a deploy repository on this disk, against nothing but the update of the same service of
 * the real Swarm and the wait for it, in turn: what is left is git, the journal, the checks and Node's start.
 */
export async function benchDeployOverhead(rounds: number): Promise<readonly Figure[]> {
  const scratch = openDeployScratch();
  try {
    const releases = [await scratch.release('1.0.0'), await scratch.release('1.0.1', ['sleep', '999'])] as const;
    const swarm = createSwarmOrchestrator({ docker: new Docker({ socketPath: '/var/run/docker.sock' }) });
    const context = { progress: silentProgress, signal: new AbortController().signal };
    let turn = 0;
    const next = () => releases[turn++ % 2 === 0 ? 0 : 1];
    const deploy = async (): Promise<number> => {
      const start = performance.now();
      const { code, stderr } = await scratch.run('deploy', '--env', 'prod', '--release', next().file, '--allow-older');
      if (code !== 0) throw new Error(stderr);
      return performance.now() - start;
    };
    const update = async (): Promise<number> => {
      const template = git(scratch.deployRepository, 'show', 'main:prod/stack.yml');
      const { image } = next();
      const plan = planOf(scratch.stack, scratch.template());
      const job = { plan, template: `${template.replace(plan.currentImage, image)}\n`, image };
      const start = performance.now();
      await swarm.watch(job, await swarm.apply(job, context), context);
      return performance.now() - start;
    };
    await deploy();
    const [whole, own] = await measureInTurn(
      [
        { name: 'slipway deploy', run: deploy },
        { name: 'the Swarm alone', run: update },
      ],
      rounds,
    );
    if (!whole || !own) throw new Error('nothing was measured');
    const overhead = whole.median - own.median;
    return [
      {
        what: '`slipway deploy` to the Swarm / the update and the wait alone',
        measured: `${whole.median.toFixed(0)} ms / ${own.median.toFixed(0)} ms`,
        ratio: `+ ${overhead.toFixed(0)} ms`,
        aim: `≤ + ${aim} ms`,
        met: overhead <= aim,
      },
    ];
  } finally {
    await scratch.remove();
  }
}

function planOf(stack: string, currentImage: string): DeploymentPlan {
  return {
    environment: 'prod',
    target: 'swarm',
    source: { in: 'project' },
    template: 'prod/stack.yml',
    service: 'web',
    currentImage,
    options: { stack },
    timeoutSeconds: 60,
  };
}
