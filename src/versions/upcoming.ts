import type { SemVer } from 'semver';
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import { Failure } from '../core/failure.js';
import type { GitFacts } from '../core/history.js';
import { releaseTag } from './release-tags.js';
import type { RuleReport, VersionRules } from './rules.js';

/** The version that the commits since the last release are on their way to. */
export interface Upcoming {
  /** SemVer, with a pre-release where the last tag, or the project's file, is one: `1.2.4`, `1.3.0-rc.1`. */
  readonly version: string;
  /** Whether what follows goes after its pre-release with a `.`, or makes it one with a `-`. */
  readonly joint: '-' | '.';
  readonly because: string;
  readonly explain: readonly RuleReport[];
}

/**
 * The next patch after the highest reachable release, the same pre-release after one, `0.1.0` before the first; under the
 * schemes `file` and `calver` what the file or the commit's day says, where that is above the last release: a version that
 * is already released is never approached again. Throws `detect.no-history`.
 */
export function upcomingVersion(git: GitFacts, rules: VersionRules): Upcoming {
  const base = git.baseTag === undefined ? undefined : releaseTag(git.baseTag, rules);
  const fromTags = afterBase(base?.version);
  const wish = rules.scheme === 'calver' ? fromCalendar(git) : rules.scheme === 'file' ? fromFile(rules) : undefined;
  const tagReport: RuleReport = {
    rule: 'last-release',
    fired: base !== undefined,
    because: base === undefined ? 'no release tag is reachable' : `${base.tag} is the highest release tag it can reach`,
  };
  if (wish === undefined) return { ...fromTags, because: distanceText(git, base?.tag), explain: [tagReport] };
  const taken = base === undefined || isAbove(wish.version, base.version);
  const report: RuleReport = {
    rule: wish.rule,
    fired: taken,
    because: taken ? wish.because : `${wish.because}, which is not above ${base.tag}`,
  };
  const chosen = taken ? ofVersion(wish.version) : fromTags;
  const because = taken ? `${distanceText(git, base?.tag)}; ${wish.because}` : distanceText(git, base?.tag);
  return { ...chosen, because, explain: [report, tagReport] };
}

interface Wish {
  readonly rule: string;
  readonly version: SemVer;
  readonly because: string;
}

/** `YYYY.M.D` of the commit in UTC: SemVer has no leading zeros. */
function fromCalendar(git: GitFacts): Wish | undefined {
  const [year, month, day] = (git.committedAt ?? '').slice(0, 10).split('-').map(Number);
  const version = parse(`${year}.${month}.${day}`);
  if (version === null) return undefined;
  return { rule: 'calendar', version, because: `the commit is of ${git.committedAt?.slice(0, 10)}` };
}

/** Throws `detect.no-history` for a scheme that has nothing to read. */
function fromFile(rules: VersionRules): Wish {
  const version = parse(rules.stated?.version);
  if (rules.stated === undefined || version === null) {
    throw new Failure('detect.no-history', {
      message: 'The version shall come from a file of the project, and no file states one',
      where: 'version.file',
      remedy: 'Name the file with version.file, or choose another version.scheme.',
    });
  }
  const { file, line, written } = rules.stated;
  return { rule: 'stated-version', version, because: `${file}${line === undefined ? '' : `:${line}`} says ${written}` };
}

/** A candidate of a release that is wished for is nearer to it than the wish itself. */
function isAbove(wish: SemVer, base: SemVer): boolean {
  const sameRelease = wish.compareMain(base) === 0;
  if (sameRelease && base.prerelease.length > 0 && wish.prerelease.length === 0) return false;
  return compare(wish, base) > 0;
}

function afterBase(base: SemVer | undefined): Pick<Upcoming, 'version' | 'joint'> {
  if (base === undefined) return { version: '0.1.0', joint: '-' };
  if (base.prerelease.length > 0) return ofVersion(base);
  return { version: `${base.major}.${base.minor}.${nextPatch(base)}`, joint: '-' };
}

function ofVersion(version: SemVer): Pick<Upcoming, 'version' | 'joint'> {
  return { version: version.version, joint: version.prerelease.length > 0 ? '.' : '-' };
}

function nextPatch(base: SemVer): number {
  if (base.patch < Number.MAX_SAFE_INTEGER) return base.patch + 1;
  throw new Failure('detect.no-history', {
    message: `There is no patch version after ${base.version}`,
    remedy: 'Tag a release with a smaller patch number.',
  });
}

function distanceText(git: GitFacts, baseTag: string | undefined): string {
  const changed = git.dirty ? ', and the work tree differs from it' : '';
  if (git.revision === undefined) return 'there is no commit: the version names the content of the sources';
  const commits = git.distance === 1 ? '1 commit' : `${git.distance} commits`;
  if (baseTag === undefined) return `no release tag is reachable: ${commits} since the first${changed}`;
  return `${commits} after the tag ${baseTag}${changed}`;
}
