import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { describeError, Failure } from '../core/failure.js';
import type { JarChoice, JarFile } from '../core/jar-file.js';

const manifestName = 'META-INF/MANIFEST.MF';
/** A jar of more entries than this is none that runs: the largest known have some 60,000. */
const maxEntries = 200_000;
/** Bytes of all entries, unpacked: more than any program, less than what fills a builder's disk. */
const maxUnpacked = 8_000_000_000;
const maxText = 1_000_000;
/** A launch script that stands before the zip is some 10 kB (Spring Boot's `executable` jars). */
const maxPrefix = 1_000_000;

/**
 * Read what detection needs of a jar: nothing is unpacked to disk, and of each entry no more than its bound is inflated.
 * Throws `detect.unreadable` for a file that is no zip, is truncated or encrypted, `detect.hostile` for entries that lead out
 * of it or are too many.
 */
export async function readJarFile(file: string, path: string, choose: JarChoice): Promise<JarFile> {
  try {
    const zip = await openZip(file);
    try {
      return await readParts(zip, path, choose);
    } finally {
      zip.close();
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(path, error);
  }
}

async function readParts(zip: ZipFile, path: string, choose: JarChoice): Promise<JarFile> {
  const found = await listEntries(zip, path);
  const entries = [...found.keys()];
  const manifestEntry = found.get(manifestName);
  const wanted = choose(manifestEntry ? await readText(zip, manifestEntry) : '', entries);
  return {
    path,
    manifest: wanted.manifest,
    entries,
    texts: await readEach(found, wanted.texts, (entry) => readText(zip, entry)),
    classVersions: await readEach(found, wanted.classes, (entry) => readClassVersion(zip, entry)),
  };
}

async function listEntries(zip: ZipFile, path: string): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    unpacked += entry.uncompressedSize;
    if (found.size >= maxEntries) throw hostile(path, `it has more than ${maxEntries} entries`);
    if (unpacked > maxUnpacked) throw hostile(path, `its entries unpack to more than ${maxUnpacked / 1e9} GB`);
    found.set(entry.fileName, entry);
  }
  return found;
}

async function readEach<T>(
  found: ReadonlyMap<string, Entry>,
  names: readonly string[],
  read: (entry: Entry) => Promise<T | undefined>,
): Promise<Readonly<Record<string, T>>> {
  const values: Record<string, T> = {};
  for (const name of names) {
    const entry = found.get(name);
    const value = entry && (await read(entry));
    if (value !== undefined) values[name] = value;
  }
  return values;
}

async function readText(zip: ZipFile, entry: Entry): Promise<string> {
  return (await readStart(zip, entry, maxText)).toString('utf8');
}

/** Bytes 6 and 7 after the magic number (https://docs.oracle.com/javase/specs/jvms/se25/html/jvms-4.html#jvms-4.1). */
async function readClassVersion(zip: ZipFile, entry: Entry): Promise<number | undefined> {
  const start = await readStart(zip, entry, 8);
  return start.length === 8 && start.readUInt32BE(0) === 0xcafebabe ? start.readUInt16BE(6) : undefined;
}

/** The first bytes of an entry: a stream that inflates is left when it has given as many. */
async function readStart(zip: ZipFile, entry: Entry, length: number): Promise<Buffer> {
  const stream = await zip.openReadStreamPromise(entry);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}

async function openZip(file: string): Promise<ZipFile> {
  const size = statSync(file).size;
  const prefix = prefixOf(file, size);
  return fromRandomAccessReaderPromise(new FileReader(file, prefix), size - prefix, {
    lazyEntries: true,
    autoClose: false,
  });
}

/** Length of the script before the zip: up to the first local file header. 0 for a plain zip, and for what is none. */
function prefixOf(file: string, size: number): number {
  const start = Buffer.alloc(Math.min(size, maxPrefix));
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.subarray(0, 2).toString('latin1') === '#!'
    ? Math.max(0, start.indexOf('PK\u0003\u0004', 0, 'latin1'))
    : 0;
}

/** Reads a file from an offset on: offsets in a zip behind a script are counted from the zip's own start. */
class FileReader extends RandomAccessReader {
  readonly #file: string;
  readonly #offset: number;

  constructor(file: string, offset: number) {
    super();
    this.#file = file;
    this.#offset = offset;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return createReadStream(this.#file, { start: start + this.#offset, end: end + this.#offset - 1 });
  }
}

function unreadable(path: string, cause: unknown): Failure {
  return new Failure('detect.unreadable', {
    message: `The file is no jar that can be read: ${describeError(cause)}`,
    where: path,
    remedy: 'Name a whole jar or war, as the build left it, or the directory of the project.',
    cause,
  });
}

function hostile(path: string, why: string): Failure {
  return new Failure('detect.hostile', {
    message: `The jar cannot be one that runs: ${why}`,
    where: path,
    remedy: 'Build it again, and name what the build leaves.',
  });
}
