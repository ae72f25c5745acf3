import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeArchive } from '../../../src/engines/docker/tar.js';
import { staysInside, unpackInto } from '../../../src/engines/docker/unpack.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-archive-'));
});
afterEach(() => rm(root, { recursive: true }));

test('the same content is the same archive, whatever its times, modes and size class', async () => {
  const hashes = [];
  for (const [name, mode, time] of [
    ['a', 0o600, 1],
    ['b', 0o664, 1_700_000_000],
  ] as const) {
    const directory = join(root, name);
    await mkdir(directory);
    await writeFile(join(directory, 'small'), 'small');
    await writeFile(join(directory, 'large'), Buffer.alloc(300_000, 7));
    await writeFile(join(directory, 'run'), '#!/bin/sh\n');
    await symlink('small', join(directory, 'link'));
    for (const file of ['small', 'large']) await chmod(join(directory, file), mode);
    await chmod(join(directory, 'run'), name === 'a' ? 0o700 : 0o775);
    await utimes(join(directory, 'small'), time, time);
    const entries = ['large', 'link', 'run', 'small'].map(
      (file) => ({ name: file, type: 'path', path: join(directory, file) }) as const,
    );
    const bytes = await buffer(writeArchive([{ name: 'd', type: 'directory' }, ...entries], { normalise: true }));
    hashes.push(createHash('sha256').update(bytes).digest('hex'));
  }
  expect(hashes[0]).toBe(hashes[1]);
});

test('a file that cannot be read ends the archive with an error', async () => {
  const archive = writeArchive([{ name: 'x', type: 'path', path: join(root, 'nowhere') }], { normalise: true });
  await expect(buffer(archive)).rejects.toMatchObject({ code: 'ENOENT' });
});

function archiveOf(headers: readonly (Partial<Header> & { name: string })[]): Readable {
  const archive = pack();
  for (const header of headers) archive.entry({ ...header }, header.type && header.type !== 'file' ? '' : 'content');
  archive.finalize();
  return Readable.from(archive, { objectMode: false });
}

test('an archive is unpacked below its first directory, with modes that the umask does not change', async () => {
  const before = process.umask(0o077);
  try {
    await unpackInto(
      archiveOf([
        { name: 'out/', type: 'directory' },
        { name: 'out/link', type: 'symlink', linkname: 'deep/file' },
        { name: 'out/deep/file', mode: 0o755 },
      ]),
      root,
    );
  } finally {
    process.umask(before);
  }
  expect(await readdir(root)).toEqual(['deep', 'link']);
  expect((await lstat(join(root, 'deep/file'))).mode & 0o777).toBe(0o755);
  expect(await readFile(join(root, 'link'), 'utf8')).toBe('content');
});

test.each([
  ['a parent', [{ name: 'out/../../escaped' }]],
  ['an absolute name', [{ name: '/escaped' }]],
  ['an absolute link', [{ name: 'out/l', type: 'symlink', linkname: '/etc' }]],
  ['a link to a parent', [{ name: 'out/a/l', type: 'symlink', linkname: '../../x' }]],
  ['a link in the place of the directory', [{ name: 'out', type: 'symlink', linkname: 'x' }]],
  ['a hard link', [{ name: 'out/l', type: 'link', linkname: '/etc/passwd' }]],
  ['a device', [{ name: 'out/d', type: 'character-device' }]],
] as const)('a hostile archive with %s is refused', async (_, headers) => {
  const inner = join(root, 'inner');
  await mkdir(inner);
  await expect(unpackInto(archiveOf(headers), inner)).rejects.toMatchObject({ code: 'build.output-missing' });
  expect(await readdir(root)).toEqual(['inner']);
});

test('nothing is written through a link, and no file twice', async () => {
  const through = [
    { name: 'out/l', type: 'symlink', linkname: 'd' },
    { name: 'out/l/file', type: 'file' },
  ] as const;
  await expect(unpackInto(archiveOf(through), root)).rejects.toMatchObject({ code: 'build.output-missing' });
  expect((await lstat(join(root, 'l'))).isDirectory()).toBe(true);
  await expect(unpackInto(archiveOf([{ name: 'out/f' }, { name: 'out/f' }]), root)).rejects.toMatchObject({
    code: 'build.output-missing',
  });
});

test('a link stays inside as long as it never climbs over the top', () => {
  expect(['b', '../x', '../../x', 'c/../../x', '/x', '', '..'].map((target) => staysInside('a/l', target))).toEqual([
    true,
    true,
    false,
    true,
    false,
    false,
    true,
  ]);
});
