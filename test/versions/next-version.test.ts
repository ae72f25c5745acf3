import fc from 'fast-check';
import { compare, gt, lt, valid } from 'semver';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import type { CiFacts, GitFacts } from '../../src/core/history.js';
import { chooseBaseTag, nextVersion } from '../../src/versions/next-version.js';
import type { VersionRules } from '../../src/versions/release-tags.js';

const revision = '0123456789abcdef0123456789abcdef01234567';
const noCi: CiFacts = { name: 'none' };

interface History {
  readonly on?: readonly string[];
  readonly behind?: readonly string[];
  readonly distance?: number;
  readonly branch?: string | null;
  readonly dirty?: string;
  readonly shallow?: boolean;
  readonly revision?: string | null;
}

/** Facts as the reader of git gives them: the base is the one that the rules choose. */
function facts(history: History, rules: VersionRules = {}): GitFacts {
  const baseTag = chooseBaseTag([...(history.on ?? []), ...(history.behind ?? [])], rules);
  return {
    ...(history.revision !== null && { revision: history.revision ?? revision }),
    ...(history.branch !== null && { branch: history.branch ?? 'main' }),
    ...(baseTag !== undefined && { baseTag }),
    ...(history.dirty !== undefined && { dirtyDigest: history.dirty }),
    dirty: history.dirty !== undefined,
    exactTags: history.on ?? [],
    distance: history.distance ?? 0,
    shallow: history.shallow ?? false,
  };
}

