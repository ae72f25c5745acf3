import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import { errorCode, Failure } from '../../core/failure.js';

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

/**
 * Unpack an archive that a builder made into an empty directory, its first path component replaced by the directory.
 * Everything is owned by this process. A builder is not trusted with the host's disk: an entry or link that leads out, a
 * hard link, a device or a second entry of the same name as a link ends it with `build.output-missing`. Links are made
 * last, so that nothing is ever written through one.
 */
export async function unpackInto(archive: Readable, directory: string): Promise<void> {
  const links: { readonly path: string; readonly target: string }[] = [];
  const reader = extract();
  const done = pipeline(archive, reader);
  done.catch(() => {});
  for await (const entry of reader) {
    const { header } = entry;
    const path = innerPath(header.name);
    if (header.type === 'symlink') links.push({ path, target: checkedTarget(path, header.linkname ?? '') });
    else await writeEntry(entry, header, directory, path);
    entry.resume();
  }
  await done;
  for (const { path, target } of links) {
    await mkdir(posix.join(directory, posix.dirname(path)), { recursive: true });
    await symlink(target, posix.join(directory, path)).catch((error: unknown) => {
      throw errorCode(error) === 'EEXIST' ? refuse('two entries of one name', path) : error;
    });
  }
}

async function writeEntry(entry: Entry, header: Header, directory: string, path: string): Promise<void> {
  const target = posix.join(directory, path);
  switch (header.type) {
    case 'directory':
      await mkdir(target, { recursive: true });
      return;
    case 'file':
    case 'contiguous-file': {
      if (path === '') throw refuse('a file in the place of the directory', header.name);
      await mkdir(posix.dirname(target), { recursive: true });
      const mode = (header.mode ?? 0o644) & 0o777;
      await pipeline(entry, createWriteStream(target, { flags: 'wx', mode })).catch((error: unknown) => {
        throw errorCode(error) === 'EEXIST' ? refuse('two entries of one name', header.name) : error;
      });
      // The mode given at creation is subject to the umask.
      await chmod(target, mode);
      return;
    }
    default:
      throw refuse(`a ${header.type ?? 'nameless thing'}`, header.name);
  }
}

/** `out/a/b` → `a/b`, proved to stay inside. */
function innerPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0')) throw refuse('a path that leads out', name);
  return parts.slice(1).join('/');
}

function checkedTarget(path: string, target: string): string {
  if (path === '' || !staysInside(path, target)) throw refuse(`a symbolic link to ${target}`, path);
  return target;
}

/** Whether a link at `path`, relative to a directory, leads to something in that directory. */
export function staysInside(path: string, target: string): boolean {
  if (target === '' || target.startsWith('/')) return false;
  const end = posix.normalize(posix.join(posix.dirname(path), target));
  return end !== '..' && !end.startsWith('../');
}

function refuse(what: string, name: string): Failure {
  return new Failure('build.output-missing', {
    message: `The build's output holds ${what}, which cannot leave the builder`,
    where: name,
    remedy: 'Let the outputs hold files, directories and links among themselves only.',
  });
}
