import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import { type GitReader, openGit } from './git-command.js';

/**
 * The project's files that go into a build: relative paths with `/`, sorted by code units; files and symbolic links (as
 * links). In a git repository those that git has or would take (tracked, or untracked and not ignored) and that are on the
 * disk, submodules included; elsewhere every file but those of `.git` and `node_modules`. Throws `detect.hostile` for a
 * name that no list or archive can carry safely.
 */
export async function listSourceFiles(root: string): Promise<readonly string[]> {
  const files = await listUnder(resolve(root));
  for (const file of files) refuseHostileName(file);
  return files.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0));
}

async function listUnder(root: string): Promise<readonly string[]> {
  const git = await openGit(root);
  if (git === undefined) return walk(root, '');
  const known = await listKnown(git, root);
  // A directory that the repository around it ignores as a whole is a project of its own, not an empty one.
  return known.length > 0 ? known : walk(root, '');
}

/**
 * One process lists everything with git-ls-files(1) `-t` tags: `R` marks what is deleted from the disk. Entries that are
 * directories are repositories of their own: submodules (without a slash at the end), and untracked ones (with one).
 */
async function listKnown(git: GitReader, root: string): Promise<readonly string[]> {
  const text = await git.run(['ls-files', '-t', '-c', '-o', '-d', '--exclude-standard', '-z', '--', '.']);
  const files = new Set<string>();
  const removed = new Set<string>();
  for (const entry of text.split('\0')) {
    if (entry === '') continue;
    (entry.startsWith('R ') ? removed : files).add(entry.slice(2));
  }
  const present = [...files].filter((file) => !removed.has(file));
  const lists = await Promise.all(present.map((path) => expand(git, root, path)));
  return lists.flat();
}

async function expand(git: GitReader, root: string, path: string): Promise<readonly string[]> {
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return found.isFile() || found.isSymbolicLink() ? [path] : [];
  const directory = path.replace(/\/$/, '');
  const inner = await openGit(join(root, directory));
  if (inner === undefined || inner.topLevel === git.topLevel) return [];
  const files = await listKnown(inner, join(root, directory));
  return files.map((file) => `${directory}/${file}`);
}

const skippedDirectories: ReadonlySet<string> = new Set(['.git', 'node_modules']);

async function walk(root: string, directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, directory), { withFileTypes: true });
  const lists = await Promise.all(
    entries.map((entry) => {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) return skippedDirectories.has(entry.name) ? [] : walk(root, path);
      return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    }),
  );
  return lists.flat();
}

/** Control characters end a line in lists and logs; U+FFFD stands for bytes that were no UTF-8: the file could not be found again. */
function refuseHostileName(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\u0000-\u001f\u007f\ufffd]/.test(path)) return;
  throw new Failure('detect.hostile', {
    message: 'A file has a control character in its name, or a name that is not UTF-8',
    where: JSON.stringify(path),
    remedy: 'Rename the file, or have git ignore it.',
  });
}
