import { parse as parseToml } from 'smol-toml';
import { Failure } from '../core/failure.js';
import type { SourceTree } from '../core/source-tree.js';
import { jsonAt, jsonText, parseJsonDocument } from '../formats/json-document.js';
import { parseProperties } from '../formats/properties.js';
import { normaliseVersion } from './normalise-version.js';
import { statedInPom } from './pom-version.js';
import type { StatedVersion, WrittenVersion } from './rules.js';

/** In UTF-16 units: no manifest that a person wrote has a hundredth of this. */
const maxSize = 2_000_000;

type Reader = (tree: SourceTree, path: string) => WrittenVersion | undefined;

/** The files that may state a version, by name. */
const readers: Readonly<Record<string, Reader>> = {
  'pom.xml': statedInPom,
  'package.json': statedInPackageJson,
  'Cargo.toml': (tree, path) => statedInToml(tree, path, [['package'], ['workspace', 'package']]),
  'gradle.properties': statedInProperties,
  'pyproject.toml': (tree, path) => statedInToml(tree, path, [['project'], ['tool', 'poetry']]),
};

/**
 * The version that the named file of the project states, or the one of the known files that states any. Throws
 * `detect.ambiguous` where several differ, `detect.unreadable`, and `detect.unsupported` for a version that cannot be
 * understood; undefined where no file states one.
 */
export function readStatedVersion(tree: SourceTree, file: string | undefined): StatedVersion | undefined {
  const files = file === undefined ? Object.keys(readers) : [file];
  const found = files.map((path) => readOne(tree, path)).filter((stated) => stated !== undefined);
  if (new Set(found.map(({ version }) => version)).size <= 1) return found[0];
  throw new Failure('detect.ambiguous', {
    message: `Files state different versions: ${found.map(({ file: path, written }) => `${path} ${written}`).join(', ')}`,
    where: 'version.file',
    remedy: 'Choose one with version.file.',
    candidates: found.map(({ file: path }) => path),
  });
}

function readOne(tree: SourceTree, path: string): StatedVersion | undefined {
  const read = readers[path.slice(path.lastIndexOf('/') + 1)];
  if (read === undefined) {
    throw new Failure('settings.invalid', {
      message: `No version can be read from ${path}`,
      where: 'version.file',
      remedy: 'Name a file with one of these names.',
      candidates: Object.keys(readers),
    });
  }
  const stated = read(tree, path);
  if (stated === undefined) return undefined;
  const { written, line, warnings = [] } = stated;
  const version = normaliseVersion(written);
  if (version === undefined) throw notUnderstood(path, stated);
  return { version, written, file: path, ...(line !== undefined && { line }), warnings };
}

function notUnderstood(path: string, { written, line }: WrittenVersion): Failure {
  const unresolved = written.includes('${');
  return new Failure('detect.unsupported', {
    message: unresolved
      ? `The version in ${path} is ${JSON.stringify(written.slice(0, 80))}, and nothing in the tree says what that is`
      : `The version in ${path}, ${JSON.stringify(written.slice(0, 80))}, has no place in SemVer's order`,
    where: line === undefined ? path : `${path}:${line}`,
    remedy: unresolved
      ? 'Give the property in the pom, or in .mvn/maven.config as -Drevision=1.2.3; or choose the version.scheme semver.'
      : 'Write it as three numbers, or choose the version.scheme semver, which reads git tags alone.',
  });
}

function statedInPackageJson(tree: SourceTree, path: string): WrittenVersion | undefined {
  return parsed(tree, path, (text) => {
    const root = parseJsonDocument(text, { members: ['version'] });
    const written = jsonText(root, 'version');
    const line = jsonAt(root, 'version')?.line;
    return written === undefined ? undefined : { written, ...(line !== undefined && { line }) };
  });
}

/** `version=` of Gradle's properties: the last one counts. */
function statedInProperties(tree: SourceTree, path: string): WrittenVersion | undefined {
  return parsed(tree, path, (text) => {
    const last = parseProperties(text).findLast(({ key }) => key === 'version');
    return last === undefined || last.value.trim() === '' ? undefined : { written: last.value.trim(), line: last.line };
  });
}

/** The first of the tables that has a version; a computed one (`dynamic`, `workspace = true`) is none. */
function statedInToml(
  tree: SourceTree,
  path: string,
  tables: readonly (readonly string[])[],
): WrittenVersion | undefined {
  return parsed(tree, path, (text) => {
    const root: unknown = parseToml(text);
    for (const table of tables) {
      const written = memberAt(root, [...table, 'version']);
      if (typeof written === 'string') return { written, ...lineOf(text, written) };
    }
    return undefined;
  });
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? new Map(Object.entries(at)).get(key)
        : undefined,
    value,
  );
}

/** smol-toml gives no positions: the first line that gives `version` this value. */
function lineOf(text: string, written: string): { readonly line?: number } {
  const index = text.split('\n').findIndex((line) => /^\s*version\s*=/.test(line) && line.includes(written));
  return index < 0 ? {} : { line: index + 1 };
}

function parsed(
  tree: SourceTree,
  path: string,
  read: (text: string) => WrittenVersion | undefined,
): WrittenVersion | undefined {
  const text = tree.read(path);
  if (text === undefined) return undefined;
  try {
    if (text.length > maxSize) throw new SyntaxError(`it is larger than ${maxSize} characters`);
    return read(text);
  } catch (error) {
    throw new Failure('detect.unreadable', {
      message: `${path} cannot be read: ${error instanceof Error ? error.message.split('\n')[0] : ''}`,
      where: path,
      remedy: 'Repair it, or choose the version.scheme semver, which reads no file.',
      cause: error,
    });
  }
}
