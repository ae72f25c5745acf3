import type { Deployment, Plan, Release } from '../../core/plan.js';
import { type BuiltImage, buildImage } from '../../run/build-image.js';
import { releasedImage } from '../../run/wanted-release.js';
import { openBuildSite, openEngineEarly } from '../build-site.js';
import { requireRegistry } from '../choices.js';
import { formatBytes } from '../format.js';
import { followOrMakePlan } from '../make-plan.js';
import { formatMoved } from '../move-release-tags.js';
import { formatPlan } from '../print-plan.js';
import type { CommandResult } from '../result.js';
import { chooseSupplyChain } from '../supply-chain.js';
import { whyNotPushed } from '../why-not-pushed.js';
import { contextOf, type World } from '../world.js';
import { deployAll, detailedExit, formatDeployment } from './deploy.js';
import { pushImage, releaseOutputs } from './push.js';

/** `slipway ship`: the whole pipeline. */
export async function runShip(world: World): Promise<CommandResult> {
  const notPushed = await whyNotPushed(world);
  const wanted = { deploy: world.options.deploy !== false && notPushed === undefined };
  if (world.options.dryRun) return showPlan(world, await followOrMakePlan(world, wanted), notPushed);
  const start = world.now();
  const opening = openEngineEarly(world);
  const plan = await followOrMakePlan(world, wanted);
  const planned = Math.round(world.now() - start);
  if (world.options.plan === undefined && notPushed === undefined) requireRegistry(await world.settings());
  // A key that cannot be used is told before the build, not after it.
  if (notPushed === undefined) await chooseSupplyChain(world);
  announce(world, plan, notPushed);
  const engine = await opening;
  const built = await buildImage(plan, await openBuildSite(world, plan, engine), contextOf(world));
  if (notPushed !== undefined) return endedBeforePush(built, planned, notPushed);
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
    ...detailedExit(world, deployments),
  };
}

/** What a run ends with that must not push: the image is in the engine, and was tried. */
function endedBeforePush({ image, milliseconds }: BuiltImage, plan: number, because: string): CommandResult {
  const reference = `${image.repository}:${image.tags[0] ?? image.version}`;
  return {
    text: `${reference}  ${formatBytes(image.size)}\nbuilt, and not pushed: ${because}\n`,
    json: { format: 1, image, pushed: false, because, milliseconds: { plan, ...milliseconds } },
    outputs: { version: image.version, tags: image.tags.join(','), kind: image.kind },
  };
}

async function showPlan(world: World, plan: Plan, notPushed: string | undefined): Promise<CommandResult> {
  const { diffPlan } = await import('../deployment-diff.js');
  const end = notPushed === undefined ? '' : `not pushed: ${notPushed}\n`;
  return { text: `${formatPlan(plan)}${await diffPlan(world, plan)}${end}`, json: plan };
}

function announce(world: World, plan: Plan, notPushed: string | undefined): void {
  const { progress } = world;
  progress.step(`plan   ${plan.project.name} ${plan.version.version} (${plan.project.kind})`);
  progress.info(plan.version.because);
  for (const deployment of plan.deployments) {
    progress.info(`${deployment.environment}: ${deployment.service} in ${deployment.template} (${deployment.target})`);
  }
  if (notPushed !== undefined) progress.info(`ends after the try: ${notPushed}`);
  else if (plan.deployments.length === 0) progress.info('no deploy environment: ends after the push');
}

function formatShipped(release: Release, deployments: readonly Deployment[]): string {
  return `${releasedImage(release)}  ${formatBytes(release.size)}\n${formatMoved(release)}${deployments.map(formatDeployment).join('')}`;
}
