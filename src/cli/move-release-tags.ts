import { describeError, Failure } from '../core/failure.js';
import type { Image, MovedTag, Release, ReleasePlace } from '../core/plan.js';
import type { RegistryRepository } from '../core/registry.js';
import { openRegistry } from './open-registry.js';
import type { World } from './world.js';

/**
 * The release with what became of its moving tags, in each registry that has it; told as it goes. Throws what a registry
 * throws: running again goes on from there.
 */
export async function moveReleaseTags(world: World, image: Image, release: Release): Promise<Release> {
  if ((image.moving ?? []).length === 0) return release;
  const { also, ...main } = release;
  const moving = await moveTagsIn(world, image, main);
  const places: ReleasePlace[] = [];
  for (const place of also ?? []) places.push({ ...place, moving: await moveTagsIn(world, image, place) });
  return { ...main, moving, ...(also && { also: places }) };
}

async function moveTagsIn(world: World, image: Image, place: ReleasePlace): Promise<readonly MovedTag[]> {
  const tags = image.moving ?? [];
  const { moving: policy, withdrawn } = (await world.settings()).values.version;
  const repository = await openRegistry(world, place.repository);
  const [{ moveTags }, { relateCommits }] = await Promise.all([
    import('../releases/move-tags.js'),
    import('../io/relate-commits.js'),
  ]);
  const away = policy === 'never' ? undefined : await whyUnreachable(repository, place);
  if (away !== undefined) {
    world.progress.warn(`The moving tags ${tags.map(({ tag }) => tag).join(', ')} are left where they are: ${away}`);
    return tags.map(({ tag }) => ({ tag, moved: false, because: away }));
  }
  const moved = await moveTags({
    repository,
    digest: place.digest,
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
async function whyUnreachable(repository: RegistryRepository, { digest }: ReleasePlace): Promise<string | undefined> {
  try {
    await repository.headManifest(digest);
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'push.registry-unreachable') throw error;
    return `the engine reaches the registry, and this machine does not (${describeError(error)})`;
  }
}

/** One line for each moving tag, of further registries under their names; empty where there are none. */
export function formatMoved({ moving = [], also = [] }: Release): string {
  const others = also.filter((place) => place.moving !== undefined);
  return [linesOf(moving), ...others.map((place) => `${place.repository}\n${linesOf(place.moving ?? [])}`)].join('');
}

function linesOf(moving: readonly MovedTag[]): string {
  const width = Math.max(0, ...moving.map(({ tag }) => tag.length));
  return moving.map((tag) => `  ${describeMoved(tag, width)}\n`).join('');
}

function describeMoved({ tag, moved, because }: MovedTag, width = 0): string {
  return `${tag.padEnd(width)}  ${moved ? 'moved' : 'left '}  ${because}`;
}
