import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gt } from 'semver';
import { expect, test } from 'vitest';
import { parseRepository, sanitiseName } from '../../src/core/image-name.js';
import { readCiFacts } from '../../src/io/ci.js';
import { readGitFacts } from '../../src/io/git.js';
import { decideVersion } from '../../src/versions/decide-version.js';
import { tagOfVersion } from '../../src/versions/identifiers.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import { commitAll, git, makeDirectory, makeRepository, writeFiles } from '../io/repository.js';
import { decide, type History, namesOf, noCi, otherRevision, refusal, revision } from './history.js';

/**
 * What other tools do in the cases that their tests, issues and behaviour are known for, by the numbers under which this
 * project collected them, beside what Slipway does. The numbers 26, 31, 36, 41, 43 and 46 were never given.
 */
interface KnownCase {
  readonly number: number;
  readonly what: string;
  readonly elsewhere: string;
  readonly here: string;
  /** Why it differs; undefined: it does not, but for the form of a version. */
  readonly because?: string;
  readonly run: () => string | Promise<string>;
}

const run7 = { runNumber: '7' };
const pr15 = { ...run7, pullRequest: '15' };
const github = { GITHUB_ACTIONS: 'true', GITHUB_RUN_NUMBER: '7' };
const byCommits = 'Every commit has its own immutable tag; a branch has none that moves.';

function names(history: History, ci = {}, rules = {}): () => string {
  return () => namesOf(decide(history, ci, rules));
}

function tagOrRefusal(text: string): string {
  try {
    return tagOfVersion(text);
  } catch {
    return 'refused';
  }
}

async function versionOf(directory: string): Promise<string> {
  const facts = await readGitFacts(directory, { chooseBase: (tags) => chooseBaseTag(tags) });
  return decideVersion(facts, noCi).plan.version.replace(/[0-9a-f]{7,8}(?=\.|$)/g, 'X');
}

