import type { SourceTree, TreeEntry } from '../../src/core/source-tree.js';

/** A source tree that lives in memory: `{ 'cmd/server/main.go': 'package main' }`. Directories follow from the paths. */
export function memoryTree(files: Readonly<Record<string, string>>, name = 'project'): SourceTree {
  const texts = new Map(Object.entries(files));
  const directories = new Map<string, Map<string, TreeEntry>>();
  for (const path of texts.keys()) addPath(directories, path);
  return {
    name,
    read: (path) => texts.get(normalise(path)),
    has: (path) => texts.has(normalise(path)),
    list: (directory) => {
      const entries = [...(directories.get(normalise(directory))?.values() ?? [])];
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    },
  };
}

function addPath(directories: Map<string, Map<string, TreeEntry>>, path: string): void {
  const parts = path.split('/');
  for (const [index, name] of parts.entries()) {
    const parent = parts.slice(0, index).join('/');
    const entries = directories.get(parent) ?? new Map<string, TreeEntry>();
    directories.set(parent, entries);
    entries.set(name, { name, type: index === parts.length - 1 ? 'file' : 'directory' });
  }
}

/** `''`, `.` and `./` all name the root; a leading `./` and a trailing `/` say nothing. */
function normalise(path: string): string {
  const plain = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  return plain === '.' ? '' : plain;
}
