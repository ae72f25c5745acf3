import type { Repository } from '../core/image-name.js';
import type { RegistryRepository } from '../core/registry.js';
import { engineOptions } from './build-site.js';
import type { World } from './world.js';

/** What a command does with a repository: reading alone is allowed to more accounts. */
export type RegistryUse = 'read' | 'write';

/**
 * A repository of a registry, asked with the credentials and over the proxies that this run has for it. Nothing is asked yet.
 * Throws `push.credentials` where a credential cannot be read.
 */
export async function openRegistry(
  world: World,
  repository: Repository,
  use: RegistryUse = 'write',
): Promise<RegistryRepository> {
  const { openRepository } = await import('../registry/repository.js');
  const { signal, progress } = world;
  return openRepository(repository, engineOptions(world), {
    signal,
    progress,
    actions: use === 'read' ? 'pull' : 'pull,push',
  });
}
