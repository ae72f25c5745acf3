import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { openSourceTree } from '../../src/io/source-tree.js';
import { makeDirectory } from './repository.js';

test('files are read as text, whatever their encoding', () => {
  const root = makeDirectory({
    'plain.txt': 'grün\r\n',
    'bom.txt': '\ufeffwith a mark',
    'utf16le.txt': Buffer.from('\ufeffgrün', 'utf16le'),
    'utf16be.txt': Buffer.from('\ufeffgrün', 'utf16le').swap16(),
    'latin1.properties': Buffer.from('a=gr\xfcn', 'latin1'),
    empty: '',
  });
  const tree = openSourceTree(root);
  const names = ['plain.txt', 'bom.txt', 'utf16le.txt', 'utf16be.txt', 'latin1.properties', 'empty', 'none'];
  expect(names.map((name) => tree.read(name))).toEqual([
    'grün\r\n',
    'with a mark',
    'grün',
    'grün',
    'a=grün',
    '',
    undefined,
  ]);
});

test('what is no text, or larger than what it is for allows, is refused by name', () => {
  const binary = Buffer.from([0x50, 0x4b, 0, 1]);
  const tree = openSourceTree(
    makeDirectory({
      'binary.xml': binary,
      'large.json': 'a'.repeat(1_000_000),
      'larger.json': 'a'.repeat(1_000_001),
      'lock.json': 'a'.repeat(10_000_000),
      'huge.json': 'a'.repeat(10_000_001),
    }),
  );
  const refused = (where: string) => expect.objectContaining({ code: 'detect.unreadable', where });
  expect([tree.read('large.json'), tree.read('lock.json', 'lockfile')].map((text) => text?.length)).toEqual([1e6, 1e7]);
  expect(() => tree.read('binary.xml')).toThrow(refused('binary.xml'));
  expect(() => tree.read('larger.json')).toThrow(refused('larger.json'));
  expect(() => tree.read('huge.json', 'lockfile')).toThrow(refused('huge.json'));
});

test('of a source the start is read, however large it is, and no half character at its end', () => {
  const root = makeDirectory({ 'Small.java': 'klein', 'Large.java': `class ${'ü'.repeat(200_000)}`, 'zeros.go': '' });
  truncateSync(join(root, 'zeros.go'), 20_000_000);
  const tree = openSourceTree(root);
  expect([
    tree.read('Small.java', 'source'),
    tree.read('Large.java', 'source'),
    tree.read('None.java', 'source'),
  ]).toEqual(['klein', `class ${'ü'.repeat(131_069)}`, undefined]);
  expect(() => tree.read('zeros.go', 'source')).toThrow(expect.objectContaining({ where: 'zeros.go' }));
});

test('directories are listed sorted by code units; files and directories are told apart', () => {
  const root = makeDirectory({ 'b/x': '', 'a.txt': '', 'B.txt': '', 'ä.txt': '', a: '' });
  const tree = openSourceTree(root);
  expect(tree.list('')).toEqual([
    { name: 'B.txt', type: 'file' },
    { name: 'a', type: 'file' },
    { name: 'a.txt', type: 'file' },
    { name: 'b', type: 'directory' },
    { name: 'ä.txt', type: 'file' },
  ]);
  expect([tree.list('b'), tree.list('./b/'), tree.list('a'), tree.list('none')]).toEqual([
    [{ name: 'x', type: 'file' }],
    [{ name: 'x', type: 'file' }],
    [],
    [],
  ]);
  expect([tree.has('b'), tree.has('b/x'), tree.has('a/x'), tree.has('')]).toEqual([false, true, false, false]);
  expect([tree.read('b'), tree.read('a/x')]).toEqual([undefined, undefined]);
});

test('nothing outside the tree is seen, by any path or link', () => {
  const parent = makeDirectory({
    'secret.txt': 'secret',
    'project/in.txt': 'in',
    'project-b/x.txt': 'sibling',
    'project/dir/y': 'y',
  });
  const root = join(parent, 'project');
  symlinkSync('../secret.txt', join(root, 'out.txt'));
  symlinkSync('..', join(root, 'up'));
  symlinkSync(join(parent, 'project-b'), join(root, 'sibling'));
  symlinkSync('in.txt', join(root, 'within.txt'));
  symlinkSync('dir', join(root, 'dir-link'));
  symlinkSync('circle', join(root, 'circle'));
  symlinkSync('nowhere', join(root, 'dangling'));
  const tree = openSourceTree(root);
  const outside = [
    'out.txt',
    'up/secret.txt',
    'sibling/x.txt',
    '../secret.txt',
    'dir/../../secret.txt',
    'dir\\..\\..\\secret.txt',
    join(parent, 'secret.txt'),
    '/etc/passwd',
    'circle',
    'dangling',
    'in.txt\0',
    'n'.repeat(5000),
  ];
  expect(outside.map((path) => [tree.read(path), tree.has(path), tree.list(path)])).toEqual(
    outside.map(() => [undefined, false, []]),
  );
  expect([tree.list('up'), tree.list('..'), tree.list(parent), tree.list('sibling')]).toEqual([[], [], [], []]);
  expect([tree.read('within.txt'), tree.read('dir-link/y')]).toEqual(['in', 'y']);
  expect(tree.list('').map((entry) => `${entry.name} ${entry.type}`)).toEqual([
    'dir directory',
    'dir-link directory',
    'in.txt file',
    'within.txt file',
  ]);
});

test('a root reached by a link is a tree named after the link', () => {
  const parent = makeDirectory({ 'real/in.txt': 'in' });
  symlinkSync('real', join(parent, 'service'));
  const tree = openSourceTree(`${join(parent, 'service')}/`);
  expect([tree.name, tree.read('in.txt')]).toEqual(['service', 'in']);
});

test('what was read once stays as it was', () => {
  const root = makeDirectory({ 'a.txt': 'before' });
  const tree = openSourceTree(root);
  const before = [tree.name, tree.read('a.txt'), tree.list('')];
  writeFileSync(join(root, 'a.txt'), 'after');
  writeFileSync(join(root, 'b.txt'), 'new');
  expect([tree.name, tree.read('a.txt'), tree.list('')]).toEqual(before);
  expect(before).toEqual([basename(root), 'before', [{ name: 'a.txt', type: 'file' }]]);
});

test('a directory that is not there, or is a file, is a mistake in the call', () => {
  const root = makeDirectory({ file: '' });
  for (const path of [join(root, 'none'), join(root, 'file')]) {
    expect(() => openSourceTree(path)).toThrow(expect.objectContaining({ code: 'settings.usage', where: path }));
  }
});
