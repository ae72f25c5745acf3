import type { VersionOrder } from '../core/deployment-order.js';
import { openGit } from './git-command.js';

/**
 * How a commit of the sources stands to another, by ancestry: the one that the other descends from is the older. `unknown` where
 * neither does, where this clone does not have both, and where there is no repository.
 */
export async function orderRevisions(directory: string, ours: string, theirs: string): Promise<VersionOrder> {
  if (ours === theirs) return 'same';
  if (![ours, theirs].every((revision) => /^[0-9a-f]{7,64}$/.test(revision))) return 'unknown';
  try {
    const git = await openGit(directory);
    const base = (await git?.run(['merge-base', ours, theirs]))?.trim();
    return base === theirs ? 'newer' : base === ours ? 'older' : 'unknown';
  } catch {
    return 'unknown';
  }
}
