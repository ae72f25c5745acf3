import { expect, test } from 'vitest';
import { relateCommits } from '../../src/io/relate-commits.js';
import { commitAll, git, makeDirectory, makeRepository } from './repository.js';

test('two commits are related as the history has them', async () => {
  const root = makeRepository();
  const first = git(root, 'rev-parse', 'HEAD').trim();
  git(root, 'checkout', '-q', '-b', 'side');
  commitAll(root, 'side');
  const side = git(root, 'rev-parse', 'HEAD').trim();
  git(root, 'checkout', '-q', 'main');
  commitAll(root, 'second');
  const second = git(root, 'rev-parse', 'HEAD').trim();
  git(root, 'checkout', '-q', '--orphan', 'other');
  commitAll(root, 'another beginning');
  const other = git(root, 'rev-parse', 'HEAD').trim();
  const relations = [
    [first, second],
    [second, first],
    [second, second],
    [side, second],
    [other, second],
    ['f'.repeat(40), second],
    ['main', second],
    ['--all', second],
  ].map(([theirs = '', ours = '']) => relateCommits(root, theirs, ours));
  expect(await Promise.all(relations)).toEqual([
    'ancestor',
    'descendant',
    'same',
    'diverged',
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a shallow clone does not say that two commits have nothing in common', async () => {
  const root = makeRepository();
  git(root, 'checkout', '-q', '-b', 'side');
  commitAll(root, 'side');
  const side = git(root, 'rev-parse', 'HEAD').trim();
  git(root, 'checkout', '-q', 'main');
  commitAll(root, 'second');
  const second = git(root, 'rev-parse', 'HEAD').trim();
  const clone = makeDirectory({});
  git(clone, 'clone', '-q', '--depth', '1', '--no-single-branch', `file://${root}`, '.');
  expect(await relateCommits(clone, side, second)).toBe(undefined);
});

test('without a repository nothing is known', async () => {
  expect(await relateCommits(makeDirectory({}), 'a'.repeat(40), 'b'.repeat(40))).toBe(undefined);
});
