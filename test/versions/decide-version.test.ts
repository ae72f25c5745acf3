import fc from 'fast-check';
import { compare, gt, lt, valid } from 'semver';
import { describe, expect, test } from 'vitest';
import type { CiFacts } from '../../src/core/history.js';
import type { VersionRules } from '../../src/versions/rules.js';
import { cases } from './cases.js';
import { decide, type History, namesOf, otherRevision, refusal, revision } from './history.js';

test.each(cases.map(([name, ...rest]) => ({ name, rest })))('$name', ({ rest: [history, ci, expected, rules] }) => {
  expect(namesOf(decide(history, ci, rules))).toBe(expected);
});

test('a decision has one immutable tag, moving tags with reasons, and labels of the commit', () => {
  const { plan, labels } = decide({ on: ['v1.2.3'], elsewhere: ['v2.0.0'] });
  expect(plan).toEqual({
    version: '1.2.3',
    tags: ['1.2.3'],
    moving: [
      { tag: '1.2', because: '1.2.3 is the highest release of 1.2' },
      { tag: '1', because: '1.2.3 is the highest release of 1' },
    ],
    because: 'the commit has the tag v1.2.3',
  });
  expect(labels).toEqual({
    'org.opencontainers.image.version': '1.2.3',
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.created': '2024-02-03T02:05:06Z',
  });
});

test('what is no release has no moving tags, and says where it is', () => {
  expect(decide({ behind: ['v1.2.3'], distance: 1, dirty: 'deadbeef' }).plan).toEqual({
    version: '1.2.4-main.1.g0123456.ddeadbeef',
    tags: ['1.2.4-main.1.g0123456.ddeadbeef'],
    because: '1 commit after the tag v1.2.3, and the work tree differs from it',
  });
});

describe('the explanation', () => {
  const rules = (history: History, ci: Partial<CiFacts> = {}, settings: VersionRules = {}) =>
    new Map(decide(history, ci, settings).explain.map(({ rule, fired, because }) => [rule, { fired, because }]));

  test('has every rule once, whether it applied or not, and always in the same order', () => {
    const names = (history: History, ci: Partial<CiFacts> = {}) => [...rules(history, ci).keys()];
    const expected = [
      'agreement',
      'release-tag',
      'pull-request',
      'template',
      'commit',
      'timestamp',
      'build-number',
      'next-version',
      'content-digest',
      'tag-grammar',
      'moving-minor',
      'moving-major',
      'moving-latest',
      'moving-branch',
      'merge-commit',
      'fork',
      'merge-queue',
    ];
    expect(names({ on: ['v1.2.3'] })).toEqual(expected);
    expect(names({ on: ['v1.2.3'] }, { pullRequest: '15' })).toEqual(expected);
    expect(names({ behind: ['v1.2.3'] })).toEqual(expected.toSpliced(8, 0, 'last-release'));
    const template = { scheme: 'template', template: '{base}.{commit}' } as const;
    expect([...rules({}, {}, template).keys()]).toEqual(expected.toSpliced(4, 0, 'last-release'));
  });

  test('says who is higher where a moving tag stays where it is', () => {
    const told = rules({ on: ['v1.2.3'], elsewhere: ['v1.2.9', 'v1.5.0', 'v2.0.0', 'v3.0.0-rc.1'] });
    expect(['moving-minor', 'moving-major', 'moving-latest'].map((rule) => told.get(rule))).toEqual([
      { fired: false, because: 'v1.2.9 is higher than 1.2.3' },
      { fired: false, because: 'v1.5.0 is higher than 1.2.3' },
      { fired: false, because: 'v2.0.0 is higher than 1.2.3' },
    ]);
  });

  test('says that a shallow clone may not know all releases', () => {
    expect(rules({ on: ['v1.2.3'], shallow: true }).get('moving-latest')).toEqual({
      fired: true,
      because: '1.2.3 is the highest release of all that this shallow clone knows',
    });
  });

  test('says what a run of a fork, of a merge queue and of a merge commit mean', () => {
    const run: Partial<CiFacts> = {
      name: 'github',
      pullRequest: '15',
      commit: revision,
      headCommit: otherRevision,
      fork: true,
      queued: true,
    };
    const told = rules({ parents: ['a'.repeat(40), otherRevision] }, run);
    expect(['agreement', 'merge-commit', 'fork', 'merge-queue'].map((rule) => told.get(rule))).toEqual([
      { fired: true, because: 'the github run is for what is checked out, 0123456' },
      {
        fired: true,
        because: "a merge that only this run knows is built; the pull request's own commit is fedcba9",
      },
      { fired: true, because: 'the run is of a fork and has no secrets: build, do not push' },
      { fired: true, because: 'the run tries a merge: build, do not push' },
    ]);
  });
});

