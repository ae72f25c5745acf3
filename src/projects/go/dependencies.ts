import { type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { isVendored } from './check-modules.js';
import type { Modules } from './modules.js';
import { inDirectory } from './paths.js';

/** True when the dependencies are in the tree, as go itself finds out; undefined otherwise. */
export function detectVendored(tree: SourceTree, modules: Modules): Fact | undefined {
  const file = inDirectory(modules.directory, 'vendor/modules.txt');
  if (!tree.has(file) || !isVendored(tree, modules)) return undefined;
  return fact(true, { file, line: 1, because: `the dependencies of ${modules.file} are in vendor/` });
}

/**
 * `missing` for a module that needs others, has no go.sum and is not vendored: its versions are fixed by go.mod, and what
 * is downloaded is compared with the checksum database alone; undefined otherwise.
 */
export function detectChecksums(tree: SourceTree, modules: Modules): Fact | undefined {
  if (isVendored(tree, modules)) return undefined;
  const own = new Set(modules.all.map(({ path }) => path));
  for (const { directory, file, content } of modules.main) {
    const needed = content.requires.find(({ path }) => !own.has(path));
    if (!needed || tree.has(inDirectory(directory, 'go.sum'))) continue;
    return fact('missing', {
      file,
      line: needed.line,
      because: `requires ${needed.path}, and there is no ${inDirectory(directory, 'go.sum')}: commit the one that \`go mod tidy\` writes`,
    });
  }
  return undefined;
}

/** Directories of the modules that the build takes from this tree, by go.work or `replace`; undefined where it is one alone. */
export function detectLocalModules(modules: Modules): Fact | undefined {
  const local = modules.all.filter(({ directory }) => directory !== modules.directory);
  if (local.length === 0) return undefined;
  const evidence = local.map(({ file, path }) => ({
    file,
    line: 1,
    because: `a module of this tree${path ? `: ${path}` : ''}`,
  }));
  return fact([...new Set(local.map(({ directory }) => directory || '.'))], evidence);
}

/** The directory of the module that is built, where a person chose a main package of a nested one; undefined for the root. */
export function detectModule(modules: Modules): Fact | undefined {
  if (modules.directory === '') return undefined;
  return fact(modules.directory, { file: modules.file, line: 1, because: 'the module of the chosen main package' });
}

/** The files that say what is downloaded, where that is more than the one module's go.mod and go.sum. */
export function detectModuleFiles(tree: SourceTree, modules: Modules): Fact | undefined {
  const directories = [...new Set(modules.all.map(({ directory }) => directory))];
  const wanted = [
    ...(modules.workspace ? ['go.work', 'go.work.sum'] : []),
    ...directories.flatMap((directory) => ['go.mod', 'go.sum'].map((name) => inDirectory(directory, name))),
  ];
  const files = wanted.filter((file) => tree.has(file)).sort();
  if (directories.length === 1 && modules.directory === '' && !modules.workspace) return undefined;
  return fact(files, { file: modules.file, line: 1, because: 'names what is downloaded' });
}
