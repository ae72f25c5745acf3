import { expect, it } from 'vitest';
import { orderRevisions } from '../../src/io/ancestry.js';
import { commitAll, git, makeDirectory, makeRepository } from './repository.js';

it('tells the older of two commits where one descends from the other, and nothing where it does not know', async () => {
  const directory = makeRepository();
  const first = git(directory, 'rev-parse', 'HEAD');
  const second = commitAll(directory, 'second');
  git(directory, 'checkout', '-q', '-b', 'side', first);
  const side = commitAll(directory, 'side');
  const order = (ours: string, theirs: string) => orderRevisions(directory, ours, theirs);
  expect(await order(second, first)).toBe('newer');
  expect(await order(first, second)).toBe('older');
  expect(await order(first, first)).toBe('same');
  expect(await order(side, second)).toBe('unknown');
  expect(await order(first, '0'.repeat(40))).toBe('unknown');
  expect(await order(first, '--all')).toBe('unknown');
  expect(await orderRevisions(makeDirectory(), first, second)).toBe('unknown');
});
