import { Failure } from '../../core/failure.js';
import { type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { findCgoModule } from './cgo-modules.js';
import { directoryOfImport, type Modules } from './modules.js';
import { inDirectory } from './paths.js';
import type { Program } from './program.js';

/**
 * Whether the program needs C: it imports "C" in a file that has no way around it, or a module known to be C behind Go; or
 * one of its dependencies does, by go.mod or go.sum. Built with cgo in vain, a program still runs; without it, it may compile and
 * fail when it is used, as with go-sqlite3. Throws `settings.invalid` for a hint that is neither true nor false.
 */
export function detectCgo(tree: SourceTree, modules: Modules, program: Program, hints: Hints): Fact {
  const detected = programCgo(tree, modules, program);
  const hint = hints['go.cgo'];
  if (!hint) return detected;
  const value = hint.value === true || hint.value === 'true';
  if (!value && hint.value !== false && hint.value !== 'false') {
    throw new Failure('settings.invalid', {
      message: `go.cgo is '${String(hint.value).slice(0, 40)}'`,
      where: hint.origin,
      remedy: 'Write true or false.',
    });
  }
  const other =
    detected.value === value ? [] : [{ value: detected.value, ...detected.from[0], because: because(detected) }];
  return fact(value, { because: `set by ${hint.origin}` }, other);
}

function because(detected: Fact): string {
  return detected.from[0]?.because ?? 'detected';
}

function programCgo(tree: SourceTree, modules: Modules, program: Program): Fact {
  const [only] = program.cgoOnly;
  if (only) return fact(true, only);
  for (const { file, imports } of program.files) {
    for (const { path, line } of imports) {
      if (path === 'C') return fact(true, { file, line, because: 'import "C"' });
      if (path === 'plugin')
        return fact(true, { file, line, because: 'imports plugin, which opens nothing without cgo' });
      if (directoryOfImport(modules, path) !== undefined) continue;
      const known = findCgoModule(path);
      if (known) return fact(true, { file, line, because: `imports ${path}, ${describeModule(known)}` });
    }
  }
  return indirectCgo(tree, modules, program) ?? fact(false, noReason, requiredOnly(modules));
}

const noReason = { because: 'the program imports neither "C" nor a module known to need it' };

function describeModule({ library }: { readonly library?: string }): string {
  if (library === undefined) return 'which is C behind Go';
  return `which is C behind Go and needs ${library}: name images that have it in build.image and image.base`;
}

/**
 * Since Go 1.17 go.mod names the modules whose packages are imported indirectly, and no others
 * (https://go.dev/ref/mod#graph-pruning). Before, go.sum alone tells which were downloaded, some of them for the tests of a
 * dependency: with cgo in vain the program runs, without it it may not.
 */
function indirectCgo(tree: SourceTree, modules: Modules, program: Program): Fact | undefined {
  const importsOthers = program.files.some(({ imports }) =>
    imports.some(({ path }) => /^[^/]*\./.test(path) && directoryOfImport(modules, path) === undefined),
  );
  for (const module of importsOthers ? modules.main : []) {
    const { file, content } = module;
    if (Number(/^1\.(\d+)/.exec(content.go?.value ?? '')?.[1] ?? 0) < 17) {
      const summed = summedCgo(tree, module.directory);
      if (summed) return summed;
      continue;
    }
    const needed = content.requires.find(({ path, indirect }) => indirect && findCgoModule(path));
    if (!needed) continue;
    const because = `a dependency imports ${needed.path}, ${describeModule(findCgoModule(needed.path) ?? {})}`;
    return fact(true, { file, line: needed.line, because });
  }
  return undefined;
}

/** A module whose content, and not only its go.mod, go.sum knows: https://go.dev/ref/mod#go-sum-files. */
function summedCgo(tree: SourceTree, directory: string): Fact | undefined {
  const file = inDirectory(directory, 'go.sum');
  for (const [index, line] of (tree.read(file) ?? '').split('\n').entries()) {
    const [path = '', version = ''] = line.split(' ');
    const known = version.endsWith('/go.mod') ? undefined : findCgoModule(path);
    if (!known || known.library !== undefined) continue;
    return fact(true, {
      file,
      line: index + 1,
      because: `a dependency, or its tests, import ${path}, ${describeModule(known)}; if it is the tests alone, set go.cgo to false`,
    });
  }
  return undefined;
}

function requiredOnly(modules: Modules): readonly Rejected[] {
  return modules.main.flatMap(({ file, content }) =>
    content.requires
      .filter(({ path }) => findCgoModule(path))
      .map(({ path, line, indirect }) => ({
        value: true,
        file,
        line,
        because: `${path} is required${indirect ? ' indirectly' : ''}, but the program does not import it`,
      })),
  );
}
