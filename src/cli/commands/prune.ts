import { currentTime } from '../../io/wall-clock.js';
import { applyPrune, type PruneJob, type PrunePlan, type PruneResult, planPrune } from '../../releases/prune.js';
import { timeOf } from '../../releases/read-repository.js';
import type { Fate } from '../../releases/retention.js';
import { formatAge, formatBytes, formatTable } from '../format.js';
import { readClaims } from '../read-claims.js';
import { openRepositoryOfWorld } from '../registry-site.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway prune`: say of each image whether it goes, and why; with `--apply`, delete those that do. */
export async function runPrune(world: World): Promise<CommandResult> {
  const apply = world.options.apply === true;
  const { name, repository } = await openRepositoryOfWorld(world, apply ? 'write' : 'read');
  const { keep, 'keep-prereleases': keepPrereleases, ...retention } = (await world.settings()).values.retention;
  const { 'keep-lines': keepLines, 'keep-days': keepDays, protect = [] } = retention;
  world.progress.step(`read   ${name}`);
  const told = new Set<string>();
  const warn = (text: string): void => {
    if (!told.has(text)) world.progress.warn(text);
    told.add(text);
  };
  const job: PruneJob = {
    repository,
    rule: {
      keep,
      keepPrereleases,
      keepDays,
      protect,
      foreign: world.options.foreign === true,
      ...(keepLines !== undefined && { keepLines }),
    },
    readClaims: () => readClaims(world, name, warn),
    now: currentTime(),
  };
  const plan = await planPrune(job);
  const going = plan.fates.filter(({ goes }) => goes);
  if (!apply || going.length === 0) {
    return { text: formatPlan(name, plan, job.now), json: pruneJson(name, plan, undefined) };
  }
  world.progress.step(`delete ${going.length} of ${plan.fates.length} images`);
  const result = await applyPrune(job, plan, (image) => world.progress.info(image.tags.join(', ')));
  return { text: formatResult(name, result, job.now), json: pruneJson(name, plan, result) };
}

/** The result for programs: `fate` is `stays`, `goes`, or after `--apply` `deleted` or `spared`. */
function pruneJson(name: string, plan: PrunePlan, result: PruneResult | undefined): object {
  const deleted = new Set(result?.deleted.map(({ digest }) => digest));
  const spared = new Map(result?.spared.map((fate) => [fate.image.digest, fate.because]));
  const images = plan.fates.map(({ image, goes, because }) => {
    const whySpared = spared.get(image.digest);
    const fate = !goes ? 'stays' : deleted.has(image.digest) ? 'deleted' : whySpared === undefined ? 'goes' : 'spared';
    return {
      version: image.version ?? null,
      tags: image.tags,
      digest: image.digest,
      size: image.size,
      created: image.created ?? null,
      fate,
      because: whySpared ?? because,
    };
  });
  return { format: 1, repository: name, applied: result !== undefined, images };
}

function formatPlan(name: string, { fates }: PrunePlan, now: number): string {
  if (fates.length === 0) return `${name} has no images: nothing was pushed there yet, or it is called otherwise.\n`;
  const going = fates.filter(({ goes }) => goes).length;
  const table = formatTable([
    ['', 'TAGS', 'AGE', 'SIZE', 'DIGEST', 'BECAUSE'],
    ...fates.map((fate) => row(fate.goes ? 'goes' : 'stays', fate, now)),
  ]);
  const end =
    going === 0
      ? `Nothing would go of the ${fates.length} images.`
      : `${going} of ${fates.length} images would go. Nothing was deleted: slipway prune --apply deletes them.`;
  return `${table}${end}\n`;
}

function formatResult(name: string, { deleted, spared, attachments }: PruneResult, now: number): string {
  const gone = deleted.map((image) => row('deleted', { image, goes: true, because: '' }, now));
  const kept = spared.map((fate) => row('spared', fate, now));
  const along = attachments === 0 ? '' : `, and ${attachments} manifests that belonged to them`;
  const end = `${deleted.length} images were deleted from ${name}${along}. The registry frees the space when it collects its garbage.`;
  return `${formatTable([['', 'TAGS', 'AGE', 'SIZE', 'DIGEST', 'BECAUSE'], ...gone, ...kept])}${end}\n`;
}

function row(fate: string, { image, because }: Fate, now: number): readonly string[] {
  return [
    fate,
    image.tags.join(' '),
    formatAge(timeOf(image), now),
    formatBytes(image.size),
    image.digest.slice(0, 'sha256:'.length + 12),
    because,
  ];
}
