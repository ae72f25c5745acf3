import { randomBytes } from 'node:crypto';
import { lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Give a file another text in one step: whoever reads the file, and whenever this process is killed, it has the old text or the new
 * one. Its mode stays; of a link, the file behind it is replaced. What a killed run left beside it is removed by the next. Throws what the
 * file system refuses.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path);
  await removeLeftovers(target);
  const { mode } = await stat(target);
  const temporary = join(dirname(target), `.${basename(target)}.slipway-${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text, 'utf8');
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A minute is longer than any write: a younger file may be another run's. */
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.slipway-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const path = join(dirname(target), name);
    const age = await lstat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > 60_000) await rm(path, { force: true });
  }
}
