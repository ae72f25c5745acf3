import { expect, test } from 'vitest';
import { jarVersion } from '../../src/versions/jar-version.js';

const git = {
  dirty: false,
  exactTags: [],
  knownTags: [],
  parents: [],
  distance: 0,
  shallow: false,
  dirtyDigest: '0123abcd',
} as const;

test.each([
  ['1.2.3', '1.2.3', "Implementation-Version in the jar's manifest is 1.2.3; there is no repository around it"],
  [
    '1.2.3-SNAPSHOT',
    '1.2.3-SNAPSHOT.d0123abcd',
    "Implementation-Version in the jar's manifest is 1.2.3-SNAPSHOT; there is no repository around it",
  ],
  ['2024', '0.1.0-nogit.d0123abcd', 'there is no commit: the version names the content of the sources'],
  [undefined, '0.1.0-nogit.d0123abcd', 'there is no commit: the version names the content of the sources'],
])('a jar that states the version %s is %s', (stated, version, because) => {
  expect(jarVersion(stated, git).plan).toEqual({ version, tags: [version], because });
});
