import { copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../support/fixture-project.js';

const most = { entries: 200_000, bytes: 2_000_000_000 };

/** What a copy left out: nothing of it stops the run. */
export interface Copied {
  readonly skipped: readonly string[];
}

/**
 * Copy a project that nobody trusts: links stay links and are not followed, what is neither file, directory nor link is
 * left out, as is a name that this disk cannot hold. Throws where it is larger than two gigabytes or 200,000 entries.
 */
export function copyTree(from: string, to: string, leaveOut: (path: string) => boolean): Copied {
  const skipped: string[] = [];
  const pending = [''];
  const total = { entries: 0, bytes: 0 };
  mkdirSync(to, { recursive: true });
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const name of namesIn(join(from, directory))) {
      const path = join(directory, name);
      if (leaveOut(path)) continue;
      try {
        total.bytes += copyEntry(join(from, path), join(to, path), () => pending.push(path));
      } catch (error) {
        skipped.push(`${path.slice(0, 80)}: ${error instanceof Error ? error.message.slice(0, 80) : String(error)}`);
      }
      total.entries += 1;
      if (total.entries > most.entries || total.bytes > most.bytes) throw new Error('it is too large to copy');
    }
  }
  return { skipped };
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Returns the bytes that were copied. */
function copyEntry(from: string, to: string, descend: () => void): number {
  const stats = lstatSync(from);
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (stats.isDirectory()) {
    mkdirSync(to);
    descend();
  } else if (stats.isFile()) {
    if (stats.size > most.bytes) throw new Error('the file is too large');
    copyFileSync(from, to);
    return stats.size;
  } else throw new Error('it is neither file, directory nor link');
  return 0;
}

/**
 * A project's own repository comes along; any other metadata of git stays behind: repositories inside of it, and a file
 * `.git` that points to somewhere else.
 */
export function isForeignGit(root: string): (path: string) => boolean {
  const isOwn = lstatSync(join(root, '.git'), { throwIfNoEntry: false })?.isDirectory() === true;
  return (path) => /(^|\/)\.git$/.test(path) && !(isOwn && path === '.git');
}

/** Make the copy a repository with one commit where it is none; its caches are named by the origin. */
export function ensureRepository(directory: string, name: string): void {
  if (lstatSync(join(directory, '.git'), { throwIfNoEntry: false }) === undefined) {
    git(directory, 'init', '--quiet', '--initial-branch=main');
    git(directory, 'add', '--all');
    git(directory, 'commit', '--quiet', '--allow-empty', '--message', `Add ${name}`);
  }
  git(directory, 'config', 'remote.origin.url', `https://git.example.com/corpus/${encodeURIComponent(name)}.git`);
}
