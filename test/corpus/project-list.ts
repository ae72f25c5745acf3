import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One foreign project: a directory of the corpus. */
export interface CorpusProject {
  /** Path below the corpus. */
  readonly name: string;
  readonly directory: string;
}

/**
 * The projects of a folder, sorted: its sub-directories; instead of a sub-directory that has nothing of a project but
 * sub-directories with an `expected.json`, those.
 */
export function listProjects(root: string, only?: string): readonly CorpusProject[] {
  const wanted = only === undefined ? /^/ : globPattern(only);
  return directoriesIn(root)
    .flatMap((name) => {
      const inner = directoriesIn(join(root, name)).filter((child) => isExpected(join(root, name, child)));
      const isFolder = inner.length > 0 && !isExpected(join(root, name));
      return isFolder ? inner.map((child) => `${name}/${child}`) : [name];
    })
    .filter((name) => wanted.test(name))
    .map((name) => ({ name, directory: join(root, name) }));
}

function isExpected(directory: string): boolean {
  return existsSync(join(directory, 'expected.json'));
}

function directoriesIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry: Dirent) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function globPattern(glob: string): RegExp {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`);
}
