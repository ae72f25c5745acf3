import { Failure } from '../core/failure.js';
import { tryParseImageReference } from '../core/image-name.js';
import type { TemplateStore } from '../core/template-store.js';
import type { EnvironmentSettings } from '../plan/deployments.js';
import { openNames, type TemplateFile, wordsOfTemplates } from '../releases/named-in-templates.js';
import type { Claims } from '../releases/retention.js';
import { allEnvironments } from './choices.js';
import { openStore } from './deploy-site.js';
import type { World } from './world.js';

/** What a person should look at; said once, though the claims are read twice. */
type Warn = (text: string) => void;

/** How many deployments back an environment can go: `slipway rollback` needs their images. */
const rememberedDeployments = 5;

/**
 * What the deploy templates of every environment name, and what was deployed last where that is remembered. Throws what reading
 * them throws: whoever deletes must not guess. Without any environment, templates in `deploy/` of the project count.
 */
export async function readClaims(world: World, repository: string, warn: Warn): Promise<Claims> {
  const environments = allEnvironments(await world.settings());
  if (environments.length === 0) return claimsWithoutEnvironments(world, warn);
  const files: TemplateFile[] = [];
  const deployed = new Map<string, string>();
  for (const environment of environments) {
    const store = await openStore(world, environment.source);
    try {
      const found = await store.read(environment.path);
      files.push(...found.map(({ path, text }) => ({ environment: environment.name, path, text })));
      for (const [name, place] of await readDeployed(store, environment)) deployed.set(name, place);
    } finally {
      await store.close();
    }
  }
  for (const place of openNames(files, repository)) {
    warn(`${place} names the image by a variable: what that stands for is not known, and not kept for it.`);
  }
  return new Map([...deployed, ...wordsOfTemplates(files)]);
}

async function claimsWithoutEnvironments(world: World, warn: Warn): Promise<Claims> {
  const store = await openStore(world, { in: 'project' });
  try {
    const files = await store.read('deploy');
    return wordsOfTemplates(files.map(({ path, text }) => ({ environment: 'no environment', path, text })));
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'deploy.no-template') throw error;
    warn(
      'No deploy environment is configured, so nobody says what is deployed: what runs is not kept for it. Set deploy.environments.',
    );
    return new Map();
  } finally {
    await store.close();
  }
}

async function readDeployed(
  store: TemplateStore,
  { name }: EnvironmentSettings,
): Promise<readonly (readonly [string, string])[]> {
  const records = (await store.history?.({ environment: name, limit: rememberedDeployments })) ?? [];
  return records.flatMap(({ image, at }) => {
    const reference = tryParseImageReference(image);
    const names = [reference?.tag, reference?.digest].filter((text) => text !== undefined);
    return names.map((text) => [text, `the deployment of ${at} (${name})`] as const);
  });
}
