import { Failure } from '../../core/failure.js';
import type { Evidence } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type ModuleFile, parseModuleFile } from './module-file.js';
import { inDirectory, joinPath } from './paths.js';

/** One module that is built here, or that a built one takes from a directory of the tree. */
interface Module {
  /** '' for the root. */
  readonly directory: string;
  /** Its go.mod. */
  readonly file: string;
  /** Its import path; undefined where go.mod has no module line. */
  readonly path?: string;
  readonly content: ModuleFile;
}

/** The modules of a tree: the root's own, or those that go.work names. */
export interface Modules {
  /** go.work where there is one, otherwise the root's go.mod: the file that rules the build. */
  readonly file: string;
  readonly content: ModuleFile;
  readonly workspace: boolean;
  /** Modules whose commands can be built. */
  readonly main: readonly Module[];
  /** Those, and the ones in directories that they name with `replace`. */
  readonly all: readonly Module[];
}

/** Undefined where the root has neither go.work nor go.mod. Throws `detect.unreadable` for what go would refuse. */
export function readModules(tree: SourceTree): Modules | undefined {
  const work = tree.read('go.work');
  const root = readModule(tree, '');
  if (work === undefined) return root && { ...ruledBy(root), ...withReplacements(tree, [root]) };
  const content = parseModuleFile(work, 'go.work');
  const main = content.uses.slice(0, 50).map(({ value, line }) => usedModule(tree, value, line));
  if (main.length === 0 && root) return { ...ruledBy(root), ...withReplacements(tree, [root]) };
  return { file: 'go.work', content, workspace: true, ...withReplacements(tree, main) };
}

function ruledBy(root: Module): Pick<Modules, 'file' | 'content' | 'workspace'> {
  return { file: root.file, content: root.content, workspace: false };
}

function withReplacements(tree: SourceTree, main: readonly Module[]): Pick<Modules, 'main' | 'all'> {
  const replaced = main.flatMap((module) =>
    module.content.localReplacements.slice(0, 50).flatMap(({ path, directory }) => {
      const target = joinPath(module.directory, directory);
      const found = target === undefined ? undefined : readModule(tree, target);
      return found ? [{ ...found, path }] : [];
    }),
  );
  return { main, all: [...main, ...replaced] };
}

function readModule(tree: SourceTree, directory: string): Module | undefined {
  const file = inDirectory(directory, 'go.mod');
  const text = tree.read(file);
  if (text === undefined) return undefined;
  const content = parseModuleFile(text, file);
  return { directory, file, ...(content.module && { path: content.module.value }), content };
}

function usedModule(tree: SourceTree, written: string, line: number): Module {
  const directory = joinPath(written);
  const module = directory === undefined || written.startsWith('/') ? undefined : readModule(tree, directory);
  if (module) return module;
  throw new Failure('detect.unreadable', {
    message: `go.work uses ${written}, where there is no go.mod`,
    where: `go.work:${line}`,
    remedy: 'Run Slipway in the directory that holds the whole workspace, or correct the use line.',
  });
}

/** The directory of an own package by its import path; undefined for the packages of others. */
export function directoryOfImport(modules: Modules, importPath: string): string | undefined {
  const owners = modules.all.filter(
    ({ path }) => path !== undefined && (importPath === path || importPath.startsWith(`${path}/`)),
  );
  const owner = owners.sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0];
  if (owner?.path === undefined) return undefined;
  return joinPath(owner.directory, importPath.slice(owner.path.length));
}

/**
 * Without checksums go refuses to build: throws `detect.unsupported` for a module that needs others, has no go.sum and is not vendored.
 */
export function requireChecksums(tree: SourceTree, modules: Modules): void {
  if (tree.has('vendor/modules.txt') || tree.has('go.work.sum')) return;
  const own = new Set(modules.all.map(({ path }) => path));
  for (const module of modules.main) {
    const needed = module.content.requires.find(({ path }) => !own.has(path));
    if (!needed || tree.has(inDirectory(module.directory, 'go.sum'))) continue;
    const where = inDirectory(module.directory, 'go.sum');
    throw new Failure('detect.unsupported', {
      message: `${where} is missing, but ${module.file} requires ${needed.path} (line ${needed.line})`,
      where,
      remedy: 'Run `go mod tidy` and commit go.sum.',
    });
  }
}

/** Evidence for the kind: the module line, or the first line of go.work. */
export function moduleEvidence(modules: Modules): Evidence {
  const { module } = modules.content;
  return module
    ? { file: modules.file, line: module.line, because: `module ${module.value}` }
    : { file: modules.file, line: 1, because: modules.workspace ? 'a Go workspace' : 'a Go module' };
}
