import { Failure } from '../../core/failure.js';
import type { Deployment, DeploymentPlan, Release } from '../../core/plan.js';
import { deployRelease, releasedImage } from '../../run/deploy-release.js';
import { environmentOf } from '../choices.js';
import { openDeploySite, openStore } from '../deploy-site.js';
import { readHandOver } from '../read-hand-over.js';
import type { CommandResult } from '../result.js';
import { contextOf, type World } from '../world.js';
import { releaseOutputs } from './push.js';

/** `slipway deploy`: a release into an environment: rewrite, commit, roll out, wait. */
export async function runDeploy(world: World): Promise<CommandResult> {
  const { parseReleaseFile } = await import('../../plan/plan-file.js');
  const file = world.options.release ?? '';
  const release = parseReleaseFile(readHandOver(file, 'release'), file);
  const plans = await deploymentPlans(world, release);
  if (world.options.dryRun) return showDeployments(world, plans, release);
  const deployments = await deployAll(world, plans, release);
  return {
    text: deployments.map(formatDeployment).join(''),
    json: { format: 1, deployments },
    outputs: releaseOutputs(release),
  };
}

/** Deploy to each environment of the plan, one after another. */
export async function deployAll(
  world: World,
  plans: readonly DeploymentPlan[],
  release: Release,
): Promise<readonly Deployment[]> {
  const site = openDeploySite(world);
  const deployments: Deployment[] = [];
  for (const plan of plans) deployments.push(await deployRelease(plan, release, site, contextOf(world)));
  return deployments;
}

export function formatDeployment(deployment: Deployment): string {
  const seconds = (deployment.milliseconds / 1000).toFixed(1);
  return `${deployment.environment}/${deployment.service}  ${deployment.outcome}  ${deployment.evidence} (${seconds} s)\n`;
}

/** From the plan file, or from the settings and the release alone: a deploy job needs no source tree. */
async function deploymentPlans(world: World, release: Release): Promise<readonly DeploymentPlan[]> {
  if (world.options.plan !== undefined) {
    const { parsePlanFile } = await import('../../plan/plan-file.js');
    return nonEmpty(parsePlanFile(readHandOver(world.options.plan, 'plan'), world.options.plan).deployments);
  }
  const environment = environmentOf(await world.settings(), world.options.service);
  if (environment === undefined) return nonEmpty([]);
  const [{ planDeployment }, { templateFormats }] = await Promise.all([
    import('../../plan/deployments.js'),
    import('../../targets/index.js'),
  ]);
  const store = await openStore(world, environment.source);
  try {
    return [planDeployment(environment, await store.read(environment.path), templateFormats, release)];
  } finally {
    await store.close();
  }
}

function nonEmpty(plans: readonly DeploymentPlan[]): readonly DeploymentPlan[] {
  if (plans.length > 0) return plans;
  throw new Failure('deploy.no-template', {
    message: 'No deploy environment is known',
    where: 'deploy.environments',
    remedy: 'Name one with --env (its templates are in deploy/<name> then), or describe it in slipway.yml.',
  });
}

async function showDeployments(
  world: World,
  plans: readonly DeploymentPlan[],
  release: Release,
): Promise<CommandResult> {
  const { diffDeployments } = await import('../deployment-diff.js');
  const names = plans.map((plan) => `${plan.environment}/${plan.service} (${plan.target}, ${plan.template})\n`);
  const diff = await diffDeployments(world, plans, release);
  const text = `${names.join('')}${diff || 'no change\n'}`;
  return { text, json: { format: 1, deployments: plans, image: releasedImage(release) } };
}
