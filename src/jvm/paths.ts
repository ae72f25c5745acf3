/** `directory/path` without `.` and `..`; `''` is the root. Undefined when it leads out of the tree or is absolute. */
export function joinPath(directory: string, path: string): string | undefined {
  if (path.startsWith('/') || path.includes('\\')) return undefined;
  const parts: string[] = [];
  for (const part of `${directory}/${path}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

/** The directory of a file, `''` for the root. */
export function directoryOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}

/** A file's path in a directory of the tree. */
export function fileIn(directory: string, file: string): string {
  return directory === '' ? file : `${directory}/${file}`;
}

/**
 * Whether a module's directory can be handed to a build tool: one that a tool could read as an option, a list or a
 * selector is none of these.
 */
export function isPlainDirectory(directory: string): boolean {
  return directory.split('/').every((part) => /^(?!\.{1,2}$)[\p{L}\p{N}_.][\p{L}\p{N}_.-]*$/u.test(part));
}
