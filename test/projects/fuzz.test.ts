import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/cli.js';
import { answerTo } from './fuzz-answer.js';
import { type Mutation, mutationsWith } from './fuzz-mutations.js';
import { writeTargets } from './fuzz-seeds.js';

/** Whatever stands in a file that detection reads: an answer or a Failure, within a second of this process's own time. */
const workspace = makeWorkspace();
afterAll(() => workspace.remove());

const outside = join(workspace.path, 'outside.txt');
writeFileSync(outside, 'module read-from-outside\n');
const mutations = mutationsWith(outside);
const targets = writeTargets(workspace.path);

it('knows the formats that every kind reads', () => {
  const names = targets.flatMap(({ files }) => files.map((file) => file.slice(file.lastIndexOf('/') + 1)));
  const least = ['pom.xml', 'libs.versions.toml', 'gradle.properties', 'application.yml', 'application.properties'];
  least.push(
    'package.json',
    'pnpm-workspace.yaml',
    'yarn.lock',
    'tsconfig.json',
    'angular.json',
    '.nvmrc',
    '.tool-versions',
  );
  least.push('go.mod', 'go.work', 'main.go', 'mise.toml', '.sdkmanrc', 'slipway.yml');
  expect(names).toEqual(expect.arrayContaining(least));
});

describe.each(targets)('$name', ({ directory, files }) => {
  it.each(Object.keys(mutations))('%s, in any file that is read, ends in an answer or a refusal', async (name) => {
    const mutate = mutations[name] ?? expect.fail();
    for (const file of files) {
      const said = await withFile(join(directory, file), mutate, () => answer(directory, file));
      expect(said).not.toContain('read-from-outside');
    }
  });

  it('so does a directory, a link out of the tree, or a link to itself in place of a file', async () => {
    for (const file of files) {
      const path = join(directory, file);
      for (const replace of [() => mkdirSync(path), () => symlinkSync(outside, path), () => symlinkSync(path, path)]) {
        const before = readFileSync(path);
        rmSync(path);
        replace();
        expect(await answer(directory, file)).not.toContain('read-from-outside');
        rmSync(path, { recursive: true });
        writeFileSync(path, before);
      }
    }
  });

  it('so does any piece put in place of another', async () => {
    const piece = fc.oneof(
      fc.constantFrom('"', '{', '[', '<', '${', '\\', '\n', '&', ':', '*', '${a}', '-', '0'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(4000), fc.nat(40), piece, async (file, at, length, put) => {
        await withFile(join(directory, file), replacePiece(at, length, put), () => answer(directory, file));
      }),
      { numRuns: 40 },
    );
  });
});

function replacePiece(at: number, length: number, put: string): Mutation {
  return (bytes) => {
    const content = bytes.toString('utf8');
    const from = at % (content.length + 1);
    return Buffer.from(content.slice(0, from) + put + content.slice(from + length));
  };
}

async function withFile<T>(path: string, mutate: Mutation, look: () => Promise<T>): Promise<T> {
  const before = readFileSync(path);
  writeFileSync(path, mutate(before));
  try {
    return await look();
  } finally {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, before);
  }
}

/** What detection says, within a second of this process's own time. */
async function answer(directory: string, file: string): Promise<string> {
  const { code, said, cost } = await answerTo(directory);
  expect(code).toMatch(/^(answer$|detect\.|settings\.)/);
  expect(cost, file).toBeLessThan(1000);
  return said;
}
