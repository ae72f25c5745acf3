import { createReadStream } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Header, type Pack } from 'tar-stream';

/** One entry of an archive that we write. */
export type ArchiveEntry =
  | { readonly name: string; readonly type: 'bytes'; readonly content: Uint8Array; readonly mode: number }
  | { readonly name: string; readonly type: 'path'; readonly path: string }
  | { readonly name: string; readonly type: 'directory' };

export interface ArchiveOptions {
  /** Times to the epoch, modes to 0644 or 0755: the same bytes for the same content on every machine. */
  readonly normalise: boolean;
  /** Told of each run of bytes read from disk. */
  readonly onBytes?: (count: number) => void;
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

/** Below this, reading whole is quicker than a stream, and the memory does not matter. */
const smallFile = 128 * 1024;

/**
 * A tar stream of the entries in their order, owned by root, independent of the umask. It is destroyed with the error
 * when a file cannot be read or changes its size meanwhile. Reading stops when nobody takes the bytes.
 */
export function writeArchive(
  entries: Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>,
  options: ArchiveOptions,
): Readable {
  const archive = createPack();
  fill(archive, entries, options).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive, { objectMode: false });
}

async function fill(
  archive: Pack,
  entries: Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>,
  options: ArchiveOptions,
): Promise<void> {
  for await (const entry of entries) {
    if (archive.destroyed) return;
    await addEntry(archive, entry, options);
  }
  archive.finalize();
}

async function addEntry(archive: Pack, entry: ArchiveEntry, options: ArchiveOptions): Promise<void> {
  const common: EntryHeader = { name: entry.name, uid: 0, gid: 0, mtime: new Date(0) };
  if (entry.type === 'directory') return put(archive, { ...common, type: 'directory', mode: 0o755 });
  if (entry.type === 'bytes') return put(archive, { ...common, mode: entry.mode }, Buffer.from(entry.content));
  const status = await lstat(entry.path);
  const mtime = options.normalise ? new Date(0) : new Date(Math.floor(status.mtimeMs / 1000) * 1000);
  if (status.isSymbolicLink()) {
    const linkname = await readlink(entry.path);
    return put(archive, { ...common, mtime, type: 'symlink', linkname, mode: 0o777 });
  }
  if (!status.isFile()) throw fileError(entry.path, 'is neither a file nor a symbolic link');
  const mode = options.normalise ? (status.mode & 0o111 ? 0o755 : 0o644) : status.mode & 0o7777;
  const header = { ...common, mtime, mode, size: status.size };
  options.onBytes?.(status.size);
  if (status.size <= smallFile) {
    const content = await readFile(entry.path);
    if (content.length !== status.size) throw fileError(entry.path, 'changed while it was read');
    return put(archive, header, content);
  }
  await pipeline(createReadStream(entry.path, { end: status.size - 1 }), archive.entry(header));
}

function put(archive: Pack, header: EntryHeader, content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (content && content.length > 0) archive.entry(header, content, done);
    else archive.entry({ ...header, size: 0 }, '', done);
  });
}

/** Shaped as the system's own errors about files are. */
function fileError(path: string, what: string): Error {
  return Object.assign(new Error(`${path} ${what}`), { path });
}
