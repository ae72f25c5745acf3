import type { Stats } from 'node:fs';
import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { describeError, Failure } from '../core/failure.js';
import type { FileRole, SourceTree, TreeEntry } from '../core/source-tree.js';

/** In bytes. No build file, configuration or version file of a real project comes near 1 MB; lockfiles of large monorepos have 5. */
const largest: Readonly<Record<Exclude<FileRole, 'source'>, number>> = { manifest: 1_000_000, lockfile: 10_000_000 };
/** In bytes. */
const sourceStart = 256 * 1024;

/**
 * A directory as detection sees it. What was read once is not read again: every kind sees the same text. Throws
 * `settings.usage` where there is no such directory.
 */
export function openSourceTree(directory: string): SourceTree {
  const root = realRoot(directory);
  const texts = new Map<string, string | undefined>();
  const lists = new Map<string, readonly TreeEntry[]>();
  return {
    name: basename(resolve(directory)),
    read: (path, role = 'manifest') => remember(texts, `${role} ${path}`, () => readText(root, path, role)),
    has: (path) => locate(root, path)?.stats.isFile() === true,
    list: (path) => remember(lists, path, () => listDirectory(root, path)),
  };
}

function remember<T>(known: Map<string, T>, key: string, find: () => T): T {
  const value = known.has(key) ? (known.get(key) as T) : find();
  known.set(key, value);
  return value;
}

function realRoot(directory: string): string {
  const path = resolve(directory);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return realpathSync(path);
  throw new Failure('settings.usage', {
    message: 'There is no such directory',
    where: directory,
    remedy: 'Name the directory of the project.',
  });
}

interface Located {
  readonly path: string;
  readonly stats: Stats;
}

/** Where a path of the tree really is; undefined where it is not there, or a link leads out of the tree. */
function locate(root: string, path: string): Located | undefined {
  if (path.startsWith('/') || path.includes('\0') || path.split(/[/\\]/).includes('..')) return undefined;
  try {
    const real = realpathSync(join(root, path));
    const isInside = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
    return isInside ? { path: real, stats: statSync(real) } : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw unreadable(path, describeError(error), error);
  }
}

/** Not there, below something that is no directory, a link in a circle, a name that no disk can hold. */
function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code);
}

function readText(root: string, path: string, role: FileRole): string | undefined {
  const found = locate(root, path);
  if (found?.stats.isFile() !== true) return undefined;
  const { size } = found.stats;
  if (role !== 'source' && size > largest[role]) throw unreadable(path, `it is larger than ${largest[role] / 1e6} MB`);
  try {
    const isCut = role === 'source' && size > sourceStart;
    const bytes = isCut ? readStart(found.path, sourceStart) : readFileSync(found.path);
    return decode(bytes, isCut) ?? fail(path);
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, describeError(error), error);
  }
}

function fail(path: string): never {
  throw unreadable(path, 'it is not a text file');
}

function readStart(path: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Undefined: not a text. Of what is cut, the last character may be left out. What is not UTF-8 and has no zero bytes is taken as ISO 8859-1, in which Java's build files and
 * properties were long written: every byte is a character, and the ASCII that facts are made of is the same.
 */
function decode(bytes: Buffer, isCut: boolean): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return bytes.toString('latin1');
  }
}

function listDirectory(root: string, path: string): readonly TreeEntry[] {
  const found = locate(root, path);
  if (found?.stats.isDirectory() !== true) return [];
  try {
    const entries = readdirSync(found.path, { withFileTypes: true });
    return entries
      .map((entry) => entryOf(root, path, entry))
      .filter((entry) => entry !== undefined)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, describeError(error), error);
  }
}

function entryOf(root: string, directory: string, entry: Dirent): TreeEntry | undefined {
  const { name } = entry;
  if (entry.isFile()) return { name, type: 'file' };
  if (entry.isDirectory()) return { name, type: 'directory' };
  if (!entry.isSymbolicLink()) return undefined;
  const target = locate(root, directory === '' ? name : `${directory}/${name}`)?.stats;
  if (target?.isFile() === true) return { name, type: 'file' };
  return target?.isDirectory() === true ? { name, type: 'directory' } : undefined;
}

function unreadable(path: string, why: string, cause?: unknown): Failure {
  return new Failure('detect.unreadable', {
    message: `A file of the project cannot be read: ${why}`,
    where: path,
    remedy: 'Make it a readable text file, or remove it.',
    ...(cause !== undefined && { cause }),
  });
}
