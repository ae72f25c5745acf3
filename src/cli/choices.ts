import { Failure } from '../core/failure.js';
import { parseRepository, type Repository, registryOf } from '../core/image-name.js';
import type { MountPlan, TemplateSource } from '../core/plan.js';
import type { MountName } from '../core/recipe.js';
import type { PlanChoices } from '../plan/assemble.js';
import type { EnvironmentSettings } from '../plan/deployments.js';
import type { Settings, SettingsValues } from '../settings/settings.js';

/** The plan's choices from the settings and their defaults. Throws `settings.invalid` for a name no registry would take. */
export function planChoices(settings: Settings, projectName: string): PlanChoices {
  const { image, build, try: tried } = settings.values;
  return {
    repository: repositoryOf(settings.values, projectName),
    ...alsoOf(settings.values, projectName),
    platform: image.platform,
    ...(image.base !== undefined && { base: image.base }),
    ...(build.image !== undefined && { builderImage: build.image }),
    ...(build.dockerfile !== undefined && { builderDockerfile: build.dockerfile }),
    mounts: mountPlans(settings.values),
    timeoutSeconds: build.timeout,
    transfer: build.transfer,
    try: {
      enabled: tried.enabled,
      timeoutSeconds: tried.timeout,
      ...(tried.path !== undefined && { path: tried.path }),
      ...(tried.port !== undefined && { port: tried.port }),
      environment: tried.environment ?? {},
    },
  };
}

/** The whole name of the image. Throws `settings.invalid` for a name no registry would take. */
export function repositoryOf(values: SettingsValues, projectName: string): Repository {
  const { registry, repository } = values.image;
  const name = repository ?? projectName;
  const registryIsNamed = registry === undefined || registryOf(name) !== undefined;
  return parseRepository(registryIsNamed ? name : `${registry.replace(/\/+$/, '')}/${name}`);
}

/** Throws `settings.invalid` where a further registry is the image's own, or there is no registry of its own. */
function alsoOf(values: SettingsValues, projectName: string): { readonly also?: readonly Repository[] } {
  const registries = values.image['also-push'];
  if (registries === undefined) return {};
  const own = repositoryOf(values, projectName);
  const name = own.slice(own.lastIndexOf('/') + 1);
  const also = registries.map((registry) => parseRepository(`${registry.replace(/\/+$/, '')}/${name}`));
  if (new Set([own, ...also]).size === also.length + 1) return { also };
  throw new Failure('settings.invalid', {
    message: `An image is to be pushed twice to one place: ${[own, ...also].join(', ')}`,
    where: 'image.also-push',
    remedy: 'Name registries beside image.registry, each once.',
  });
}

/** Throws `push.no-registry` when a push could only go to a name that nobody chose. */
export function requireRegistry(settings: Settings): void {
  const { registry, repository } = settings.values.image;
  if (registry !== undefined || repository !== undefined) return;
  throw new Failure('push.no-registry', {
    message: 'No registry is set, so there is nowhere to push the image',
    where: 'image.registry',
    remedy:
      'Name one: --registry registry.example.com/team, SLIPWAY_IMAGE_REGISTRY, or image.registry in slipway.yml. `slipway build` needs none.',
  });
}

function mountPlans(values: SettingsValues): readonly MountPlan[] {
  return Object.entries(values.build.mounts ?? {}).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return [{ name: name as MountName, ...(typeof value === 'string' && { path: value }) }];
  });
}

/**
 * The environment to deploy to: the one that was chosen, or the only one there is. Undefined: no environment is known, so
 * there is nothing to deploy to. Throws `settings.invalid` with the names there are.
 */
export function environmentOf(
  settings: Settings,
  service: string | undefined,
  chosen?: string,
): EnvironmentSettings | undefined {
  const deploy = settings.values.deploy;
  const known = Object.keys(deploy.environments ?? {});
  const name = chosen ?? deploy.environment ?? (known.length === 1 ? known[0] : undefined);
  if (name === undefined && known.length === 0) return undefined;
  if (name === undefined)
    throw whichEnvironment('Several deploy environments are configured, and none is chosen', known);
  if (known.length > 0 && !known.includes(name))
    throw whichEnvironment(`There is no deploy environment '${name}'`, known);
  return environmentSettings(name, settings.values, service);
}

/** Whether a person still has to say which of several environments is meant. */
export function hasOpenEnvironment(settings: Settings): boolean {
  const { environment, environments } = settings.values.deploy;
  return environment === undefined && Object.keys(environments ?? {}).length > 1;
}

/**
 * Deploy templates in the project itself are what Slipway rewrites: the image in them is the last release, and a tree
 * that differs from its commit by no more than that is still that commit. Without it, shipping twice makes two versions.
 */
export function templatesInProject(settings: Settings): readonly string[] {
  return allEnvironments(settings)
    .filter(({ source, path }) => source.in === 'project' && !/^(\.\/*)*$/.test(path))
    .map(({ path }) => path);
}

/** Every environment that the settings know. */
export function allEnvironments(settings: Settings): readonly EnvironmentSettings[] {
  const { environment, environments } = settings.values.deploy;
  const names = new Set([...Object.keys(environments ?? {}), ...(environment === undefined ? [] : [environment])]);
  return [...names].map((name) => environmentSettings(name, settings.values, undefined));
}

function environmentSettings(name: string, values: SettingsValues, service: string | undefined): EnvironmentSettings {
  const { deploy } = values;
  const own = deploy.environments?.[name] ?? {};
  const repository = own.repository ?? deploy.repository;
  const branch = own.branch ?? deploy.branch;
  const source: TemplateSource =
    repository === undefined
      ? { in: 'project' }
      : {
          in: 'repository',
          url: repository,
          ...(branch !== undefined && { branch }),
          ...((own.publish ?? deploy.publish) === 'pull-request' && { publish: 'pull-request' }),
          ...(deploy.sign && { sign: true }),
          ...(deploy.author !== undefined && { author: deploy.author }),
        };
  const chosen = service ?? own.service;
  return {
    name,
    ...(own.target !== undefined && { target: own.target }),
    path: own.path ?? `deploy/${name}`,
    ...(chosen !== undefined && { service: chosen }),
    source,
    ...(own.set !== undefined && { set: own.set }),
    options: {
      ...(own.stack !== undefined && { stack: own.stack }),
      ...(own.url !== undefined && { url: own.url }),
      ...(own.force !== undefined && { force: String(own.force) }),
      ...(own.group !== undefined && { group: String(own.group) }),
      ...(own.agents !== undefined && { agents: own.agents }),
      ...(own.context !== undefined && { context: own.context }),
      ...(own.namespace !== undefined && { namespace: own.namespace }),
      ...(own.apply !== undefined && { apply: own.apply }),
    },
    timeoutSeconds: own.timeout ?? deploy.timeout,
  };
}

function whichEnvironment(message: string, known: readonly string[]): Failure {
  return new Failure('settings.invalid', {
    message,
    where: 'deploy.environments',
    remedy: 'Choose one with --env.',
    candidates: known,
  });
}
