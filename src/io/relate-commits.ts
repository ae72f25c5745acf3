import { Failure } from '../core/failure.js';
import { openGit } from './git-command.js';

/** How one commit is related to another, as far as the clone knows. */
export type CommitRelation = 'ancestor' | 'same' | 'descendant' | 'diverged';

/**
 * What `theirs` is to `ours` in the history of the repository that a directory is in. Undefined where there is no repository,
 * it does not know both commits or they have none in common, or it is shallow and may lack what connects them: nothing is fetched.
 */
export async function relateCommits(
  directory: string,
  theirs: string,
  ours: string,
): Promise<CommitRelation | undefined> {
  if (![theirs, ours].every((id) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id))) return undefined;
  if (theirs === ours) return 'same';
  try {
    const git = await openGit(directory);
    if (git === undefined) return undefined;
    const base = (await git.run(['merge-base', theirs, ours])).trim();
    if (base === theirs) return 'ancestor';
    if (base === ours) return 'descendant';
    return (await git.run(['rev-parse', '--is-shallow-repository'])).trim() === 'true' ? undefined : 'diverged';
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
