import type { SourceTree, TreeEntry } from '../../core/source-tree.js';
import type { Module, Modules } from './modules.js';
import { findMainFunction, readPackage, readPackageName } from './package.js';
import { inDirectory, packagePath } from './paths.js';

/** A package that go would link into a program. */
export interface MainPackage {
  /** '' for the root. */
  readonly directory: string;
  /** As the go command names it: `.` or `./cmd/server`. */
  readonly path: string;
  /** Where its `func main` stands. */
  readonly file: string;
  readonly line: number;
  /** By convention the module's own commands are its root and what is under `cmd/`. */
  readonly conventional: boolean;
  /** The directory of its module; '' for the root. */
  readonly module: string;
}

/** What a search found. */
export interface MainPackages {
  readonly found: readonly MainPackage[];
  /** False when the search ended at its bounds. */
  readonly whole: boolean;
}

/** Bounds of the search: detection must not take longer because a tree is large. */
const deepest = 5;
/** For all modules together; each gets at least the fewest: its root, `cmd/` and a few more. */
const mostDirectories = 150;
const fewestDirectories = 20;

/** Directories of programs that help to develop the service and are not it. */
const helperNames = new Set(
  (
    'examples example samples sample demo demos tools tool scripts script hack test tests e2e docs doc dev internal ' +
    'third_party contrib fixtures benchmarks benchmark bench build dist node_modules vendor testdata'
  ).split(' '),
);

/** Never part of a module's packages: https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns. */
const neverPackages = new Set(['vendor', 'testdata', 'node_modules']);
const neverCommands = new Set([...neverPackages, 'internal']);

/**
 * The main packages of the modules as `go list ./...` would find them, without those of helpers, by path. Looked for in
 * the root, in `cmd/` and then breadth first within bounds, which are narrow once a command of the module's own is found;
 * other modules inside are not entered.
 */
export function findMainPackages(tree: SourceTree, modules: Modules): MainPackages {
  const bound = Math.max(fewestDirectories, Math.floor(mostDirectories / modules.main.length));
  const searched = modules.main.map((module) => searchModule(tree, module, bound, false));
  return {
    found: searched.flatMap(({ found }) => found).sort((a, b) => (a.path < b.path ? -1 : 1)),
    whole: searched.every(({ whole }) => whole),
  };
}

/**
 * What `findMainPackages` leaves out: the main packages in directories of helpers and in nested modules, by path; without
 * those of `vendor`, `testdata` and hidden directories.
 */
export function findOtherMainPackages(tree: SourceTree, modules: Modules): readonly MainPackage[] {
  const searched = modules.main.flatMap((module) => searchModule(tree, module, mostDirectories, true).found);
  const unique = new Map(searched.map((main) => [main.path, main]));
  return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The main package of one directory, be it one that is there with cgo only; undefined where it has none. */
export function readMainPackage(
  tree: SourceTree,
  directory: string,
  conventional: boolean,
  module = '',
): MainPackage | undefined {
  for (const cgo of [false, true]) {
    if (readPackageName(tree, directory, cgo) !== 'main') continue;
    const main = findMainFunction(readPackage(tree, directory, cgo));
    if (main) return { directory, path: packagePath(directory), ...main, conventional, module };
  }
  return undefined;
}

interface Place {
  readonly directory: string;
  readonly depth: number;
  readonly inCommands: boolean;
}

/** With `everywhere`, directories of helpers and nested modules are entered as well. */
function searchModule(tree: SourceTree, module: Module, bound: number, everywhere: boolean): MainPackages {
  const found: MainPackage[] = [];
  const queue: Place[] = [{ directory: module.directory, depth: 0, inCommands: false }];
  for (let visited = 0; visited < bound; visited += 1) {
    const place = queue.shift();
    if (!place) return { found, whole: true };
    if (visited >= fewestDirectories && !place.inCommands && found.some(({ conventional }) => conventional)) break;
    const entries = tree.list(place.directory);
    if (!everywhere && place.depth > 0 && entries.some(({ name }) => name === 'go.mod')) continue;
    const hasGo = entries.some(({ name }) => name.endsWith('.go'));
    const conventional = place.inCommands || place.depth === 0;
    const main = hasGo ? readMainPackage(tree, place.directory, conventional, module.directory) : undefined;
    if (main) found.push(main);
    const left = everywhere ? neverPackages : place.inCommands ? neverCommands : helperNames;
    const inside = placesInside(entries, place, left)
      .filter(({ directory }) => !isIgnored(module, directory))
      .slice(0, bound - visited);
    if (place.inCommands) queue.unshift(...inside);
    else queue.push(...inside);
  }
  return { found, whole: false };
}

/** `cmd` first: the bound must never cut it off. */
function placesInside(entries: readonly TreeEntry[], place: Place, left: ReadonlySet<string>): readonly Place[] {
  if (place.depth >= deepest) return [];
  return entries
    .filter(({ type, name }) => type === 'directory' && !/^[._]/.test(name) && !left.has(name))
    .map(({ name }) => ({
      directory: inDirectory(place.directory, name),
      depth: place.depth + 1,
      inCommands: place.inCommands || (place.depth === 0 && name === 'cmd'),
    }))
    .sort((a, b) => Number(b.inCommands) - Number(a.inCommands));
}

/** `ignore ./web` is that directory of the module, `ignore web` any of that name: https://go.dev/ref/mod#go-mod-file-ignore. */
function isIgnored(module: Module, directory: string): boolean {
  const inside = module.directory === '' ? directory : directory.slice(module.directory.length + 1);
  return module.content.ignores.some((ignored) => {
    const path = ignored.replace(/^\.\//, '').replace(/\/$/, '');
    return inside === path || (!ignored.startsWith('./') && inside.endsWith(`/${path}`));
  });
}
