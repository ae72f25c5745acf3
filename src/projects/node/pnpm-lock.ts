/** What each importer asked for when the lockfile was written: folder (`.` for the root) → name → specifier. */
export type Specifiers = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The specifiers of `pnpm-lock.yaml` from version 6.0 on, line by line: the file is machine-written and may be too large to
 * parse as YAML. Of several documents the last one counts, since pnpm puts its own pin before it. Undefined for older formats.
 */
export function readPnpmSpecifiers(text: string): Specifiers | undefined {
  const last = text.slice(text.lastIndexOf('\n---') + 1);
  const lines = last.split(/\r?\n/);
  const at = lines.findIndex((line) => /^importers:/.test(line));
  if (at >= 0) return readImporters(lines.slice(at + 1));
  if (!/^lockfileVersion: ['"]?[6-9]/m.test(last)) return undefined;
  // A single package has its groups at the outermost level in version 6.
  const groups = lines.flatMap((line) =>
    groupLine.test(line) || line.startsWith(' ') || line === '' ? [`    ${line}`] : [line],
  );
  return readImporters(['  .:', ...withoutOthers(groups)]);
}

const groupLine = /^(?:dependencies|devDependencies|optionalDependencies):/;

/** Up to the first section that is none of the groups and comes after one of them. */
function withoutOthers(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => groupLine.test(line.slice(4)));
  if (first < 0) return [];
  const end = lines.findIndex((line, index) => index > first && /^\S/.test(line));
  return lines.slice(first, end < 0 ? undefined : end);
}

function readImporters(lines: readonly string[]): Specifiers {
  const importers = new Map<string, Map<string, string>>();
  let importer = new Map<string, string>();
  let name = '';
  for (const line of lines) {
    if (/^\S/.test(line)) break;
    const [, indent = '', key = '', value = ''] = /^( *)('[^']*'|"[^"]*"|[^\s:'"][^:]*): ?(.*)$/.exec(line) ?? [];
    if (indent.length === 2) {
      importer = new Map();
      importers.set(unquote(key), importer);
    } else if (indent.length === 6) name = unquote(key);
    else if (indent.length === 8 && key === 'specifier') importer.set(name, unquote(value.trim()));
  }
  return importers;
}

function unquote(text: string): string {
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : text;
}
