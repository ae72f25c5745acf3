import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError, Failure, type FailureCode } from '../core/failure.js';

/**
 * Write a file whole or not at all: whoever reads it, or dies while writing it, finds the old text or the new one. Missing
 * directories are made; a link is followed; the mode of an existing file is kept. What is no plain file (`/dev/stdout`, a
 * pipe) is written to directly. Throws a failure of the code that fits the file's use.
 */
export async function writeTextFile(path: string, text: string, code: FailureCode = 'settings.usage'): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && !found.isFile()) return await writeDirectly(path, text);
    await replaceFile(await linkTarget(path), text, found?.mode);
  } catch (error) {
    throw new Failure(code, {
      message: `The file cannot be written: ${describeError(error)}`,
      where: path,
      remedy: 'Name a file in a directory that can be written to.',
      cause: error,
    });
  }
}

async function linkTarget(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() === true ? await realpath(path) : path;
}

/** The temporary file is in the same directory, as only there a rename is one step. */
async function replaceFile(path: string, text: string, mode: number | undefined): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode ?? 0o666);
    try {
      await file.writeFile(text);
      if (mode !== undefined) await file.chmod(mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeDirectly(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
