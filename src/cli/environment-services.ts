import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.js';
import type { DeploymentPlan } from '../core/plan.js';
import type { TemplateStore } from '../core/template-store.js';
import type { EnvironmentSettings } from '../plan/deployments.js';
import { environmentsOf } from './choices.js';
import { openStore } from './deploy-site.js';
import type { World } from './world.js';

/** One service of an environment's templates. */
export interface DeployedService {
  readonly plan: DeploymentPlan;
  /** The template, whole. */
  readonly text: string;
  /** 1-based line of its image. */
  readonly line: number;
}

/** The environments that a command is about: the one that is named, else all. Throws `deploy.no-template` where none is known. */
export async function chosenEnvironments(world: World): Promise<readonly EnvironmentSettings[]> {
  const environments = environmentsOf(await world.settings(), world.options.service);
  if (environments.length > 0) return environments;
  const candidates = conventionalEnvironments(world.root);
  throw new Failure('deploy.no-template', {
    message: 'No deploy environment is known',
    where: 'deploy.environments',
    remedy:
      candidates.length > 0
        ? 'Name one of these.'
        : 'Describe one in slipway.yml, put its templates into deploy/<name>, or name the project with --directory.',
    ...(candidates.length > 0 && { candidates }),
  });
}

/** The one environment that a command changes. Throws `settings.invalid` with the names where several are known. */
export async function chosenEnvironment(world: World): Promise<EnvironmentSettings> {
  const [environment, ...others] = await chosenEnvironments(world);
  if (environment !== undefined && others.length === 0) return environment;
  throw new Failure('settings.invalid', {
    message: 'Several deploy environments are configured, and none is chosen',
    where: 'deploy.environments',
    remedy: `Name one: slipway rollback ${environment?.name ?? 'ENV'}`,
    candidates: [environment, ...others].flatMap((one) => one?.name ?? []),
  });
}

/** Without settings, an environment is a directory in `deploy`. */
function conventionalEnvironments(root: string): readonly string[] {
  const place = join(root, 'deploy');
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

/** Do something with the templates' place of an environment, open, and its services: the chosen ones, else all. Throws `deploy.*`. */
export async function withServices<T>(
  world: World,
  environment: EnvironmentSettings,
  work: (store: TemplateStore, services: readonly DeployedService[]) => Promise<T>,
): Promise<T> {
  const [{ listDeployments }, { templateFormats }] = await Promise.all([
    import('../plan/deployments.js'),
    import('../targets/index.js'),
  ]);
  const store = await openStore(world, environment.source);
  try {
    const all = listDeployments(environment, await store.read(environment.path), templateFormats);
    return await work(store, only(environment, all));
  } finally {
    await store.close();
  }
}

function only(environment: EnvironmentSettings, all: readonly DeployedService[]): readonly DeployedService[] {
  const wanted = environment.service === undefined ? environment.services : [environment.service];
  if (wanted === undefined) return all;
  return wanted.map((id) => {
    const [service, twin] = all.filter(({ plan }) => plan.service === id);
    if (service !== undefined && twin === undefined) return service;
    throw new Failure(service === undefined ? 'deploy.no-match' : 'deploy.ambiguous-match', {
      message:
        service === undefined
          ? `There is no service '${id}' in the templates of '${environment.name}'`
          : `Several templates of '${environment.name}' have a service '${id}'`,
      where: environment.path,
      remedy:
        service === undefined
          ? 'Name one of these.'
          : `Set deploy.environments.${environment.name}.path to the one template that is meant.`,
      candidates: all
        .filter(({ plan }) => service === undefined || plan.service === id)
        .map(({ plan }) => (service === undefined ? plan.service : plan.template))
        .slice(0, 50),
    });
  });
}
