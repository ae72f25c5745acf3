import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { describeError } from '../core/failure.js';
import { parseManifest } from '../formats/manifest.js';
import { parseProperties } from '../formats/properties.js';
import { type Component, isPlainName, type Reading, type Unreadable } from './component.js';
import { groupOfJar } from './jar-group.js';

/** What all jars of one image may take together, so that no archive can be made to fill the memory. */
export interface JarBudget {
  /** Bytes that may still be inflated. */
  bytes: number;
  /** Entries that may still be looked at. */
  entries: number;
}

/** More than any image that is known: a fat jar of 150 MB has 300 nested jars with 60,000 entries in all. */
export function createJarBudget(): JarBudget {
  return { bytes: 1_500_000_000, entries: 3_000_000 };
}

const maxText = 1_000_000;
/** A jar in a war in an ear. */
const maxDepth = 3;
const isProperties = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const isNested = /\.(?:jar|war)$/i;

/** Whether a file is a Java archive. */
export function isJar(path: string): boolean {
  return /\.(?:jar|war|ear)$/i.test(path);
}

/**
 * The packages of a jar: what its `pom.properties` say (those of all jars that were shaded into it), else its manifest, else its
 * name; and the same for each jar inside it.
 */
export async function readJar(path: string, content: Uint8Array, budget: JarBudget): Promise<Reading> {
  const components: Component[] = [];
  const unreadable: Unreadable[] = [];
  await collect(path, content, budget, { components, unreadable }, 0);
  return { components, unreadable };
}

interface Found {
  readonly components: Component[];
  readonly unreadable: Unreadable[];
}

async function collect(
  path: string,
  content: Uint8Array,
  budget: JarBudget,
  found: Found,
  depth: number,
): Promise<void> {
  try {
    if (depth > maxDepth) throw new Error(`it is nested more than ${maxDepth} deep`);
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, autoClose: false });
    const listed = await listEntries(zip, budget);
    found.components.push(...(await readOwn(path, zip, listed, budget)));
    for (const entry of listed.nested) {
      const inner = `${path}!/${entry.fileName}`;
      const nested = await readNested(inner, zip, entry, budget, found);
      if (nested) await collect(inner, nested, budget, found, depth + 1);
    }
  } catch (error) {
    found.unreadable.push({ path, because: describeError(error) });
  }
}

interface Listed {
  readonly properties: readonly Entry[];
  readonly manifest?: Entry;
  readonly nested: readonly Entry[];
  /** Directories that have classes, for telling whose the jar is. */
  readonly packages: ReadonlySet<string>;
}

async function listEntries(zip: ZipFile, budget: JarBudget): Promise<Listed> {
  const [properties, nested, packages]: [Entry[], Entry[], Set<string>] = [[], [], new Set()];
  let manifest: Entry | undefined;
  for await (const entry of zip.eachEntry()) {
    budget.entries -= 1;
    if (budget.entries < 0) throw new Error('the archives of the image have too many entries');
    const name = entry.fileName;
    if (isProperties.test(name)) properties.push(entry);
    else if (name === 'META-INF/MANIFEST.MF') manifest ??= entry;
    else if (isNested.test(name)) nested.push(entry);
    else if (name.endsWith('.class')) packages.add(name.slice(0, name.lastIndexOf('/') + 1));
  }
  return { properties, nested, packages, ...(manifest && { manifest }) };
}

async function readOwn(path: string, zip: ZipFile, listed: Listed, budget: JarBudget): Promise<readonly Component[]> {
  const components: Component[] = [];
  for (const entry of listed.properties) {
    const values = new Map(
      parseProperties(await readText(zip, entry, budget)).map(({ key, value }) => [key, value.trim()]),
    );
    const [group, name, version] = [values.get('groupId'), values.get('artifactId'), values.get('version')];
    if (!isPlainName(group) || !isPlainName(name)) continue;
    components.push({
      ecosystem: 'maven',
      namespace: group,
      name,
      ...(isPlainName(version) && { version }),
      path,
    });
  }
  if (components.length > 0) return components;
  const attributes = listed.manifest ? parseManifest(await readText(zip, listed.manifest, budget)) : {};
  const own = fromManifest(path, attributes, listed.packages);
  return own ? [own] : [];
}

/** A jar that Maven did not build: its name and version as its file's name has them, else as its manifest does. */
function fromManifest(
  path: string,
  attributes: Readonly<Record<string, string>>,
  packages: ReadonlySet<string>,
): Component | undefined {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:jar|war|ear)$/i, '');
  const named = /^(.+?)-(v?\d[\w.+-]*)$/.exec(file);
  const version =
    named?.[2] ??
    [attributes['Implementation-Version'], attributes['Bundle-Version'], attributes['Specification-Version']].find(
      isPlainName,
    );
  const title = attributes['Implementation-Title'];
  const name = named?.[1] ?? (isPlainName(title) ? title : file);
  if (!isPlainName(name)) return undefined;
  const group = groupOfJar(name, attributes, packages);
  return {
    ecosystem: 'maven',
    ...(group === undefined ? { unnamed: true } : { namespace: group }),
    name,
    ...(version !== undefined && { version }),
    path,
  };
}

async function readNested(
  path: string,
  zip: ZipFile,
  entry: Entry,
  budget: JarBudget,
  found: Found,
): Promise<Uint8Array | undefined> {
  try {
    if (entry.uncompressedSize > budget.bytes) throw new Error('the archives of the image unpack to too much');
    return await readEntry(zip, entry, entry.uncompressedSize, budget);
  } catch (error) {
    found.unreadable.push({ path, because: describeError(error) });
    return undefined;
  }
}

async function readText(zip: ZipFile, entry: Entry, budget: JarBudget): Promise<string> {
  if (entry.uncompressedSize > maxText) throw new Error(`${entry.fileName} is larger than ${maxText} bytes`);
  return new TextDecoder().decode(await readEntry(zip, entry, maxText, budget));
}

/** The inflated bytes count, whatever the directory of the archive claims. */
async function readEntry(zip: ZipFile, entry: Entry, most: number, budget: JarBudget): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    size += chunk.length;
    budget.bytes -= chunk.length;
    if (size > most || budget.bytes < 0) throw new Error(`${entry.fileName} unpacks to more than it says`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
