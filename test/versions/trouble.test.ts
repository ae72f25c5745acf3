import { expect, test } from 'vitest';
import type { GitFacts } from '../../src/core/history.js';
import { reviewHistory } from '../../src/versions/trouble.js';

const clean: GitFacts = { revision: 'a'.repeat(40), dirty: false, exactTags: [], distance: 1, shallow: false };

test('a clean commit that the CI means gives no warning', () => {
  expect(reviewHistory(clean, { name: 'github', commit: 'a'.repeat(40) })).toEqual([]);
});

test('a changed tree, no commit, and a CI that means another commit are each told', () => {
  expect(reviewHistory({ ...clean, dirty: true, dirtyDigest: '12345678' }, { name: 'none' })).toEqual([
    'The work tree differs from its commit: the version ends in a digest of what differs.',
  ]);
  const { revision, ...uncommitted } = clean;
  expect(reviewHistory({ ...uncommitted, dirty: true }, { name: 'none', commit: revision ?? '' })).toEqual([
    'No git commit was found: the version names the content of the sources; commit and tag to get a release version.',
  ]);
  expect(reviewHistory(clean, { name: 'gitlab', commit: 'b'.repeat(40) })).toEqual([
    'The gitlab run is for bbbbbbbbbbbb, but aaaaaaaaaaaa is checked out: the version names the latter.',
  ]);
});