describe('refused', () => {
  test.each([
    ['github', 'fetch-depth: 0'],
    ['gitlab', "GIT_DEPTH: '0'"],
    ['jenkins', 'shallow clone'],
    ['azure', 'fetchDepth: 0'],
    ['bitbucket', 'clone: depth: full'],
    ['circleci', 'method: full'],
    ['drone', '.drone.yml'],
    ['woodpecker', 'partial: false'],
    ['teamcity', 'VCS root'],
    ['none', 'git fetch --unshallow --tags'],
  ] as const)('a shallow clone off a tag, with the remedy for %s', (name, remedy) => {
    const failure = refusal({ shallow: true, behind: ['v1.0.0'] }, { name });
    expect([failure.code, failure.remedy?.includes(remedy), failure.remedy?.includes('--deepen')]).toEqual([
      'detect.no-history',
      true,
      true,
    ]);
  });

  const refused: readonly (readonly [string, History, Partial<CiFacts>, string, VersionRules?])[] = [
    [
      'a tag run whose tag is not on the commit',
      { on: ['v1.2.2'] },
      { name: 'github', tag: 'v1.2.3' },
      'The run is for the tag v1.2.3, but the commit 0123456789ab does not have it',
    ],
    [
      'a tag run whose tag was moved away',
      { behind: ['v1.2.3'] },
      { name: 'github', tag: 'v1.2.3' },
      'The run is for the tag v1.2.3, but the commit 0123456789ab does not have it: it is on fedcba987654',
    ],
    [
      'a run for a bookkeeping tag that is on another commit',
      { elsewhere: ['nightly'] },
      { name: 'gitlab', tag: 'nightly' },
      'The run is for the tag nightly, but the commit 0123456789ab does not have it: it is on fedcba987654',
    ],
    [
      'a tag run without a repository',
      { revision: null, branch: null, dirty: '12345678' },
      { name: 'github', tag: 'v1.2.3' },
      'The run is for the tag v1.2.3, but there is no commit',
    ],
    [
      'a run for another commit',
      {},
      { name: 'gitlab', branch: 'main', commit: otherRevision },
      'The gitlab run is for the commit fedcba987654, but 0123456789ab is checked out',
    ],
    [
      'a run for the parent of what is checked out',
      { parents: [otherRevision] },
      { name: 'gitlab', branch: 'main', commit: otherRevision },
      'The gitlab run is for the commit fedcba987654, but 0123456789ab is checked out',
    ],
    [
      'a pull request with another commit checked out',
      { parents: ['a'.repeat(40)] },
      { name: 'github', pullRequest: '15', commit: otherRevision, headCommit: 'b'.repeat(40) },
      'The github run is for the commit fedcba987654, but 0123456789ab is checked out',
    ],
    [
      'a release whose version another commit has too',
      { on: ['v1.2.3'], elsewhere: ['1.2.3'] },
      {},
      'Several tags name the release 1.2.3, and they are on different commits',
    ],
    [
      'a patch number that cannot grow',
      { behind: [`v1.2.${Number.MAX_SAFE_INTEGER}`] },
      {},
      `There is no patch version after 1.2.${Number.MAX_SAFE_INTEGER}`,
    ],
    [
      'a build number where nobody counts',
      {},
      {},
      'The version shall be the number of a CI run, and this is none that is known',
      { scheme: 'build-number' },
    ],
    [
      'a commit id where there is no commit',
      { revision: null, dirty: '12345678' },
      {},
      'The scheme commit names commits, and there is none',
      { scheme: 'commit' },
    ],
    [
      'a file that states no version',
      {},
      {},
      'The version shall come from a file of the project, and no file states one',
      { scheme: 'file' },
    ],
    [
      'a file that states another version than the tag',
      { on: ['v1.4.0'] },
      {},
      'The commit has the tag v1.4.0, but pom.xml says 1.3.0-SNAPSHOT',
      { scheme: 'file', stated: { version: '1.3.0', written: '1.3.0-SNAPSHOT', file: 'pom.xml', warnings: [] } },
    ],
    ['no template', {}, {}, 'The scheme is template, and there is no template', { scheme: 'template' }],
    [
      'a template with a part that there is not',
      {},
      {},
      "'{base}.{distanc}{commit}' is not a template of a version",
      { scheme: 'template', template: '{base}.{distanc}{commit}' },
    ],
    [
      'a template with a part that has no value here',
      {},
      {},
      "The template of the version asks for {run} (the CI's run number), and there is none here",
      { scheme: 'template', template: '{base}-{run}' },
    ],
    [
      'a template that makes the name of a moving tag',
      {},
      { runNumber: '412' },
      'The version "412" cannot be the tag of an image: It is a name of tags that move',
      { scheme: 'template', template: '{run}' },
    ],
    [
      'a template that needs history in a shallow clone',
      { shallow: true },
      {},
      'The clone is shallow and its commit has no release tag, so the version cannot be known',
      { scheme: 'template', template: '{distance}.{commit}' },
    ],
  ];

  test.each(refused.map(([name, ...rest]) => ({ name, rest })))('$name', ({ rest: [history, ci, message, rules] }) => {
    expect(refusal(history, ci, rules).message).toBe(message);
  });

  test('with the tags that there are, to choose from', () => {
    expect(refusal({ on: ['v1.2.2'] }, { name: 'github', tag: 'v1.2.3' }).candidates).toEqual(['v1.2.2']);
    expect(refusal({ on: ['v1.2.3'], elsewhere: ['1.2.3'] }).candidates).toEqual(['v1.2.3', '1.2.3']);
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
        const { plan } = decide(past, run);
        expect(run.pullRequest !== undefined || valid(plan.version) !== null).toBe(true);
        expect(plan.tags).toHaveLength(1);
        expect(plan.tags[0]).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
        if (plan.version.length <= 128) expect(plan.tags[0]).toBe(plan.version.replaceAll('+', '_'));
      }),
    );
  });

  test('a commit after a release sorts above it, below the next, and by its distance', () => {
    fc.assert(
      fc.property(release, fc.string(), fc.nat(), fc.nat(), (tag, branch, one, other) => {
        const at = (distance: number) => decide({ behind: [tag], branch, distance }).plan.version;
        const base = tag.slice(1);
        expect(gt(at(one), base)).toBe(true);
        expect(Math.sign(compare(at(one), at(other)))).toBe(Math.sign(one - other));
        const next = at(one).replace(/-.*$/, '');
        expect(lt(at(one), next)).toBe(true);
      }),
    );
  });

  test('the order in which git lists the tags changes nothing', () => {
    const tags = fc.uniqueArray(release, { maxLength: 6 });
    fc.assert(
      fc.property(tags, tags, fc.integer(), (on, elsewhere, seed) => {
        const others = elsewhere.filter((tag) => !on.includes(tag));
        const turn = (list: readonly string[]) => [
          ...list.slice(Math.abs(seed) % 6),
          ...list.slice(0, Math.abs(seed) % 6),
        ];
        const one = decide({ on, elsewhere: others });
        expect(decide({ on: turn(on), elsewhere: turn(others) }).plan).toEqual(one.plan);
      }),
    );
  });

  test('branches with long names in common keep apart', () => {
    const long = 'feature/'.repeat(20);
    const versionOn = (branch: string) => decide({ branch }).plan.version;
    expect(versionOn(`${long}one`)).not.toBe(versionOn(`${long}two`));
  });

  test('a tag that had to be cut is another for another version', () => {
    const tagOf = (end: string) => decide({ on: [`v1.2.3-${'a'.repeat(150)}${end}`] }).plan.tags[0];
    expect(tagOf('1')).not.toBe(tagOf('2'));
    expect(tagOf('1')).toHaveLength(128);
  });
});
