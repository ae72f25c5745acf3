import { parse } from 'smol-toml';
import { Failure } from '../core/failure.js';
import type { SourceTree } from '../core/source-tree.js';
import type { Candidate } from './candidate.js';

/**
 * The version catalogs of a build (https://docs.gradle.org/current/userguide/version_catalogs.html), by accessor with the catalog's
 * name: `libs.spring.boot` for `spring-boot` of `libs`.
 */
export interface Catalog {
  /** Accessor of a version → the version. */
  readonly versions: ReadonlyMap<string, Candidate>;
  /** Accessor of a plugin → its id and version. */
  readonly plugins: ReadonlyMap<string, { readonly id: string; readonly version?: Candidate }>;
  /** Accessor of a library → `group:artifact`, and its version where the catalog has one. */
  readonly libraries: ReadonlyMap<string, { readonly id: string; readonly version?: Candidate }>;
  /** Accessor of a bundle → accessors of its libraries. */
  readonly bundles: ReadonlyMap<string, readonly string[]>;
}

type Table = Readonly<Record<string, unknown>>;

/** Where a catalog of a build is, and what its scripts call it. */
export interface CatalogPlace {
  readonly name: string;
  readonly file: string;
}

const maxCharacters = 500_000;

/** Catalogs as one; empty where there is none. Throws `detect.unreadable` where one is no TOML. */
export function readCatalogs(tree: SourceTree, places: readonly CatalogPlace[]): Catalog {
  const read = places.map((place) => readCatalog(tree, place));
  return {
    versions: new Map(read.flatMap(({ versions }) => [...versions])),
    plugins: new Map(read.flatMap(({ plugins }) => [...plugins])),
    libraries: new Map(read.flatMap(({ libraries }) => [...libraries])),
    bundles: new Map(read.flatMap(({ bundles }) => [...bundles])),
  };
}

type Place = (key: string, value: string) => Candidate;
type Versions = ReadonlyMap<string, Candidate>;

function readCatalog(tree: SourceTree, { name, file }: CatalogPlace): Catalog {
  const text = tree.read(file) ?? '';
  const document = parseCatalog(file, text);
  const place: Place = (key, value) => ({ value, from: [placeOf(file, text, key, value)] });
  const named = <T>(table: unknown, read: (key: string, value: unknown) => T): ReadonlyMap<string, T> =>
    new Map(entriesOf(table).map(([key, value]) => [`${name}.${accessorOf(key)}`, read(key, value)]));
  const versions = new Map<string, Candidate>();
  for (const [key, value] of entriesOf(document.versions)) {
    const version = versionText(value);
    if (version !== undefined) versions.set(accessorOf(key), place(key, version));
  }
  return {
    versions: new Map([...versions].map(([key, value]) => [`${name}.${key}`, value])),
    plugins: named(document.plugins, (key, value) => pluginOf(key, value, versions, place)),
    libraries: named(document.libraries, (key, value) => libraryOf(key, value, versions, place)),
    bundles: named(document.bundles, (_key, value) => namesIn(value).map((library) => `${name}.${library}`)),
  };
}

function parseCatalog(file: string, text: string): Table {
  try {
    if (text.length > maxCharacters) throw new SyntaxError(`it has more than ${maxCharacters} characters`);
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Failure('detect.unreadable', {
      message: `${file} cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
      where: file,
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
  versions: Versions,
  place: Place,
): { readonly id: string; readonly version?: Candidate } {
  if (typeof value === 'string') {
    const [id = '', version] = value.split(':');
    return { id, ...(version !== undefined && { version: place(key, version) }) };
  }
  const table = isTable(value) ? value : {};
  const version = versionOf(key, table, versions, place);
  return { id: typeof table.id === 'string' ? table.id : '', ...(version && { version }) };
}

function libraryOf(
  key: string,
  value: unknown,
  versions: Versions,
  place: Place,
): { readonly id: string; readonly version?: Candidate } {
  if (typeof value === 'string') {
    const [group = '', artifact = '', version] = value.split(':');
    return { id: `${group}:${artifact}`, ...(version !== undefined && { version: place(key, version) }) };
  }
  const table = isTable(value) ? value : {};
  const version = versionOf(key, table, versions, place);
  const id =
    typeof table.module === 'string' ? table.module : `${String(table.group ?? '')}:${String(table.name ?? '')}`;
  return { id, ...(version && { version }) };
}

function versionOf(key: string, table: Table, versions: Versions, place: Place): Candidate | undefined {
  const reference = isTable(table.version) ? table.version.ref : table['version.ref'];
  if (typeof reference === 'string') return versions.get(accessorOf(reference));
  const literal = versionText(table.version);
  return literal === undefined ? undefined : place(key, literal);
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

function placeOf(file: string, text: string, key: string, value: string): Candidate['from'][number] {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.trimStart().startsWith(key) && line.includes(value));
  return { file, ...(index >= 0 && { line: index + 1 }), because: `${key} is ${value}` };
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isTable(value) ? Object.entries(value).slice(0, 2000) : [];
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
