import type { Deployment, Plan, Release } from '../../core/plan.js';
import { buildImage } from '../../run/build-image.js';
import { releasedImage } from '../../run/deploy-release.js';
import { openBuildSite, openEngineEarly } from '../build-site.js';
import { requireRegistry } from '../choices.js';
import { formatBytes } from '../format.js';
import { followOrMakePlan } from '../make-plan.js';
import { formatPlan } from '../print-plan.js';
import type { CommandResult } from '../result.js';
import { chooseSupplyChain } from '../supply-chain.js';
import { contextOf, type World } from '../world.js';
import { deployAll, formatDeployment } from './deploy.js';
import { pushImage, releaseOutputs } from './push.js';

/** `slipway ship`: the whole pipeline. */
export async function runShip(world: World): Promise<CommandResult> {
  const wanted = { deploy: world.options.deploy !== false };
  if (world.options.dryRun) return showPlan(await followOrMakePlan(world, wanted));
  const start = world.now();
  const opening = openEngineEarly(world);
  const plan = await followOrMakePlan(world, wanted);
  const planned = Math.round(world.now() - start);
  if (world.options.plan === undefined) requireRegistry(await world.settings());
  // A key that cannot be used is told before the build, not after it.
  await chooseSupplyChain(world);
  announce(world, plan);
  const engine = await opening;
  const built = await buildImage(plan, await openBuildSite(world, plan, engine), contextOf(world));
  const pushing = world.now();
  const release = await pushImage(world, engine, built.image);
  const pushed = Math.round(world.now() - pushing);
  const deployments = await deployAll(world, plan.deployments, release);
  const deployed = deployments.reduce((sum, deployment) => sum + deployment.milliseconds, 0);
  const milliseconds = {
    plan: planned,
    ...built.milliseconds,
    push: pushed,
    ...(deployments.length > 0 && { deploy: deployed }),
  };
  return {
    text: formatShipped(release, deployments),
    json: { format: 1, image: built.image, release, deployments, milliseconds },
    outputs: releaseOutputs(release),
  };
}

function showPlan(plan: Plan): CommandResult {
  return { text: formatPlan(plan), json: plan };
}

function announce(world: World, plan: Plan): void {
  const { progress } = world;
  progress.step(`plan   ${plan.project.name} ${plan.version.version} (${plan.project.kind})`);
  progress.info(plan.version.because);
  for (const deployment of plan.deployments) {
    progress.info(`${deployment.environment}: ${deployment.service} in ${deployment.template} (${deployment.target})`);
  }
  if (plan.deployments.length === 0) progress.info('no deploy environment: ends after the push');
}

function formatShipped(release: Release, deployments: readonly Deployment[]): string {
  return `${releasedImage(release)}  ${formatBytes(release.size)}\n${deployments.map(formatDeployment).join('')}`;
}
