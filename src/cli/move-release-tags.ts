import { describeError, Failure } from '../core/failure.js';
import type { Image, MovedTag, Release } from '../core/plan.js';
import type { RegistryRepository } from '../core/registry.js';
import { openRegistry } from './open-registry.js';
import type { World } from './world.js';

/** What became of the moving tags of a pushed image, told as it goes. Throws what the registry throws. */
export async function moveReleaseTags(world: World, image: Image, release: Release): Promise<readonly MovedTag[]> {
  const tags = image.moving ?? [];
  if (tags.length === 0) return [];
  const { moving: policy, withdrawn } = (await world.settings()).values.version;
  const repository = await openRegistry(world, image.repository);
  const [{ moveTags }, { relateCommits }] = await Promise.all([
    import('../releases/move-tags.js'),
    import('../io/relate-commits.js'),
  ]);
  const away = policy === 'never' ? undefined : await whyUnreachable(repository, release);
  if (away !== undefined) {
    world.progress.warn(`The moving tags ${tags.map(({ tag }) => tag).join(', ')} are left where they are: ${away}`);
    return tags.map(({ tag }) => ({ tag, moved: false, because: away }));
  }
  const moved = await moveTags({
    repository,
    digest: release.digest,
    tags,
    policy,
    ...(withdrawn !== undefined && { withdrawn }),
    relate: async (revision) =>
      image.revision === undefined ? undefined : relateCommits(world.root, revision, image.revision),
  });
  for (const tag of moved) world.progress.info(describeMoved(tag));
  return moved;
}

/** An engine elsewhere may reach a registry that this machine does not: the image is pushed then, and its tags cannot be moved. */
async function whyUnreachable(repository: RegistryRepository, release: Release): Promise<string | undefined> {
  try {
    await repository.headManifest(release.digest);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'push.registry-unreachable') throw error;
    return `the engine reaches the registry, and this machine does not (${describeError(error)})`;
  }
}

/** One line for each moving tag; empty where there are none. */
export function formatMoved({ moving = [] }: Release): string {
  const width = Math.max(0, ...moving.map(({ tag }) => tag.length));
  return moving.map((tag) => `  ${describeMoved(tag, width)}\n`).join('');
}

function describeMoved({ tag, moved, because }: MovedTag, width = 0): string {
  return `${tag.padEnd(width)}  ${moved ? 'moved' : 'left '}  ${because}`;
}