const cases: readonly (readonly [string, History, Partial<CiFacts>, string, VersionRules?])[] = [
  // on a release tag
  ['on v1.2.3', { on: ['v1.2.3'] }, {}, '1.2.3'],
  ['on 1.2.3', { on: ['1.2.3'] }, {}, '1.2.3'],
  ['on v0.0.0', { on: ['v0.0.0'] }, {}, '0.0.0'],
  ['on a release and its candidate', { on: ['v1.1.0', 'v1.1.0-rc.2'] }, {}, '1.1.0'],
  ['on candidates 2 and 10', { on: ['v1.1.0-rc.2', 'v1.1.0-rc.10'] }, {}, '1.1.0-rc.10'],
  ['on three releases', { on: ['v1.9.0', 'v1.10.0', 'v1.2.0'] }, {}, '1.10.0'],
  ['on a release behind a higher one', { on: ['v1.9.1'], behind: ['v2.0.1'] }, {}, '1.9.1'],
  ['on a pre-release', { on: ['v2.0.8-beta.67'] }, {}, '2.0.8-beta.67'],
  ['on build metadata', { on: ['v1.2.3+build.5'] }, {}, '1.2.3+build.5'],
  ['on a snapshot', { on: ['1.0.0-SNAPSHOT'] }, {}, '1.0.0-SNAPSHOT'],
  ['on a release and a bookkeeping tag', { on: ['nightly', 'v1.2.3', 'deployed-prod'] }, {}, '1.2.3'],
  ['on a release, detached, no CI', { on: ['v1.2.3'], branch: null }, {}, '1.2.3'],
  ['on a release in a shallow clone', { on: ['v1.2.3'], shallow: true }, {}, '1.2.3'],
  ['in a branch run on a release', { on: ['v1.2.3'] }, { name: 'github', branch: 'main' }, '1.2.3'],
  [
    'in a run for one of two tags',
    { on: ['v1.2.3', 'v1.2.3-rc.1'], branch: null },
    { tag: 'v1.2.3-rc.1' },
    '1.2.3-rc.1',
  ],
  [
    'in a run for a tag that is no release',
    { on: ['nightly'], distance: 3, branch: null },
    { tag: 'nightly' },
    '0.1.0-nightly.3.g0123456',
  ],
  // not release tags
  ['leading zeros', { on: ['v01.2.3'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['two parts', { on: ['v1.2'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['four parts', { on: ['v1.2.3.4'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['a date', { on: ['20190203'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['x before', { on: ['x1.0.0'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['a PEP 440 version', { on: ['1.0dev4'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  [
    'a number beyond what JavaScript counts',
    { on: ['v1.2.99999999999999999999'], distance: 4 },
    {},
    '0.1.0-main.4.g0123456',
  ],
  ['vv', { on: ['vv1.2.3'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['a space', { on: ['v 1.2.3'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ['an equals sign', { on: ['=1.2.3'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  ["another component's tag", { on: ['p1/v1.0.0'], distance: 4 }, {}, '0.1.0-main.4.g0123456'],
  // tag prefix
  ['on a component tag', { on: ['accounts/v1.2.3', 'v9.0.0'] }, {}, '1.2.3', { tagPrefix: 'accounts/' }],
  ['on a scoped package tag', { on: ['@scope/pkg@1.2.3'] }, {}, '1.2.3', { tagPrefix: '@scope/pkg@' }],
  ['on a dashed component tag', { on: ['some-component-1.2.3'] }, {}, '1.2.3', { tagPrefix: 'some-component-' }],
  [
    'behind a component tag',
    { behind: ['accounts/v1.2.3', 'v9.0.0'], distance: 2 },
    {},
    '1.2.4-main.2.g0123456',
    { tagPrefix: 'accounts/' },
  ],
  [
    "in a run for another component's tag",
    { on: ['web/v3.0.0'], behind: ['accounts/v1.2.3'], distance: 2, branch: null },
    { tag: 'web/v3.0.0' },
    '1.2.4-web-v3-0-0.2.g0123456',
    { tagPrefix: 'accounts/' },
  ],
  // after a release tag
  ['5 after v1.2.3', { behind: ['v1.2.3'], distance: 5, branch: 'dev' }, {}, '1.2.4-dev.5.g0123456'],
  [
    'after the highest, not the nearest',
    { behind: ['v1.2.3', 'v2.0.0', 'nightly'], distance: 9 },
    {},
    '2.0.1-main.9.g0123456',
  ],
  ['after a candidate', { behind: ['v1.2.3-rc.1'], distance: 2 }, {}, '1.2.3-rc.1.main.2.g0123456'],
  ['after build metadata', { behind: ['v1.2.3+build.5'], distance: 2 }, {}, '1.2.4-main.2.g0123456'],
  ['no tag', { distance: 12 }, {}, '0.1.0-main.12.g0123456'],
  // branches
  ['releases/v1', { branch: 'releases/v1', distance: 1 }, {}, '0.1.0-releases-v1.1.g0123456'],
  ['Feature/ABC', { branch: 'Feature/ABC', distance: 1 }, {}, '0.1.0-Feature-ABC.1.g0123456'],
  ['a#b', { branch: 'a#b', distance: 1 }, {}, '0.1.0-a-b.1.g0123456'],
  ['a number', { branch: '123', distance: 1 }, {}, '0.1.0-branch-123.1.g0123456'],
  ['a number with leading zeros', { branch: '007', distance: 1 }, {}, '0.1.0-branch-007.1.g0123456'],
  ['dots and dashes', { branch: '..-v1-..', distance: 1 }, {}, '0.1.0-v1.1.g0123456'],
  ['accents', { branch: 'größe-é', distance: 1 }, {}, '0.1.0-gro-e-e.1.g0123456'],
  ['nothing usable', { branch: '機能', distance: 1 }, {}, '0.1.0-branch-9812f9fb.1.g0123456'],
  ['latest', { branch: 'latest', distance: 1 }, {}, '0.1.0-latest.1.g0123456'],
  [
    'a merge queue',
    { branch: null, distance: 1 },
    { branch: 'gh-readonly-queue/main/pr-15-0123456789abcdef0123456789abcdef01234567' },
    '0.1.0-gh-readonly-queue-main-pr-15-01-acb2f312.1.g0123456',
  ],
  // detached
  ['detached, the CI knows the branch', { branch: null, distance: 1 }, { branch: 'dev' }, '0.1.0-dev.1.g0123456'],
  ['detached, nobody knows', { branch: null, distance: 1 }, {}, '0.1.0-detached.1.g0123456'],
  [
    'detached, the CI speaks of another commit',
    { branch: null, distance: 1 },
    { branch: 'dev', commit: 'f'.repeat(40) },
    '0.1.0-detached.1.g0123456',
  ],
  ["git's branch before the CI's", { branch: 'local', distance: 1 }, { branch: 'dev' }, '0.1.0-local.1.g0123456'],
  // pull requests
  [
    'a pull request',
    { branch: null, behind: ['v1.2.3'], distance: 3 },
    { pullRequest: '15', branch: 'feature' },
    '1.2.4-pr-15.3.g0123456',
  ],
  ['a pull request on a release tag', { on: ['v1.2.3'] }, { pullRequest: '15' }, '1.2.4-pr-15.0.g0123456'],
  // changed trees
  [
    'changed after a tag',
    { behind: ['v1.2.3'], distance: 5, dirty: 'deadbeef' },
    {},
    '1.2.4-main.5.g0123456.ddeadbeef',
  ],
  ['changed on a tag', { on: ['v1.2.3'], dirty: '00000001' }, {}, '1.2.4-main.0.g0123456.d00000001'],
  [
    'changed in a tag run',
    { on: ['v1.2.3'], branch: null, dirty: '00000001' },
    { tag: 'v1.2.3' },
    '1.2.4-v1-2-3.0.g0123456.d00000001',
  ],
  // no history
  ['no git', { revision: null, branch: null, dirty: '12345678' }, {}, '0.1.0-nogit.d12345678'],
  ['no commit', { revision: null, branch: 'main', dirty: '12345678' }, {}, '0.1.0-main.0.d12345678'],
];

test.each(cases.map(([name, ...rest]) => ({ name, rest })))('$name', ({ rest: [history, ci, version, rules = {}] }) => {
  expect(nextVersion(facts(history, rules), { ...noCi, ...ci }, rules).version).toBe(version);
});

test('a version says which rule made it, and has one immutable tag', () => {
  expect(nextVersion(facts({ on: ['v1.2.3+b.5'] }), noCi)).toEqual({
    version: '1.2.3+b.5',
    tags: ['1.2.3_b.5'],
    because: 'the commit has the tag v1.2.3+b.5',
  });
  expect(nextVersion(facts({ behind: ['v1.2.3'], distance: 1, dirty: 'deadbeef' }), noCi)).toEqual({
    version: '1.2.4-main.1.g0123456.ddeadbeef',
    tags: ['1.2.4-main.1.g0123456.ddeadbeef'],
    because: '1 commit after the tag v1.2.3, and the work tree differs from it',
  });
});

describe('refused', () => {
  function failureOf(history: History, ci: CiFacts): Failure | undefined {
    try {
      nextVersion(facts(history), ci);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    return undefined;
  }

  test.each([
    ['github', 'fetch-depth: 0'],
    ['gitlab', "GIT_DEPTH: '0'"],
    ['jenkins', 'shallow clone'],
    ['none', 'git fetch --unshallow --tags'],
  ])('a shallow clone off a tag, with the remedy for %s', (name, remedy) => {
    const failure = failureOf({ shallow: true, behind: ['v1.0.0'] }, { name });
    expect([failure?.code, failure?.remedy?.includes(remedy)]).toEqual(['detect.no-history', true]);
  });

  test('a tag run whose tag is not on the commit', () => {
    const failure = failureOf({ on: ['v1.2.2'] }, { name: 'github', tag: 'v1.2.3' });
    expect([failure?.code, failure?.candidates]).toEqual(['detect.no-history', ['v1.2.2']]);
  });

  test('a patch number that cannot grow', () => {
    expect(failureOf({ behind: [`v1.2.${Number.MAX_SAFE_INTEGER}`] }, noCi)?.code).toBe('detect.no-history');
  });
});

describe('whatever the history', () => {
  const identifier = fc.stringMatching(/^(0|[1-9]\d{0,4}|[0-9A-Za-z-]{0,8}[A-Za-z-])$/);
  const number = fc.nat(99_999);
  const release = fc
    .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }), fc.array(identifier, { maxLength: 2 }))
    .map(([major, minor, patch, pre, build]) => {
      const dashed = pre.length > 0 ? `-${pre.join('.')}` : '';
      return `v${major}.${minor}.${patch}${dashed}${build.length > 0 ? `+${build.join('.')}` : ''}`;
    });
  const history: fc.Arbitrary<History> = fc.record(
    {
      on: fc.array(fc.oneof(release, fc.string()), { maxLength: 3 }),
      behind: fc.array(fc.oneof(release, fc.string()), { maxLength: 3 }),
      distance: fc.nat(),
      branch: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 50, maxLength: 300 }), fc.constant(null)),
      dirty: fc.stringMatching(/^[0-9a-f]{8}$/),
      revision: fc.stringMatching(/^[0-9a-f]{40}$/),
    },
    { requiredKeys: [] },
  );
  const ci = fc.record(
    { name: fc.constant('none'), branch: fc.string(), pullRequest: fc.stringMatching(/^[1-9]\d{0,6}$/) },
    { requiredKeys: ['name'] },
  );

  test('the version is SemVer and the tag is in the grammar, one for the other', () => {
    fc.assert(
      fc.property(history, ci, (past, run) => {
        const plan = nextVersion(facts(past), run);
        expect(valid(plan.version)).not.toBeNull();
        expect(plan.tags).toHaveLength(1);
        expect(plan.tags[0]).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
        if (plan.version.length <= 128) expect(plan.tags[0]).toBe(plan.version.replaceAll('+', '_'));
      }),
    );
  });

  test('a commit after a release sorts above it, below the next, and by its distance', () => {
    fc.assert(
      fc.property(release, fc.string(), fc.nat(), fc.nat(), (tag, branch, one, other) => {
        const at = (distance: number) => nextVersion(facts({ behind: [tag], branch, distance }), noCi).version;
        const base = tag.slice(1);
        expect(gt(at(one), base)).toBe(true);
        expect(Math.sign(compare(at(one), at(other)))).toBe(Math.sign(one - other));
        const next = at(one).replace(/-.*$/, '');
        expect(lt(at(one), next)).toBe(true);
      }),
    );
  });

  test('branches with long names in common keep apart', () => {
    const long = 'feature/'.repeat(20);
    const versionOn = (branch: string) => nextVersion(facts({ branch }), noCi).version;
    expect(versionOn(`${long}one`)).not.toBe(versionOn(`${long}two`));
  });

  test('a tag that had to be cut is another for another version', () => {
    const tagOf = (end: string) => nextVersion(facts({ on: [`v1.2.3-${'a'.repeat(150)}${end}`] }), noCi).tags[0];
    expect(tagOf('1')).not.toBe(tagOf('2'));
    expect(tagOf('1')).toHaveLength(128);
  });
});
