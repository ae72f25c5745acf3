import type { Evidence } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { directoryOfImport, type Modules } from './modules.js';
import { findMainFunction, type GoFile, readPackage } from './package.js';

/** The sources of one program: its main package and the packages of this tree that it imports, directly or not. */
export interface Program {
  /** The main package's directory; '' for the root. */
  readonly directory: string;
  /** The main package's files. */
  readonly main: readonly GoFile[];
  /** All files, the main package's first, then by distance from it. */
  readonly files: readonly GoFile[];
  /** Packages of which nothing, or not the main function, is left without cgo. */
  readonly cgoOnly: readonly Evidence[];
}

/** Bound of what is read; a service that is larger registers its routes near its main package. */
const mostPackages = 80;

/** Follow the imports within the tree, breadth first. */
export function readProgram(tree: SourceTree, modules: Modules, mainDirectory: string): Program {
  const seen = new Set([mainDirectory]);
  const queue = [mainDirectory];
  const files: GoFile[] = [];
  const cgoOnly: Evidence[] = [];
  let main: readonly GoFile[] = [];
  for (const directory of queue) {
    const isMain = directory === mainDirectory;
    const read = readBuilt(tree, directory, isMain);
    if (isMain) main = read.files;
    files.push(...read.files);
    if (read.cgoOnly) cgoOnly.push(read.cgoOnly);
    for (const { path } of read.files.flatMap(({ imports }) => imports)) {
      const imported = directoryOfImport(modules, path);
      if (imported === undefined || seen.has(imported) || seen.size >= mostPackages) continue;
      seen.add(imported);
      queue.push(imported);
    }
  }
  return { directory: mainDirectory, main, files, cgoOnly };
}

interface Built {
  readonly files: readonly GoFile[];
  readonly cgoOnly?: Evidence;
}

/** A package as it is without cgo, or, where that is no (main) package, as it is with it. */
function readBuilt(tree: SourceTree, directory: string, isMain: boolean): Built {
  const plain = readPackage(tree, directory, false);
  if (isMain ? findMainFunction(plain) : plain.length > 0) return { files: plain };
  const files = readPackage(tree, directory, true);
  const names = new Set(plain.map(({ file }) => file));
  const only = files.find(({ file }) => !names.has(file));
  if (!only) return { files: plain };
  const line = only.directives.find(({ text }) => /\bcgo\b/.test(text))?.line ?? 1;
  return { files, cgoOnly: { file: only.file, line, because: 'is built with cgo only' } };
}
