import { Failure } from '../../core/failure.js';
import type { TemplateStore } from '../../core/template-store.js';
import type { EnvironmentSettings } from '../../plan/deployments.js';
import { chooseRollback } from '../../run/choose-rollback.js';
import { type DeployJob, deployRelease } from '../../run/deploy-release.js';
import { wantedOfRecord } from '../../run/wanted-release.js';
import { openDeploySite } from '../deploy-site.js';
import { chosenEnvironment, type DeployedService, withServices } from '../environment-services.js';
import type { CommandResult } from '../result.js';
import { runOfCi } from '../run-of-ci.js';
import { showDeployments } from '../show-deployments.js';
import { contextOf, type World } from '../world.js';
import { detailedExit, formatDeployment } from './deploy.js';

/** `slipway rollback`: to the recorded image that ran well before, as a deployment of its own: in git, rolled out, awaited, verified. */
export async function runRollback(world: World): Promise<CommandResult> {
  const environment = await chosenEnvironment(world);
  return withServices(world, environment, async (store, services) => {
    const jobs: DeployJob[] = [];
    for (const service of chosenServices(environment, services)) jobs.push(await rollbackJob(world, store, service));
    if (world.options.dryRun) return showDeployments(world, jobs, store);
    for (const { plan, wanted, words } of jobs) {
      world.progress.info(
        `${plan.service} goes back to ${wanted.version}${words?.pinned ? ', and is pinned there' : ''}`,
      );
    }
    const deployments = await deployRelease(jobs, openDeploySite(world, store), contextOf(world));
    return {
      text: deployments.map(formatDeployment).join(''),
      json: { format: 1, deployments },
      ...detailedExit(world, deployments),
    };
  });
}

/** Going back is never a guess of which service is meant. */
function chosenServices(
  environment: EnvironmentSettings,
  services: readonly DeployedService[],
): readonly DeployedService[] {
  if (environment.service !== undefined || environment.services !== undefined || services.length === 1) return services;
  throw new Failure(services.length === 0 ? 'deploy.no-match' : 'deploy.ambiguous-match', {
    message:
      services.length === 0
        ? `The templates of '${environment.name}' have no service with an image`
        : `The templates of '${environment.name}' have ${services.length} services, and none is chosen`,
    where: environment.path,
    remedy: `Name the one that goes back: slipway rollback ${environment.name} SERVICE`,
    candidates: services.map(({ plan }) => plan.service).slice(0, 50),
  });
}

async function rollbackJob(world: World, store: TemplateStore, { plan }: DeployedService): Promise<DeployJob> {
  const { environment, service } = plan;
  const records = await store.history({ environment, service, limit: 500 });
  const { to, pin } = world.options;
  const { present, target } = chooseRollback(records, plan.currentImage, {
    environment,
    service,
    ...(to !== undefined && { to }),
  });
  return {
    plan,
    wanted: wantedOfRecord(target, runOfCi(world.environment)),
    words: {
      pinned: pin !== false,
      ...(present && { rollbackOf: present.commit }),
      because: `Back to what ran well, as recorded on ${target.at} (${target.commit.slice(0, 12)}).`,
      // A person decides: what is there is meant to be replaced, be it newer or pinned.
      guard: () => 'newer',
    },
  };
}
