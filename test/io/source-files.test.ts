import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listSourceFiles } from '../../src/io/source-files.js';
import { commitAll, git, makeDirectory, makeRepository, writeFiles } from './repository.js';

test('in a repository: tracked and new files, not ignored, deleted or of git itself', async () => {
  const root = makeRepository({
    '.gitignore': 'dist/\n*.log\n',
    'a.txt': 'a',
    'b/c d.txt': 'c',
    'gone.txt': '',
    'ü.txt': '',
    'Z.txt': '',
  });
  writeFiles(root, { 'new/file.txt': '', 'dist/out.js': '', 'x.log': '', 'forced.log': '' });
  git(root, 'add', '-f', 'forced.log');
  rmSync(join(root, 'gone.txt'));
  symlinkSync('/etc', join(root, 'link'));
  symlinkSync('nowhere', join(root, 'dangling'));
  expect(await listSourceFiles(root)).toEqual([
    '.gitignore',
    'Z.txt',
    'a.txt',
    'b/c d.txt',
    'dangling',
    'forced.log',
    'link',
    'new/file.txt',
    'ü.txt',
  ]);
});

test('in a directory of a repository: only what is below it, by paths from there', async () => {
  const root = makeRepository({
    '.gitignore': '*.log',
    'one/a.txt': '',
    'one/sub/b.txt': '',
    'two/a.txt': '',
    'top.txt': '',
  });
  writeFiles(root, { 'one/x.log': '', 'one/new.txt': '', 'two/new.txt': '' });
  expect(await listSourceFiles(join(root, 'one'))).toEqual(['a.txt', 'new.txt', 'sub/b.txt']);
});

test('submodules and repositories within are listed with their files', async () => {
  const inner = makeRepository({ 'lib.txt': '', '.gitignore': 'ignored\n' });
  const root = makeRepository({ 'a.txt': '' });
  git(root, 'submodule', '--quiet', 'add', inner, 'modules/lib');
  commitAll(root, 'submodule');
  git(root, 'clone', '-q', inner, join(root, 'nested'));
  writeFiles(root, { 'modules/lib/ignored': '', 'modules/lib/new.txt': '', 'nested/ignored': '' });
  expect(await listSourceFiles(root)).toEqual([
    '.gitmodules',
    'a.txt',
    'modules/lib/.gitignore',
    'modules/lib/lib.txt',
    'modules/lib/new.txt',
    'nested/.gitignore',
    'nested/lib.txt',
  ]);
  git(root, 'submodule', '--quiet', 'deinit', '-f', 'modules/lib');
  expect((await listSourceFiles(root)).filter((path) => path.startsWith('modules'))).toEqual([]);
});

test('a file in conflict is listed once', async () => {
  const root = makeRepository({ 'a.txt': 'one' });
  git(root, 'checkout', '-q', '-b', 'other');
  writeFiles(root, { 'a.txt': 'two' });
  commitAll(root, 'two');
  git(root, 'checkout', '-q', 'main');
  writeFiles(root, { 'a.txt': 'three' });
  commitAll(root, 'three');
  expect(() => git(root, 'merge', '-q', 'other')).toThrow();
  expect(await listSourceFiles(root)).toEqual(['a.txt']);
});

test('outside a repository: everything but node_modules; links stay links', async () => {
  const root = makeDirectory({
    'a.txt': '',
    'target/x.jar': '',
    'node_modules/m/index.js': '',
    'sub/node_modules/m.js': '',
    'sub/b.txt': '',
  });
  symlinkSync('..', join(root, 'up'));
  expect(await listSourceFiles(root)).toEqual(['a.txt', 'sub/b.txt', 'target/x.jar', 'up']);
});

test('a directory that the repository around it ignores is a project of its own', async () => {
  const root = makeRepository({ '.gitignore': 'scratch/\n' });
  writeFiles(root, { 'scratch/app/a.txt': '' });
  expect(await listSourceFiles(join(root, 'scratch/app'))).toEqual(['a.txt']);
});

test('a name that no list can carry is refused', async () => {
  for (const name of ['a\nb.txt', 'a\rb', 'tab\tb', 'esc\u001b[2J', 'del\u007f']) {
    const files = { [name]: '', 'ok.txt': '' };
    await expect(listSourceFiles(makeDirectory(files))).rejects.toMatchObject({
      code: 'detect.hostile',
      where: JSON.stringify(name),
    });
    await expect(listSourceFiles(makeRepository(files))).rejects.toMatchObject({
      code: 'detect.hostile',
      where: JSON.stringify(name),
    });
  }
});

test('an empty directory has no files', async () => {
  expect(await listSourceFiles(makeDirectory())).toEqual([]);
});
