import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcomeNote } from '../core/deployment-trailers.js';
import { Failure } from '../core/failure.js';
import type { DeploymentEnd, TemplateStore } from '../core/template-store.js';
import type { Remote } from './deploy-clone.js';
import { identity } from './deploy-commit.js';
import type { DeployGit } from './deploy-git.js';
import { pushObject, untilLanded } from './deploy-push.js';

/** Where outcomes are noted: `git log --notes=slipway` shows them. */
export const notesRef = 'refs/notes/slipway';

/** Fetch the newest notes, and not what they were before. A pattern, for what is not there yet is no error then. */
export async function fetchNotes(git: DeployGit, url: string): Promise<string | undefined> {
  const refs = `+${notesRef}*:${notesRef}*`;
  await git.run(['fetch', '--no-tags', '--no-filter', '--depth=1', '--', url, refs]);
  return (await git.tryRun(['rev-parse', '--verify', notesRef]))?.trim();
}

/**
 * Notes on commits, pushed as carefully as commits: a note of somebody else is never lost, for ours is made again on top of it. It
 * is finished also while the run is being stopped, for a while.
 */
export function openNotes(remote: Remote): TemplateStore['note'] {
  let isWarned = false;
  return async (commit, ended) => {
    if (isWarned) return;
    try {
      await landNote(remote, commit, ended);
    } catch (error) {
      if (!(error instanceof RefusedNote)) throw error;
      remote.progress.warn(refusedText(remote, error));
      isWarned = true;
    }
  };
}

/** Told from a repository that cannot be reached: this one could be read a moment ago. */
class RefusedNote extends Failure {}

async function landNote(remote: Remote, commit: string, ended: DeploymentEnd): Promise<void> {
  const git = remote.calmGit;
  const file = join(remote.directory, 'slipway-note');
  await writeFile(file, outcomeNote(ended, new Date().toISOString()), 'utf8');
  let tip = await fetchNotes(git, remote.url);
  await untilLanded({
    attempt: async () => {
      await git.run(['notes', `--ref=${notesRef}`, 'add', '-f', '-F', file, commit], await identity(remote));
      const pushed = await pushObject(git, remote.url, notesRef, notesRef);
      if (pushed.state === 'landed') return { value: undefined };
      const { message } = pushed.failure;
      return { failure: new RefusedNote('deploy.repository', { message }), isRefused: pushed.state === 'refused' };
    },
    refresh: async () => {
      const before = tip;
      tip = await fetchNotes(git, remote.url);
      return { moved: before !== tip };
    },
    onRetry: () => {},
    signal: AbortSignal.timeout(longestNoting),
  });
}

/** In milliseconds. */
const longestNoting = 180_000;

function refusedText(remote: Remote, refusal: Failure): string {
  return `${remote.shown} takes no notes (${notesRef}), so how deployments ended is not recorded there: ${refusal.message}`;
}
