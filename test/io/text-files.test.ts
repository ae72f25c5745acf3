import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTextFile } from '../../src/io/text-files.js';
import { makeDirectory } from './repository.js';

test('a file is made with its directories, and replaced, with nothing left beside it', async () => {
  const root = makeDirectory();
  const path = join(root, 'out/plan/plan.json');
  await writeTextFile(path, 'one\n');
  await writeTextFile(path, 'grün\n');
  expect([readFileSync(path, 'utf8'), readdirSync(join(root, 'out/plan'))]).toEqual(['grün\n', ['plan.json']]);
});

test('who has the old file open keeps reading it whole', async () => {
  const root = makeDirectory({ 'a.txt': 'old' });
  const before = statSync(join(root, 'a.txt')).ino;
  await writeTextFile(join(root, 'a.txt'), 'new');
  expect(statSync(join(root, 'a.txt')).ino).not.toBe(before);
});

test('mode and link of what is replaced stay', async () => {
  const root = makeDirectory({ 'real.txt': 'old' });
  chmodSync(join(root, 'real.txt'), 0o600);
  symlinkSync('real.txt', join(root, 'link.txt'));
  await writeTextFile(join(root, 'link.txt'), 'new');
  expect([
    lstatSync(join(root, 'link.txt')).isSymbolicLink(),
    readFileSync(join(root, 'real.txt'), 'utf8'),
    statSync(join(root, 'real.txt')).mode & 0o777,
  ]).toEqual([true, 'new', 0o600]);
});

test('a device is written to', async () => {
  await writeTextFile('/dev/null', 'text');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('what cannot be written is a failure, and leaves the old file and nothing else', async () => {
  const root = makeDirectory({ 'file.txt': 'old', 'dir/x': '' });
  for (const path of [join(root, 'file.txt/below.txt'), join(root, 'dir'), join(root, 'n'.repeat(300))]) {
    await expect(writeTextFile(path, 'new')).rejects.toMatchObject({ code: 'settings.usage', where: path });
  }
  expect([readFileSync(join(root, 'file.txt'), 'utf8'), readdirSync(root)]).toEqual(['old', ['dir', 'file.txt']]);
});

test('writers at the same time end with the text of one of them', async () => {
  const path = join(makeDirectory(), 'a.txt');
  const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => writeTextFile(path, text)));
  expect(texts).toContain(readFileSync(path, 'utf8'));
});
