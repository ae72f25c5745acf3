import { DeploymentFailure } from '../../core/deployment-failure.js';
import { Failure } from '../../core/failure.js';
import { shortenDigests } from '../../core/image-name.js';
import type { Deployment, DeploymentPlan, Release } from '../../core/plan.js';
import type { TemplateStore } from '../../core/template-store.js';
import { type DeployJob, deployRelease } from '../../run/deploy-release.js';
import { wantedOfRelease } from '../../run/wanted-release.js';
import { environmentOf } from '../choices.js';
import { openDeploySite, openStore } from '../deploy-site.js';
import { readHandOver } from '../read-hand-over.js';
import type { CommandResult } from '../result.js';
import { runOfCi } from '../run-of-ci.js';
import { showDeployments } from '../show-deployments.js';
import { contextOf, type World } from '../world.js';
import { releaseOutputs } from './push.js';

/** `slipway deploy`: a release into an environment: rewrite, commit, roll out, wait. */
export async function runDeploy(world: World): Promise<CommandResult> {
  const { parseReleaseFile } = await import('../../plan/plan-file.js');
  const file = world.options.release ?? '';
  const release = parseReleaseFile(readHandOver(file, 'release'), file);
  const { plans, store } = await deploymentPlans(world, release);
  try {
    if (world.options.dryRun) return await showDeployments(world, jobsOf(world, plans, release), store);
    const deployments = await deployAll(world, plans, release, store);
    return {
      text: deployments.map(formatDeployment).join(''),
      json: { format: 1, deployments },
      outputs: releaseOutputs(release),
      ...detailedExit(world, deployments),
    };
  } finally {
    await store?.close();
  }
}

/**
 * Deploy to each environment of the plan, one after another; the services of one together. `opened`: the templates' place of all
 * of them. Throws as `deployRelease`, with the reports of the environments before.
 */
export async function deployAll(
  world: World,
  plans: readonly DeploymentPlan[],
  release: Release,
  opened?: TemplateStore,
): Promise<readonly Deployment[]> {
  const site = openDeploySite(world, opened);
  const jobs = jobsOf(world, plans, release);
  const deployments: Deployment[] = [];
  for (const environment of new Set(plans.map((plan) => plan.environment))) {
    const own = jobs.filter(({ plan }) => plan.environment === environment);
    try {
      deployments.push(...(await deployRelease(own, site, contextOf(world))));
    } catch (error) {
      if (!(error instanceof DeploymentFailure) || deployments.length === 0) throw error;
      throw new DeploymentFailure(error.code, error.details, [...deployments.flatMap(asReport), ...error.reports]);
    }
  }
  return deployments;
}

function jobsOf(world: World, plans: readonly DeploymentPlan[], release: Release): readonly DeployJob[] {
  const wanted = wantedOfRelease(release, runOfCi(world.environment));
  return plans.map((plan) => ({ plan, wanted }));
}

function asReport(deployment: Deployment): DeploymentFailure['reports'] {
  const { outcome } = deployment;
  return [{ ...deployment, outcome: outcome === 'proposed' ? 'nothing-to-do' : outcome }];
}

export function formatDeployment(deployment: Deployment): string {
  const seconds = (deployment.milliseconds / 1000).toFixed(1);
  return `${deployment.environment}/${deployment.service}  ${deployment.outcome}  ${shortenDigests(deployment.evidence)} (${seconds} s)\n`;
}

/** 3 where everything was as wanted before, and somebody wants to know that from the exit code. */
export function detailedExit(world: World, deployments: readonly Deployment[]): { readonly exitCode?: number } {
  const idle = deployments.length > 0 && deployments.every(({ outcome }) => outcome === 'nothing-to-do');
  return world.options.detailedExitCode === true && idle ? { exitCode: 3 } : {};
}

/** From the plan file, or from the settings and the release alone: a deploy job needs no source tree. */
async function deploymentPlans(
  world: World,
  release: Release,
): Promise<{ readonly plans: readonly DeploymentPlan[]; readonly store?: TemplateStore }> {
  if (world.options.plan !== undefined) {
    const { parsePlanFile } = await import('../../plan/plan-file.js');
    return {
      plans: nonEmpty(parsePlanFile(readHandOver(world.options.plan, 'plan'), world.options.plan).deployments),
    };
  }
  const environment = environmentOf(await world.settings(), world.options.service);
  if (environment === undefined) return { plans: nonEmpty([]) };
  const [{ planRelease }, { templateFormats }] = await Promise.all([
    import('../../plan/deployments.js'),
    import('../../targets/index.js'),
  ]);
  const store = await openStore(world, environment.source);
  try {
    return { plans: planRelease(environment, await store.read(environment.path), templateFormats, release), store };
  } catch (error) {
    await store.close();
    throw error;
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
