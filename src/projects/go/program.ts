import type { SourceTree } from '../../core/source-tree.js';
import { directoryOfImport, type Modules } from './modules.js';
import { type GoFile, readPackage } from './package.js';

/** The sources of one program: its main package and the packages of this tree that it imports, directly or not. */
export interface Program {
  /** The main package's files. */
  readonly main: readonly GoFile[];
  /** All files, the main package's first, then by distance from it. */
  readonly files: readonly GoFile[];
}

/** Bound of what is read; a service that is larger registers its routes near its main package. */
const mostPackages = 80;

/** Follow the imports within the tree, breadth first. */
export function readProgram(tree: SourceTree, modules: Modules, mainDirectory: string): Program {
  const seen = new Set([mainDirectory]);
  const queue = [mainDirectory];
  const files: GoFile[] = [];
  const main = readPackage(tree, mainDirectory);
  for (const directory of queue) {
    const read = directory === mainDirectory ? main : readPackage(tree, directory);
    files.push(...read);
    for (const { path } of read.flatMap(({ imports }) => imports)) {
      const imported = directoryOfImport(modules, path);
      if (imported === undefined || seen.has(imported) || seen.size >= mostPackages) continue;
      seen.add(imported);
      queue.push(imported);
    }
  }
  return { main, files };
}
