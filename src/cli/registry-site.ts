import { join } from 'node:path';
import { Failure } from '../core/failure.js';
import type { Repository } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { withCache } from '../io/registry-cache.js';
import { repositoryOf } from './choices.js';
import { openRegistry, type RegistryUse } from './open-registry.js';
import type { World } from './world.js';

/**
 * The repository that the settings name; the project is detected only where its name is needed. Throws `push.no-registry` where
 * there is no registry to ask.
 */
export async function repositoryOfWorld(world: World): Promise<Repository> {
  const settings = await world.settings();
  const { image, name } = settings.values;
  if (image.registry === undefined && image.repository === undefined) {
    throw new Failure('push.no-registry', {
      message: 'No registry is set, so there is nowhere to look',
      where: 'image.registry',
      remedy:
        'Name the repository: --repository registry.example.com/team/app; or image.registry in slipway.yml, in the directory of the project.',
    });
  }
  if (image.repository !== undefined) return repositoryOf(settings.values, image.repository);
  if (name !== undefined) return repositoryOf(settings.values, name);
  const { detect } = await import('./make-plan.js');
  return repositoryOf(settings.values, (await detect(world)).name);
}

/** The same, opened; what has a digest is read once on this machine. */
export async function openRepositoryOfWorld(
  world: World,
  use: RegistryUse,
): Promise<{ readonly name: Repository; readonly repository: RegistryRepository }> {
  const name = await repositoryOfWorld(world);
  const repository = await openRegistry(world, name, use);
  return { name, repository: withCache(repository, join(world.stateDirectory, 'registry')) };
}
