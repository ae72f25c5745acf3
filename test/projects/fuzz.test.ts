import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import { openSourceTree } from '../../src/io/source-tree.js';
import { detectProject, kindNamed } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';
import { makeWorkspace } from '../support/cli.js';
import { makeFixtureFiles, seeds } from './fuzz-seeds.js';

/** Whatever stands in a file that detection reads: an answer or a Failure, within a second of this process's own time. */
const workspace = makeWorkspace();
afterAll(() => workspace.remove());

const outside = join(workspace.path, 'outside.txt');
writeFileSync(outside, 'module read-from-outside\n');

type Mutation = (bytes: Buffer) => Buffer;

const text =
  (change: (text: string) => string): Mutation =>
  (bytes) =>
    Buffer.from(change(bytes.toString('utf8')));
const prefix =
  (...bytes: readonly number[]): Mutation =>
  (rest) =>
    Buffer.concat([Buffer.from(bytes), rest]);
const utf16 = (content: Buffer): Buffer => Buffer.from(content.toString('utf8'), 'utf16le');

/** To just below what a file may have. */
function fill(piece: string): Mutation {
  return (bytes) => {
    const count = Math.floor((9_990_000 - bytes.length) / Buffer.byteLength(piece));
    return Buffer.concat([bytes, Buffer.from(piece.repeat(count))]);
  };
}

const anchors = `a: &a [x, x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: &b${index} [*${index ? `b${index - 1}` : 'a'}, *${index ? `b${index - 1}` : 'a'}]\n`).join('')}`;
const entities = `<!DOCTYPE x [<!ENTITY e0 "ha">${Array.from({ length: 30 }, (_, index) => `<!ENTITY e${index + 1} "&e${index};&e${index};">`).join('')}]>`;
const external = `<!DOCTYPE x [<!ENTITY e SYSTEM "file://${outside}"><!ENTITY % p SYSTEM "file://${outside}"> %p;]>`;

const mutations: Readonly<Record<string, Mutation>> = {
  empty: () => Buffer.alloc(0),
  blank: () => Buffer.from(' \t\r\n'),
  'cut in half': (bytes) => bytes.subarray(0, bytes.length / 2),
  'without its last byte': (bytes) => bytes.subarray(0, -1),
  'a byte order mark': prefix(0xef, 0xbb, 0xbf),
  'two byte order marks': prefix(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf),
  'UTF-16, little end first': (bytes) => prefix(0xff, 0xfe)(utf16(bytes)),
  'UTF-16, big end first': (bytes) => prefix(0xfe, 0xff)(utf16(bytes).swap16()),
  'UTF-16 without a mark': utf16,
  'half of a surrogate pair': text((content) => content.replace(/[a-z]/g, '\ud83d')),
  'Windows line ends': text((content) => content.replaceAll('\n', '\r\n')),
  'old Macintosh line ends': text((content) => content.replaceAll('\n', '\r')),
  'a zero byte': text((content) => `${content}\0`),
  'bytes that are no UTF-8': prefix(0xc3, 0x28, 0xff),
  'itself twice': text((content) => content + content),
  'every line twice': text((content) => content.replace(/^.*$/gm, '$&\n$&')),
  'lines backwards': text((content) => content.split('\n').reverse().join('\n')),
  'texts as numbers': text((content) => content.replace(/"[^"\n]*"/g, '1')),
  'values as lists': text((content) => content.replace(/: ("[^"\n]*")/g, ': [[$1]]')),
  'values as objects': text((content) => content.replace(/: ("[^"\n]*")/g, ': {"__proto__": $1}')),
  'numbers as long ones': text((content) => content.replace(/\d+/g, '9'.repeat(400))),
  'names as reserved ones': text((content) => content.replace(/\b[a-z]{4,}\b/g, 'constructor')),
  null: () => Buffer.from('null'),
  'a number': () => Buffer.from('1e999'),
  'a list': () => Buffer.from('[{"name":1}]'),
  'deep lists': () => Buffer.from('['.repeat(200_000)),
  'deep objects': () => Buffer.from('{"a":'.repeat(100_000)),
  'deep elements': () => Buffer.from('<project>'.repeat(100_000)),
  'deep blocks': text((content) => `${content}\n${'a { '.repeat(100_000)}`),
  'deep indentation': text(
    (content) => content + Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  ),
  'YAML anchors that grow': () => Buffer.from(anchors),
  'a YAML alias of itself': () => Buffer.from('a: &a\n  b: *a\npackages: *a\nserver: *a\n'),
  'XML entities that grow': text((content) => `${entities}${content.replaceAll('>', '>&e30;')}`),
  'an XML entity from outside': text((content) => `${external}${content.replaceAll('</', '&e;</')}`),
  '10 MB of blanks': fill(' '),
  '10 MB of lines': fill('\n'),
  '10 MB of itself': (bytes) => fill(`${bytes.toString('utf8')}\n`)(bytes),
  '10 MB of quotes': fill('"'),
  '10 MB of one word': fill('a'),
  'more than 10 MB': (bytes) => Buffer.concat([bytes, Buffer.alloc(10_000_001, 0x20)]),
};

describe.each(seeds)('$name', (seed) => {
  const directory = join(workspace.path, seed.name);
  const files = makeFixtureFiles(seed, directory);

  it('is detected as it stands, from files that the next tests change', () => {
    expect(answer(directory).split(' ')[0]).toBe(seed.kind);
    expect(files).not.toEqual([]);
  });

  it.each(Object.keys(mutations))('%s, in any file that is read, ends in an answer or a refusal', (name) => {
    const mutate = mutations[name] ?? expect.fail();
    for (const file of files) {
      withFile(join(directory, file), mutate, () => expect(answer(directory, file)).not.toContain('read-from-outside'));
    }
  });

  it('so does a directory, a link out of the tree, or a link to itself in place of a file', () => {
    for (const file of files) {
      const path = join(directory, file);
      for (const replace of [() => mkdirSync(path), () => symlinkSync(outside, path), () => symlinkSync(path, path)]) {
        const before = readFileSync(path);
        rmSync(path);
        replace();
        expect(answer(directory, file)).not.toContain('read-from-outside');
        rmSync(path, { recursive: true });
        writeFileSync(path, before);
      }
    }
  });

  it('so does any piece put in place of another', () => {
    const piece = fc.oneof(
      fc.constantFrom('"', '{', '[', '<', '${', '\\', '\n', '&', ':', '*', '${a}', '-', '0'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(4000), fc.nat(40), piece, (file, at, length, put) => {
        const change = text((content) => {
          const from = at % (content.length + 1);
          return content.slice(0, from) + put + content.slice(from + length);
        });
        withFile(join(directory, file), change, () => answer(directory, file));
      }),
      { numRuns: 150 },
    );
  });
});

function withFile(path: string, mutate: Mutation, look: () => void): void {
  const before = readFileSync(path);
  writeFileSync(path, mutate(before));
  try {
    look();
  } finally {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, before);
  }
}

/** The kind with all that was found, or the failure's code and words. Throws what is no Failure. */
function answer(directory: string, file = ''): string {
  const started = process.cpuUsage();
  try {
    const project = detectProject(openSourceTree(directory), kinds, { hints: {} });
    const recipe = kindNamed(kinds, project.kind).recipe(project, { platform: 'linux/amd64', version: '1.0.0' });
    return `${project.kind} ${JSON.stringify([project, recipe])}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.code).toMatch(/^detect\./);
    return `${error.code}: ${error.message} ${error.where}`;
  } finally {
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000, file).toBeLessThan(1000);
  }
}
