import type { ProjectKind } from '../core/kind.js';
import type { SourceTree } from '../core/source-tree.js';

const deepest = 4;
const mostDirectories = 2000;
const mostFound = 20;

/** Directories that hold what others wrote, or what a build left. */
const notLookedInto = new Set(['node_modules', 'vendor', 'target', 'build', 'dist', 'out', 'testdata', 'fixtures']);

/**
 * Directories below the root that hold a manifest of one of these kinds, nearest to the root first: what a person may have
 * meant by a root that holds no project. Inside a project it does not look further. At most 20, four levels deep.
 */
export function findNestedProjects(tree: SourceTree, kinds: readonly ProjectKind[]): readonly string[] {
  const manifests = new Set(kinds.flatMap((kind) => kind.manifests));
  const found: string[] = [];
  let level = childrenOf(tree, '');
  let seen = 0;
  for (let depth = 1; depth <= deepest && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const directory of level) {
      seen += 1;
      if (seen > mostDirectories || found.length >= mostFound) return found;
      if (tree.list(directory).some(({ name, type }) => type === 'file' && manifests.has(name))) found.push(directory);
      else next.push(...childrenOf(tree, directory));
    }
    level = next;
  }
  return found;
}

function childrenOf(tree: SourceTree, directory: string): readonly string[] {
  return tree
    .list(directory)
    .filter(({ name, type }) => type === 'directory' && !name.startsWith('.') && !notLookedInto.has(name))
    .map(({ name }) => (directory === '' ? name : `${directory}/${name}`));
}
