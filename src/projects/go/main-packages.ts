import type { SourceTree, TreeEntry } from '../../core/source-tree.js';
import type { Modules } from './modules.js';
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

/** Never part of a module's packages, or private to it: https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns. */
const privateNames = new Set(['internal', 'vendor', 'testdata', 'node_modules']);

/**
 * The main packages of the modules as `go list ./...` would find them, without those of helpers, by path. Looked for in
 * the root, in `cmd/` and then breadth first within bounds, which are narrow once a command of the module's own is found;
 * other modules inside are not entered.
 */
export function findMainPackages(tree: SourceTree, modules: Modules): MainPackages {
  const bound = Math.max(fewestDirectories, Math.floor(mostDirectories / modules.main.length));
  const searched = modules.main.map(({ directory }) => searchModule(tree, directory, bound));
  return {
    found: searched.flatMap(({ found }) => found).sort((a, b) => (a.path < b.path ? -1 : 1)),
    whole: searched.every(({ whole }) => whole),
  };
}

/** The main package of one directory, be it one that is there with cgo only; undefined where it has none. */
export function readMainPackage(tree: SourceTree, directory: string, conventional: boolean): MainPackage | undefined {
  for (const cgo of [false, true]) {
    if (readPackageName(tree, directory, cgo) !== 'main') continue;
    const main = findMainFunction(readPackage(tree, directory, cgo));
    if (main) return { directory, path: packagePath(directory), ...main, conventional };
  }
  return undefined;
}

interface Place {
  readonly directory: string;
  readonly depth: number;
  readonly inCommands: boolean;
}

function searchModule(tree: SourceTree, root: string, bound: number): MainPackages {
  const found: MainPackage[] = [];
  const queue: Place[] = [{ directory: root, depth: 0, inCommands: false }];
  for (let visited = 0; visited < bound; visited += 1) {
    const place = queue.shift();
    if (!place) return { found, whole: true };
    if (visited >= fewestDirectories && !place.inCommands && found.some(({ conventional }) => conventional)) break;
    const entries = tree.list(place.directory);
    if (place.depth > 0 && entries.some(({ name }) => name === 'go.mod')) continue;
    const hasGo = entries.some(({ name }) => name.endsWith('.go'));
    const main = hasGo ? readMainPackage(tree, place.directory, place.inCommands || place.depth === 0) : undefined;
    if (main) found.push(main);
    const inside = placesInside(entries, place, bound - visited);
    if (place.inCommands) queue.unshift(...inside);
    else queue.push(...inside);
  }
  return { found, whole: false };
}

/** `cmd` first: the bound must never cut it off. */
function placesInside(entries: readonly TreeEntry[], place: Place, most: number): readonly Place[] {
  if (place.depth >= deepest) return [];
  return entries
    .filter(({ type, name }) => type === 'directory' && !isLeftOut(name, place.inCommands))
    .map(({ name }) => ({
      directory: inDirectory(place.directory, name),
      depth: place.depth + 1,
      inCommands: place.inCommands || (place.depth === 0 && name === 'cmd'),
    }))
    .sort((a, b) => Number(b.inCommands) - Number(a.inCommands))
    .slice(0, most);
}

function isLeftOut(name: string, inCommands: boolean): boolean {
  return /^[._]/.test(name) || (inCommands ? privateNames.has(name) : helperNames.has(name));
}