const cases: readonly KnownCase[] = [
  {
    number: 1,
    what: 'branch dev',
    elsewhere: 'dev',
    here: '0.1.0-dev.3.g0123456',
    because: byCommits,
    run: names({ branch: 'dev', distance: 3 }),
  },
  {
    number: 2,
    what: 'branch releases/v1',
    elsewhere: 'releases-v1',
    here: '0.1.0-releases-v1.3.g0123456',
    because: byCommits,
    run: names({ branch: 'releases/v1', distance: 3 }),
  },
  {
    number: 3,
    what: 'pull request 15',
    elsewhere: 'pr-15, sha-<merge>',
    here: 'pr-15.7.g0123456',
    because: 'One name for each run; the id is of a commit that exists.',
    run: names({}, pr15),
  },
  {
    number: 4,
    what: 'pull_request_target on the base branch',
    elsewhere: 'pr-15 with the base as sha',
    here: 'pr-15.7.g0123456',
    run: () => {
      const event = { number: 15, pull_request: { number: 15, head: { sha: otherRevision } } };
      const directory = makeDirectory({ 'event.json': JSON.stringify(event) });
      const ci = readCiFacts({
        ...github,
        GITHUB_EVENT_NAME: 'pull_request_target',
        GITHUB_REF: 'refs/heads/master',
        GITHUB_SHA: revision,
        GITHUB_EVENT_PATH: join(directory, 'event.json'),
      });
      return namesOf(decide({}, ci));
    },
  },
  {
    number: 5,
    what: 'schedule on master',
    elsewhere: 'nightly, master',
    here: '0.1.0-master.3.g0123456',
    because: 'The time of a run is no property of the commit.',
    run: names({ branch: 'master', distance: 3 }, run7),
  },
  {
    number: 6,
    what: 'dispatch, edge',
    elsewhere: 'edge on the default branch',
    here: '0.1.0-main.3.g0123456',
    because: byCommits,
    run: names({ distance: 3 }, run7),
  },
  {
    number: 7,
    what: 'release v1.1.1',
    elsewhere: 'v1.1.1, latest',
    here: '1.1.1 1.1 1 latest',
    run: names({ on: ['v1.1.1'] }, { tag: 'v1.1.1' }),
  },
  {
    number: 8,
    what: 'empty environment',
    elsewhere: 'nothing, and a warning',
    here: '0.1.0-main.3.g0123456',
    because: 'Git says enough.',
    run: () => namesOf(decide({ distance: 3 }, readCiFacts({}))),
  },
  {
    number: 9,
    what: 'v1.1.1 with three semver patterns',
    elsewhere: '1.1.1, 1.1, 1, latest',
    here: '1.1.1 1.1 1 latest',
    run: names({ on: ['v1.1.1'] }),
  },
  {
    number: 10,
    what: 'v2.0.8-beta.67 as {{major}}.{{minor}}',
    elsewhere: '2.0.8-beta.67',
    here: '2.0.8-beta.67',
    run: names({ on: ['v2.0.8-beta.67'] }),
  },
  {
    number: 11,
    what: 'the same, matched as \\d.\\d',
    elsewhere: '2.0, latest',
    here: '2.0.8-beta.67',
    because: 'A pre-release moves nothing.',
    run: names({ on: ['v2.0.8-beta.67'] }, { tag: 'v2.0.8-beta.67' }),
  },
  {
    number: 12,
    what: 'the same, default',
    elsewhere: 'v2.0.8-beta.67, latest',
    here: '2.0.8-beta.67',
    because: 'A pre-release moves nothing.',
    run: names({ on: ['v2.0.8-beta.67'] }),
  },
  {
    number: 13,
    what: 'sometag',
    elsewhere: 'nothing',
    here: '0.1.0-main.0.g0123456',
    because: 'A tag that is no release is the commit it is on.',
    run: names({ on: ['sometag'] }, { tag: 'sometag' }),
  },
  {
    number: 14,
    what: 'p1/v1.0.0 by a match',
    elsewhere: '1.0.0, latest',
    here: '1.0.0 1.0 1 latest',
    run: names({ on: ['p1/v1.0.0'] }, {}, { tagPrefix: 'p1/' }),
  },
  {
    number: 15,
    what: '1.0dev4 and 1.2post1 by PEP 440',
    elsewhere: '1.0.dev4; 1.2.post1',
    here: '0.1.0-main.0.g0123456',
    because: 'Releases are SemVer: what has no place in its order is no release.',
    run: names({ on: ['1.0dev4', '1.2post1'] }),
  },
  {
    number: 16,
    what: 'suffix=-dev,onlatest',
    elsewhere: '1.1.1-dev, latest-dev',
    here: '1.1.1 1.1 1 latest',
    because: 'A variant is another repository or another project, not a suffix.',
    run: names({ on: ['v1.1.1'] }),
  },
  {
    number: 17,
    what: 'ghcr.io/MyUSER/MyApp',
    elsewhere: 'lower case',
    here: 'refused; a name of our own is myapp',
    because: 'A name that somebody wrote is not changed in silence.',
    run: () => {
      try {
        return parseRepository('ghcr.io/MyUSER/MyApp');
      } catch {
        return `refused; a name of our own is ${sanitiseName('MyApp')}`;
      }
    },
  },
  {
    number: 18,
    what: 'the version among several tags',
    elsewhere: 'that of the highest priority',
    here: '1.1.1',
    because: 'There is one version, and the tags follow from it.',
    run: () => decide({ on: ['v1.1.1'] }).labels['org.opencontainers.image.version'] ?? '',
  },
  {
    number: 19,
    what: '{{version}} and x.y.z make the same',
    elsewhere: 'one tag',
    here: '1.2.3 1.2 1 latest',
    run: names({ on: ['v1.2.3', '1.2.3'] }),
  },
  {
    number: 20,
    what: 'pull request with prefix glo- and suffix -bal',
    elsewhere: 'pr-15-bal',
    here: 'pr-15.7.g0123456',
    because: 'See 16.',
    run: names({}, pr15),
  },
  {
    number: 21,
    what: 'labels foo=, a=b=c, a bare key',
    elsewhere: 'parsed',
    here: 'org.opencontainers.image.version=0.1.0-main.0.g0123456',
    because: 'Labels are facts; no text is parsed for them.',
    run: () => Object.entries(decide({}).labels)[0]?.join('=') ?? '',
  },
  {
    number: 22,
    what: '0.9.0; v18.06.0; x1.0.0; 20190203',
    elsewhere: '0.9, 0.9.0; 18, 18.06, 18.06.0; errors',
    here: '0.9.0 0.9 latest | 0.1.0-main.0.g0123456 | 0.1.0-main.0.g0123456 | 0.1.0-main.0.g0123456',
    because: '18.06.0 is no SemVer; under calver it is 18.6.0.',
    run: () => ['0.9.0', 'v18.06.0', 'x1.0.0', '20190203'].map((tag) => names({ on: [tag] })()).join(' | '),
  },
  {
    number: 23,
    what: 'some-component/v1.2.3 and some-component-1.2.3',
    elsewhere: 'component and 1.2.3',
    here: '1.2.3 1.2 1 latest | 1.2.3 1.2 1 latest',
    run: () =>
      ['some-component/v1.2.3', 'some-component-1.2.3']
        .map((tag) => names({ on: [tag] }, {}, { tagPrefix: tag.slice(0, 15) })())
        .join(' | '),
  },
  {
    number: 24,
    what: 'v1.2.3+build.5',
    elsewhere: '1.2.3, latest',
    here: '1.2.3_build.5 without moving tags',
    because: 'It would overwrite 1.2.3.',
    run: () => {
      const { plan } = decide({ on: ['v1.2.3+build.5'] });
      return `${plan.tags[0]} ${plan.moving ? 'with' : 'without'} moving tags`;
    },
  },
  {
    number: 25,
    what: 'v0.1.2 by {{major}}',
    elsewhere: '0',
    here: '0.1.2 0.1 latest',
    because: '0 would promise that 0.1 and 0.2 fit together.',
    run: names({ on: ['v0.1.2'] }),
  },
  {
    number: 27,
    what: '@scope/pkg@1.2.3',
    elsewhere: '-scope-pkg-1.2.3, invalid',
    here: '1.2.3 1.2 1 latest',
    run: names({ on: ['@scope/pkg@1.2.3'] }, {}, { tagPrefix: '@scope/pkg@' }),
  },
  {
    number: 28,
    what: 'branch -dash',
    elsewhere: '-dash, invalid',
    here: '0.1.0-dash.1.g0123456',
    run: names({ branch: '-dash', distance: 1 }),
  },
  {
    number: 29,
    what: 'a tag of 130 characters',
    elsewhere: 'not cut',
    here: '128',
    because: 'Cut, with a hash of the whole.',
    run: () => String(tagOfVersion(`1.2.3-${'a'.repeat(124)}`).length),
  },
  {
    number: 30,
    what: 'branches a/b, a-b and a#b',
    elsewhere: 'all a-b',
    here: '3 names',
    because: 'The commit keeps them apart, and a hash where a template leaves it out.',
    run: () => {
      const rules = { scheme: 'template', template: '{branch}.{distance}' } as const;
      return `${new Set(['a/b', 'a-b', 'a#b'].map((branch) => names({ branch }, {}, rules)())).size} names`;
    },
  },
  {
    number: 32,
    what: 'branch Feature/ABC',
    elsewhere: 'case kept',
    here: '0.1.0-Feature-ABC.1.g0123456',
    run: names({ branch: 'Feature/ABC', distance: 1 }),
  },
  {
    number: 33,
    what: 'branch latest',
    elsewhere: 'latest',
    here: '0.1.0-latest.1.g0123456; alone: refused',
    because: 'No commit is named like a tag that moves.',
    run: () => `${names({ branch: 'latest', distance: 1 })()}; alone: ${tagOrRefusal('latest')}`,
  },
  {
    number: 34,
    what: 'git tag latest',
    elsewhere: 'latest, twice',
    here: '0.1.0-main.0.g0123456',
    because: 'It is no release.',
    run: names({ on: ['latest'] }, { tag: 'latest' }),
  },
  {
    number: 35,
    what: 'pull request, prefix of an empty branch',
    elsewhere: '-860c190, invalid',
    here: 'pr-15.7.g0123456',
    run: names({ branch: null }, pr15),
  },
  {
    number: 37,
    what: 'a merge queue',
    elsewhere: 'a long tag',
    here: 'pr-15.7.g0123456, not to be pushed',
    because: 'It tries a merge and is no commit of a branch yet.',
    run: () => {
      const ci = readCiFacts({
        ...github,
        GITHUB_REF: 'refs/heads/gh-readonly-queue/main/pr-15-0123456789abcdef0123456789abcdef01234567',
      });
      const decision = decide({}, ci);
      return `${namesOf(decision)}${decision.explain.some(({ rule, fired }) => rule === 'merge-queue' && fired) ? ', not to be pushed' : ''}`;
    },
  },
  {
    number: 38,
    what: 'v1.9.1 after v2.0.1',
    elsewhere: '1.9.1, 1, latest',
    here: '1.9.1 1.9 1',
    because: 'latest is the highest release.',
    run: names({ on: ['v1.9.1'], elsewhere: ['v2.0.1'] }),
  },
  {
    number: 39,
    what: '1.0.0-SNAPSHOT',
    elsewhere: 'no latest',
    here: '1.0.0-SNAPSHOT',
    run: names({ on: ['1.0.0-SNAPSHOT'] }),
  },
  {
    number: 40,
    what: 'git describe, 1.2.3-5-gabcdef0',
    elsewhere: 'itself, below 1.2.3, 10 below 9',
    here: 'true true',
    because: 'The next patch sorts above what is out, and by its distance.',
    run: () => {
      const at = (distance: number) => names({ behind: ['v1.2.3'], distance })();
      return `${gt(at(5), '1.2.3')} ${gt(at(10), at(9))}`;
    },
  },
  {
    number: 42,
    what: 'v1.1.0 and v1.1.0-rc.2 on one commit',
    elsewhere: 'rc.2 first, unless versionsort.suffix is set',
    here: '1.1.0 1.1 1 latest',
    run: names({ on: ['v1.1.0-rc.2', 'v1.1.0'] }),
  },
  {
    number: 44,
    what: 'depth 1, one past the tag',
    elsewhere: 'the commit id',
    here: 'detect.no-history',
    because: 'A version that history would change is none.',
    run: () => refusal({ shallow: true }).code,
  },
  {
    number: 45,
    what: 'an untracked file',
    elsewhere: 'clean by describe, dirty by status',
    here: '0.1.0-main.1.gX.dX',
    run: () => {
      const root = makeRepository();
      writeFiles(root, { 'new.txt': 'x' });
      return versionOf(root);
    },
  },
  {
    number: 47,
    what: 'a commit id of digits alone',
    elsewhere: '1.2.3-dev.0123456, no SemVer',
    here: '0.1.0-dev.1.g0123456',
    run: names({ branch: 'dev', distance: 1 }),
  },
  {
    number: 48,
    what: 'no commits; no git',
    elsewhere: 'an unclear error',
    here: '0.1.0-main.0.dX 0.1.0-nogit.dX',
    because: 'The content names itself, with a warning; a commit is asked for only by schemes that need one.',
    run: async () => {
      const root = makeDirectory({ 'a.txt': 'a' });
      git(root, 'init', '-q', '-b', 'main');
      return `${await versionOf(root)} ${await versionOf(makeDirectory({ 'a.txt': 'a' }))}`;
    },
  },
  {
    number: 49,
    what: 'v/1, v%$@!1, --v1, ..v1',
    elsewhere: 'v_1, v____1, __v1, __v1',
    here: '4 names',
    because: 'What lost something has a hash: four names stay four.',
    run: () => `${new Set(['v/1', 'v%$@!1', '--v1', '..v1'].map(tagOrRefusal)).size} names`,
  },
  {
    number: 50,
    what: 'a change in artifact2',
    elsewhere: 'artifact1 v1, artifact2 v1-dirty',
    here: '1.0.0 1.0.1-main.0.gX.dX',
    because: 'The digest of the change instead of a constant.',
    run: async () => {
      const root = makeRepository({ 'one/a.txt': 'a', 'two/a.txt': 'a' });
      git(root, 'tag', 'v1.0.0');
      writeFiles(root, { 'two/a.txt': 'b' });
      return `${await versionOf(join(root, 'one'))} ${await versionOf(join(root, 'two'))}`;
    },
  },
  {
    number: 51,
    what: 'deleted, renamed, untracked',
    elsewhere: 'dirty',
    here: '1.0.1-main.0.gX.dX 1.0.1-main.0.gX.dX 1.0.1-main.0.gX.dX',
    run: async () => {
      const changes = [
        (root: string) => rmSync(join(root, 'a.txt')),
        (root: string) => git(root, 'mv', 'a.txt', 'b.txt'),
        (root: string) => writeFiles(root, { 'new.txt': 'x' }),
      ];
      const versions = await Promise.all(
        changes.map((change) => {
          const root = makeRepository();
          git(root, 'tag', 'v1.0.0');
          change(root);
          return versionOf(root);
        }),
      );
      return versions.join(' ');
    },
  },
  {
    number: 52,
    what: 'tag v1 and one commit',
    elsewhere: 'v1-1-g3cec6b9',
    here: '0.1.0-main.2.gX',
    because: 'v1 is no complete version.',
    run: () => {
      const root = makeRepository();
      git(root, 'tag', 'v1');
      commitAll(root, 'second');
      return versionOf(root);
    },
  },
  {
    number: 53,
    what: 'only another directory changed',
    elsewhere: 'the same tree id',
    here: '1 1',
    because: 'Its distance stays; the commit is another.',
    run: async () => {
      const root = makeRepository({ 'one/a.txt': 'a', 'two/a.txt': 'a' });
      const distance = async () =>
        (await readGitFacts(join(root, 'one'), { chooseBase: () => undefined, paths: [] })).distance;
      const before = await distance();
      writeFiles(root, { 'two/a.txt': 'b' });
      commitAll(root, 'two alone');
      return `${before} ${await distance()}`;
    },
  },
  {
    number: 54,
    what: '1.2.3-20240101000000+sha',
    elsewhere: '+ becomes -',
    here: '1.2.3-20240101000000_sha',
    because: 'A - would make it a pre-release of another name.',
    run: () => tagOfVersion('1.2.3-20240101000000+sha'),
  },
];

test.each(cases)('$number: $what', async ({ run, here }) => {
  expect(await run()).toBe(here);
});

test('no case is left out, and each that differs says why', () => {
  const never = [26, 31, 36, 41, 43, 46];
  const numbers = Array.from({ length: 54 }, (_, index) => index + 1).filter((number) => !never.includes(number));
  expect(cases.map(({ number }) => number)).toEqual(numbers);
  expect(cases.filter(({ because }) => because === '')).toEqual([]);
});
