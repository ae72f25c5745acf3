import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * 8 hex digits over files: their paths, whether they can be executed, and their content (a link's: where it points). What
 * is not there is digested as such. Nothing of the machine goes in: no times, owners or absolute paths.
 */
export async function digestFiles(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths.toSorted(byCodeUnits)) {
    hash.update(`${path}\0${await digestOne(join(root, path))}\0`);
  }
  return hash.digest('hex').slice(0, 8);
}

async function digestOne(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true) return `link ${await readlink(path)}`;
  if (found?.isFile() !== true) return found === undefined ? 'missing' : 'directory';
  const content = createHash('sha256');
  for await (const chunk of createReadStream(path)) content.update(chunk);
  return `${(found.mode & 0o100) === 0 ? 'file' : 'executable'} ${content.digest('hex')}`;
}

function byCodeUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
