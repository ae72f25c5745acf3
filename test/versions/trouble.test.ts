import { expect, test } from 'vitest';
import { reviewHistory } from '../../src/versions/trouble.js';
import { facts, noCi, revision } from './history.js';

test('a clean commit that the CI means gives no warning', () => {
  expect(reviewHistory(facts({ behind: ['v1.0.0'] }), { name: 'github', commit: revision })).toEqual([]);
  expect(reviewHistory(facts({}), noCi)).toEqual([]);
});

test('a changed tree and no commit are each told', () => {
  expect(reviewHistory(facts({ dirty: '12345678' }), noCi)).toEqual([
    'The work tree differs from its commit: the version ends in a digest of what differs.',
  ]);
  const nothing =
    'No git commit was found: the version names the content of the sources; commit and tag to get a release version.';
  expect(reviewHistory(facts({ revision: null, dirty: '12345678' }), noCi)).toEqual([nothing]);
  expect(reviewHistory(facts({ revision: null, dirty: '12345678' }), { name: 'circleci' })).toEqual([
    `${nothing} Run the step \`checkout\` first.`,
  ]);
});

test('a clone without any tag is told in a CI, with what to do there, unless the version needs none', () => {
  expect(reviewHistory(facts({}), { name: 'jenkins' })).toEqual([
    'The clone has no tags: where the repository has some, the version is wrong. Add the trait "Discover tags" to the branch source, or the behaviour "Advanced clone behaviours" with "Fetch tags". Or let Slipway fetch what is missing: --deepen.',
  ]);
  expect(reviewHistory(facts({}), { name: 'jenkins', pullRequest: '15' })).toEqual([]);
});

test('a prefix that no tag has is told', () => {
  const tagPrefix = 'acounts/';
  expect(reviewHistory(facts({ behind: ['accounts/v1.0.0', 'v1.0.0'] }), noCi, { tagPrefix })).toEqual([
    "None of the 2 tags is 'acounts/' and a version: version.tag-prefix may be mistyped.",
  ]);
  expect(reviewHistory(facts({ elsewhere: ['acounts/v1.0.0'] }), noCi, { tagPrefix })).toEqual([]);
});

test('what was odd in the file that states the version is told', () => {
  const stated = { version: '1.0.0', written: '1.0.0', file: 'pom.xml', warnings: ['It is odd.'] };
  expect(reviewHistory(facts({}), noCi, { scheme: 'file', stated })).toEqual(['It is odd.']);
});
