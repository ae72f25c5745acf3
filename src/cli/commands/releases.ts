import { Failure } from '../../core/failure.js';
import { currentTime } from '../../io/wall-clock.js';
import { isMovingTag, type ListedImage, readRepository, timeOf } from '../../releases/read-repository.js';
import { formatAge, formatBytes, formatTable } from '../format.js';
import { openRepositoryOfWorld } from '../registry-site.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

const usualLimit = 20;

/** `slipway releases`: what the repository has under tags, newest version first. */
export async function runReleases(world: World): Promise<CommandResult> {
  const limit = limitOf(world.options.limit);
  const { name, repository } = await openRepositoryOfWorld(world, 'read');
  world.progress.step(`read   ${name}`);
  const { images } = await readRepository(repository);
  const shown = limit === 0 ? images : images.slice(0, limit);
  return {
    text: formatReleases(name, images.length, shown, currentTime()),
    json: { format: 1, repository: name, total: images.length, releases: shown.map(releaseJson) },
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return usualLimit;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new Failure('settings.usage', {
    message: `--limit is '${text.slice(0, 40)}'`,
    where: '--limit',
    remedy: 'Give a whole number; 0 lists all.',
  });
}

/** One image of `slipway releases --json`; what is not known is null. */
function releaseJson(image: ListedImage): object {
  return {
    version: image.version ?? null,
    tags: image.tags.map((tag) => ({ tag, moving: isMovingTag(tag, image) })),
    created: image.created ?? null,
    size: image.size,
    revision: image.revision ?? null,
    digest: image.digest,
  };
}

function formatReleases(name: string, total: number, shown: readonly ListedImage[], now: number): string {
  if (total === 0) return `${name} has no images: nothing was pushed there yet, or it is called otherwise.\n`;
  const head = ['VERSION', 'TAGS', 'AGE', 'SIZE', 'REVISION', 'DIGEST'];
  const rows = shown.map((image) => [
    image.version ?? '-',
    image.tags.map((tag) => (isMovingTag(tag, image) ? `${tag}*` : tag)).join(' '),
    formatAge(timeOf(image), now),
    formatBytes(image.size),
    image.revision?.slice(0, 7) ?? '-',
    image.digest.slice(0, 'sha256:'.length + 12),
  ]);
  const rest = total > shown.length ? `${shown.length} of ${total}; --limit 0 lists all. ` : '';
  return `${formatTable([head, ...rows])}${rest}* moves with the releases or its branch.\n`;
}
