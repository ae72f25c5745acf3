import type { JarFile } from './jar-file.js';

/** One name in a directory of a source tree. */
export interface TreeEntry {
  readonly name: string;
  readonly type: 'file' | 'directory';
}

/**
 * What a file is to its reader, and so how much of it there may be. `manifest`: the whole of it, which people wrote: more than 1 MB
 * is refused. `source`: its first 256 KiB, however large what a generator wrote is. `lockfile`: the whole of it, up to 10 MB.
 */
export type FileRole = 'manifest' | 'source' | 'lockfile';

/**
 * A project's files, as detection sees them. Paths are relative to the project's root, with `/`, never absolute and
 * never leading out of it; a symbolic link that points out of the tree is as if it were not there.
 * Synchronous: detection reads a few dozen small files, and the order of answers must never depend on timing.
 */
export interface SourceTree {
  /** The last element of the root directory's name: the project's name when nothing else gives one. */
  readonly name: string;
  /**
   * A file's text (UTF-8, a BOM removed; UTF-16 with a BOM is decoded), as a `manifest` where nothing else is said. Undefined when
   * there is no such file; throws `detect.unreadable` when it is larger than its role allows, or not text.
   */
  read(path: string, role?: FileRole): string | undefined;
  /** Whether a file (not a directory) is there. */
  has(path: string): boolean;
  /** A directory's entries, sorted by name's code units; empty when there is no such directory. */
  list(directory: string): readonly TreeEntry[];
  /** The jar that stands for the project, where there are no sources: the tree has no files then. */
  readonly jar?: JarFile;
}
