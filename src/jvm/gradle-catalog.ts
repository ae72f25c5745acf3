import { parse } from 'smol-toml';
import { Failure } from '../core/failure.js';
import type { SourceTree } from '../core/source-tree.js';
import type { Candidate } from './candidate.js';

/** A version catalog (https://docs.gradle.org/current/userguide/version_catalogs.html), by accessor: `spring.boot` for `spring-boot`. */
export interface Catalog {
  /** Accessor of a version → the version. */
  readonly versions: ReadonlyMap<string, Candidate>;
  /** Accessor of a plugin → its id and version. */
  readonly plugins: ReadonlyMap<string, { readonly id: string; readonly version?: Candidate }>;
  /** Accessor of a library → `group:artifact`. */
  readonly libraries: ReadonlyMap<string, string>;
  /** Accessor of a bundle → accessors of its libraries. */
  readonly bundles: ReadonlyMap<string, readonly string[]>;
}

type Table = Readonly<Record<string, unknown>>;

const catalogFile = 'gradle/libs.versions.toml';
const maxCharacters = 500_000;

/** The catalog `libs`; empty where there is none. Throws `detect.unreadable` where it is no TOML. */
export function readCatalog(tree: SourceTree): Catalog {
  const text = tree.read(catalogFile) ?? '';
  const document = parseCatalog(text);
  const place = (key: string, value: string): Candidate => ({ value, from: [placeOf(text, key, value)] });
  const versions = new Map<string, Candidate>();
  for (const [key, value] of entriesOf(document.versions)) {
    const version = versionText(value);
    if (version !== undefined) versions.set(accessorOf(key), place(key, version));
  }
  const plugins = new Map(
    entriesOf(document.plugins).map(
      ([key, value]) => [accessorOf(key), pluginOf(key, value, versions, place)] as const,
    ),
  );
  const libraries = new Map(
    entriesOf(document.libraries).map(([key, value]) => [accessorOf(key), libraryOf(value)] as const),
  );
  const bundles = new Map(
    entriesOf(document.bundles).map(([key, value]) => [accessorOf(key), namesIn(value)] as const),
  );
  return { versions, plugins, libraries, bundles };
}

function parseCatalog(text: string): Table {
  try {
    if (text.length > maxCharacters) throw new SyntaxError(`it has more than ${maxCharacters} characters`);
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Failure('detect.unreadable', {
      message: `${catalogFile} cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
      where: catalogFile,
      remedy: 'Repair it so that Gradle can read it.',
      cause: error,
    });
  }
}

/** In a script, `-` and `_` of an alias are dots. */
function accessorOf(alias: string): string {
  return alias.replace(/[-_]/g, '.');
}

function pluginOf(
  key: string,
  value: unknown,
  versions: Catalog['versions'],
  place: (key: string, value: string) => Candidate,
): { readonly id: string; readonly version?: Candidate } {
  if (typeof value === 'string') {
    const [id = '', version] = value.split(':');
    return { id, ...(version !== undefined && { version: place(key, version) }) };
  }
  const table = isTable(value) ? value : {};
  const reference = isTable(table.version) ? table.version.ref : table['version.ref'];
  const literal = versionText(table.version);
  const version = typeof reference === 'string' ? versions.get(accessorOf(reference)) : literal && place(key, literal);
  return { id: typeof table.id === 'string' ? table.id : '', ...(version && { version }) };
}

function libraryOf(value: unknown): string {
  if (typeof value === 'string') return value.split(':').slice(0, 2).join(':');
  const table = isTable(value) ? value : {};
  if (typeof table.module === 'string') return table.module;
  return `${String(table.group ?? '')}:${String(table.name ?? '')}`;
}

function versionText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isTable(value)) return undefined;
  const rich = value.strictly ?? value.require ?? value.prefer;
  return typeof rich === 'string' ? rich : undefined;
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.flatMap((name) => (typeof name === 'string' ? accessorOf(name) : [])) : [];
}

function placeOf(text: string, key: string, value: string): Candidate['from'][number] {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.trimStart().startsWith(key) && line.includes(value));
  return { file: catalogFile, ...(index >= 0 && { line: index + 1 }), because: `${key} is ${value}` };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isTable(value) ? Object.entries(value).slice(0, 2000) : [];
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
