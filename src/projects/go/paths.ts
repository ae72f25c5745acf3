/**
 * Two paths of the tree as one, `.` and `..` resolved; undefined where it would lead out of the tree.
 * The root is ''.
 */
export function joinPath(...parts: readonly string[]): string | undefined {
  const joined: string[] = [];
  for (const part of parts.flatMap((text) => text.split('/'))) {
    if (part === '' || part === '.') continue;
    if (part !== '..') joined.push(part);
    else if (joined.pop() === undefined) return undefined;
  }
  return joined.join('/');
}

/** A file in a directory of the tree. */
export function inDirectory(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** A directory as the go command names a package of the main module: `.` or `./cmd/server`. */
export function packagePath(directory: string): string {
  return directory === '' ? '.' : `./${directory}`;
}

/** The directory of a file; '' for one in the root. */
export function directoryName(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), 0));
}
