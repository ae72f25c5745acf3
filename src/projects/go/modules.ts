import { Failure } from '../../core/failure.js';
import type { Evidence } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type LocalReplacement, type ModuleFile, parseModuleFile } from './module-file.js';
import { inDirectory, joinPath } from './paths.js';

/** One module that is built here, or that a built one takes from a directory of the tree. */
export interface Module {
  /** '' for the root. */
  readonly directory: string;
  /** Its go.mod. */
  readonly file: string;
  /** Its import path; undefined where go.mod has no module line. */
  readonly path?: string;
  readonly content: ModuleFile;
}

/** A directory that go.mod or go.work names in place of a module, and that this tree does not have. */
export interface MissingReplacement extends LocalReplacement {
  /** The go.mod or go.work that names it. */
  readonly file: string;
  /** Whether it is in the tree, but without a go.mod. */
  readonly inside: boolean;
}

/** The modules of a tree: the root's own, those that go.work names, or the nested one of the main package that was chosen. */
export interface Modules {
  /** go.work where there is one, otherwise the module's go.mod: the file that rules the build. */
  readonly file: string;
  /** The directory of that file; '' for the root. */
  readonly directory: string;
  readonly content: ModuleFile;
  readonly workspace: boolean;
  /** Modules whose commands can be built. */
  readonly main: readonly Module[];
  /** Those, and the ones in directories that they name with `replace`. */
  readonly all: readonly Module[];
  readonly missing: readonly MissingReplacement[];
}

/**
 * Undefined where the root has neither go.work nor go.mod and `chosenMain`, the path of a main package that a person chose,
 * is in no module either. Throws `detect.unreadable` for what go would refuse.
 */
export function readModules(tree: SourceTree, chosenMain: string | undefined): Modules | undefined {
  const work = tree.read('go.work');
  const content = work === undefined ? undefined : parseModuleFile(work, 'go.work');
  const used = content?.uses.slice(0, 50).map(({ value, line }) => usedModule(tree, value, line)) ?? [];
  const nested = chosenMain === undefined ? undefined : nestedModule(tree, chosenMain);
  if (nested && !used.some(({ directory }) => directory === nested.directory)) return ruledBy(tree, nested);
  if (content && used.length > 0) {
    const replaced = replacements(tree, [{ directory: '', file: 'go.work', content }, ...used]);
    return {
      file: 'go.work',
      directory: '',
      content,
      workspace: true,
      main: used,
      all: [...used, ...replaced.found],
      missing: replaced.missing,
    };
  }
  const root = readModule(tree, '');
  return root && ruledBy(tree, root);
}

function ruledBy(tree: SourceTree, module: Module): Modules {
  const { file, directory, content } = module;
  const { found, missing } = replacements(tree, [module]);
  return { file, directory, content, workspace: false, main: [module], all: [module, ...found], missing };
}

/** The module below the root that a directory belongs to, by the nearest go.mod at or above it. */
function nestedModule(tree: SourceTree, path: string): Module | undefined {
  const parts = path.startsWith('/') ? [] : (joinPath(path)?.split('/') ?? []);
  for (let count = parts.length; count > 0; count -= 1) {
    const module = readModule(tree, parts.slice(0, count).join('/'));
    if (module && module.directory !== '') return module;
  }
  return undefined;
}

function replacements(
  tree: SourceTree,
  by: readonly Module[],
): { readonly found: readonly Module[]; readonly missing: readonly MissingReplacement[] } {
  const found: Module[] = [];
  const missing: MissingReplacement[] = [];
  for (const { directory, file, content } of by) {
    for (const replacement of content.localReplacements.slice(0, 50)) {
      const isRelative = /^\.\.?(?:\/|$)/.test(replacement.directory);
      const target = isRelative ? joinPath(directory, replacement.directory) : undefined;
      const module = target === undefined ? undefined : readModule(tree, target);
      if (module) found.push({ ...module, path: replacement.path });
      else missing.push({ ...replacement, file, inside: target !== undefined });
    }
  }
  return { found, missing };
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

/** Evidence for the kind: the module line, or the first line of go.work. */
export function moduleEvidence(modules: Modules): Evidence {
  const { module } = modules.content;
  return module
    ? { file: modules.file, line: module.line, because: `module ${module.value}` }
    : { file: modules.file, line: 1, because: modules.workspace ? 'a Go workspace' : 'a Go module' };
}
