import type { SemVer } from 'semver';
import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import type { VersionPlan } from '../core/plan.js';
import { branchIdentifier, tagOfVersion } from './identifiers.js';
import { highestReleaseTag, type ReleaseTag, releaseTag, type VersionRules } from './release-tags.js';
import { shallowFailure, tagMissingFailure } from './trouble.js';

/**
 * The version of a source tree, from nothing but what git and the CI say: the same commit has the same version on every
 * machine, and no clock is asked.
 *
 * - A clean tree on a release tag → that version: the tag of a tag run, else the highest on the commit. Never in a pull request.
 * - Otherwise the next patch of the highest reachable release tag and `-<branch>.<distance>.g<commit>`: below its release,
 *   ordered by distance. After a pre-release tag `1.2.3-rc.1` it is `1.2.3-rc.1.<branch>.…`: above the candidate, below 1.2.3.
 * - No release tag → `0.1.0-…`. A tree that differs from its commit → `.d<digest of what differs>` at the end.
 *
 * Throws `detect.no-history` where the answer would be a guess: a shallow clone that is not on a release tag, or a tag run
 * whose tag is not on the commit.
 */
export function nextVersion(git: GitFacts, ci: CiFacts, rules: VersionRules = {}): VersionPlan {
  const release = releaseOfCommit(git, ci, rules);
  if (release && !git.dirty) return planOf(release.version.raw, `the commit has the tag ${release.tag}`);
  if (git.shallow && release === undefined) throw shallowFailure(ci);
  const base = git.baseTag === undefined ? undefined : releaseTag(git.baseTag, rules);
  const version = `${nextOf(base?.version)}${suffixOf(git, ci)}`;
  return planOf(version, because(git, base));
}

/** What a reader of git must take as the base: the highest release tag among those the commit can reach. */
export function chooseBaseTag(tags: readonly string[], rules: VersionRules = {}): string | undefined {
  return highestReleaseTag(tags, rules)?.tag;
}

function releaseOfCommit(git: GitFacts, ci: CiFacts, rules: VersionRules): ReleaseTag | undefined {
  if (ci.pullRequest !== undefined || git.revision === undefined) return undefined;
  const wanted = ci.tag === undefined ? undefined : releaseTag(ci.tag, rules);
  if (wanted === undefined) return highestReleaseTag(git.exactTags, rules);
  if (!git.exactTags.includes(wanted.tag)) throw tagMissingFailure(wanted.tag, git, ci);
  return wanted;
}

function nextOf(base: SemVer | undefined): string {
  if (base === undefined) return '0.1.0-';
  const core = `${base.major}.${base.minor}`;
  return base.prerelease.length > 0
    ? `${core}.${base.patch}-${base.prerelease.join('.')}.`
    : `${core}.${nextPatch(base)}-`;
}

function nextPatch(base: SemVer): number {
  if (base.patch < Number.MAX_SAFE_INTEGER) return base.patch + 1;
  throw new Failure('detect.no-history', {
    message: `There is no patch version after ${base.version}`,
    remedy: 'Tag a release with a smaller patch number.',
  });
}

function suffixOf(git: GitFacts, ci: CiFacts): string {
  const dirty = git.dirtyDigest === undefined ? '' : `.d${git.dirtyDigest}`;
  if (git.revision === undefined)
    return `${git.branch === undefined ? 'nogit' : `${branchIdentifier(git.branch)}.0`}${dirty}`;
  return `${branchOf(git, ci)}.${git.distance}.g${git.revision.slice(0, 7)}${dirty}`;
}

/**
 * A pull request is named by its number, whatever is checked out; otherwise git's own branch, and on a detached head the
 * CI's, unless the CI speaks of another commit (another repository was checked out in its run).
 */
function branchOf(git: GitFacts, ci: CiFacts): string {
  if (ci.pullRequest !== undefined) return branchIdentifier(`pr-${ci.pullRequest}`);
  const sameCommit = ci.commit === undefined || ci.commit === git.revision;
  return branchIdentifier(git.branch ?? (sameCommit ? (ci.branch ?? ci.tag) : undefined) ?? 'detached');
}

function because(git: GitFacts, base: ReleaseTag | undefined): string {
  const changed = git.dirty ? ', and the work tree differs from it' : '';
  if (git.revision === undefined) return 'there is no commit: the version names the content of the sources';
  if (base === undefined) return `no release tag is reachable: ${commits(git.distance)} since the first${changed}`;
  return `${commits(git.distance)} after the tag ${base.tag}${changed}`;
}

function commits(count: number): string {
  return count === 1 ? '1 commit' : `${count} commits`;
}

function planOf(version: string, reason: string): VersionPlan {
  return { version, tags: [tagOfVersion(version)], because: reason };
}
