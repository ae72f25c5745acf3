import type { CacheVolume } from '../../core/engine.js';
import { readGitFacts } from '../../io/git.js';
import { cacheProject, openEngine } from '../build-site.js';
import { formatBytes } from '../format.js';
import { detect } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway caches list`. */
export async function runListCaches(world: World): Promise<CommandResult> {
  const engine = await openEngine(world);
  const caches = await engine.listCaches(await projectOf(world));
  return { text: formatCaches(caches, 'No caches.'), json: { format: 1, caches } };
}

/** `slipway caches clear`. */
export async function runClearCaches(world: World): Promise<CommandResult> {
  const engine = await openEngine(world);
  const removed = await engine.clearCaches(await projectOf(world));
  return { text: formatCaches(removed, 'Nothing to clear.'), json: { format: 1, removed } };
}

/** The project of the named directory; undefined, all of them, when none was named. */
async function projectOf(world: World): Promise<string | undefined> {
  if (!world.options.projectCaches) return undefined;
  const [project, git] = await Promise.all([detect(world), readGitFacts(world.root, { chooseBase: () => undefined })]);
  return cacheProject(project.name, git.url ?? world.root);
}

function formatCaches(caches: readonly CacheVolume[], otherwise: string): string {
  if (caches.length === 0) return `${otherwise}\n`;
  return caches
    .map((cache) => `${cache.volume}  ${cache.kind}  ${cache.size === undefined ? '?' : formatBytes(cache.size)}\n`)
    .join('');
}
