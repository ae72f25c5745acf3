import compareBuild from 'semver/functions/compare-build.js';
import parse from 'semver/functions/parse.js';
import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import type { VersionPlan } from '../core/plan.js';
import { isSyntheticMerge, requireAgreement } from './agreement.js';
import { tagOfVersion } from './identifiers.js';
import { versionLabels } from './labels.js';
import { branchTag, movingTags } from './moving-tags.js';
import { makesReleases, nameCommit } from './name-commit.js';
import { highestReleaseTag, type ReleaseTag, releaseTag, releaseTags } from './release-tags.js';
import type { RuleReport, VersionRules } from './rules.js';
import { duplicateReleaseFailure } from './trouble.js';

/** A version with all that follows from it, and how it was found. */
export interface VersionDecision {
  readonly plan: VersionPlan;
  /** Labels that version and history give. */
  readonly labels: Readonly<Record<string, string>>;
  /** Every rule, in the order in which they are asked: those that applied and those that did not. */
  readonly explain: readonly RuleReport[];
}

/** The history of the sources, and the version that follows from it. */
export interface VersionReading {
  readonly git: GitFacts;
  /** What run this is: of a fork or a merge queue nothing is to be pushed. */
  readonly ci: CiFacts;
  readonly decision: VersionDecision;
}

/**
 * The version of a source tree, from nothing but what git, the CI and the settings say: the same commit has the same version
 * on every machine, and no clock is asked.
 *
 * - A clean tree on a release tag → that version: the tag of a tag run, else the highest on the commit. Never in a pull request.
 *   With it the moving tags, where no known release is higher and it is not withdrawn.
 * - A pull request → `pr-<number>.<run>.g<commit>`.
 * - Otherwise the next patch of the highest reachable release tag and `-<branch>.<distance>.g<commit>`: below its release,
 *   ordered by distance. After a pre-release tag `1.2.3-rc.1` it is `1.2.3-rc.1.<branch>.…`: above the candidate, below 1.2.3.
 * - No release tag → `0.1.0-…`. A tree that differs from its commit → `.d<digest of what differs>` at the end.
 *
 * Throws `detect.no-history` where the answer would be a guess (a shallow clone that is not on a release tag) or the
 * environment contradicts git, `detect.ambiguous` where two commits would share a release, `settings.invalid` for a template
 * that makes no tag.
 */
export function decideVersion(git: GitFacts, ci: CiFacts, rules: VersionRules = {}): VersionDecision {
  const agreement = requireAgreement(git, ci, rules);
  const release = releaseOfCommit(git, ci, rules);
  const named = nameCommit({ git, ci, rules, release });
  const isRelease = named.explain.some(({ rule, fired }) => rule === 'release-tag' && fired);
  const digest = git.dirtyDigest === undefined ? '' : `.d${git.dirtyDigest}`;
  const version = `${named.version}${digest}`;
  const tag = tagOfVersion(version, digest);
  const moving = movingTags(isRelease ? release : undefined, git, rules);
  const ofBranch = branchTag(git, ci, rules);
  const allMoving = [...moving.tags, ...ofBranch.tags];
  return {
    plan: {
      version,
      tags: [tag],
      ...(allMoving.length > 0 && { moving: allMoving }),
      because: named.because,
    },
    labels: versionLabels(git, version, ofBranch.tags[0]?.branch),
    explain: [
      agreement,
      ...named.explain,
      contentDigest(git),
      tagGrammar(version, tag),
      ...moving.explain,
      ...ofBranch.explain,
      ...runRules(git, ci),
    ],
  };
}

/** Undefined: the commit is no release, or the run must not make one. */
function releaseOfCommit(git: GitFacts, ci: CiFacts, rules: VersionRules): ReleaseTag | undefined {
  if (ci.pullRequest !== undefined || ci.queued || git.revision === undefined || !makesReleases(rules))
    return undefined;
  const wanted = ci.tag === undefined ? undefined : releaseTag(ci.tag, rules);
  const release = wanted ?? highestReleaseTag(git.exactTags, rules);
  if (release === undefined) return undefined;
  requireOneCommit(release, git, rules);
  if (rules.scheme === 'file') requireSameRelease(release, rules);
  return release;
}

/** `v1.2.3` and `1.2.3` on two commits would push two images as 1.2.3. */
function requireOneCommit(release: ReleaseTag, git: GitFacts, rules: VersionRules): void {
  const names = git.knownTags.filter(({ commit }) => commit !== git.revision).map(({ name }) => name);
  const same = releaseTags(names, rules).filter((other) => compareBuild(other.version, release.version) === 0);
  if (same.length === 0) return;
  throw duplicateReleaseFailure(release.version.raw, [release.tag, ...same.map(({ tag }) => tag)]);
}

function requireSameRelease(release: ReleaseTag, { stated }: VersionRules): void {
  const version = parse(stated?.version);
  if (stated === undefined || version === null || version.compareMain(release.version) === 0) return;
  throw new Failure('detect.no-history', {
    message: `The commit has the tag ${release.tag}, but ${stated.file} says ${stated.written}`,
    where: stated.line === undefined ? stated.file : `${stated.file}:${stated.line}`,
    remedy: 'Tag the commit that states the version, or choose the version.scheme semver, which reads no file.',
  });
}

function contentDigest(git: GitFacts): RuleReport {
  const because = git.revision === undefined ? 'there is no commit' : 'the work tree differs from its commit';
  return git.dirtyDigest === undefined
    ? { rule: 'content-digest', fired: false, because: 'the work tree is that of the commit' }
    : { rule: 'content-digest', fired: true, because: `${because}: ${git.dirtyDigest} is the digest of its content` };
}

function tagGrammar(version: string, tag: string): RuleReport {
  return version === tag
    ? { rule: 'tag-grammar', fired: false, because: 'the version can be a tag as it is' }
    : { rule: 'tag-grammar', fired: true, because: `${tag} stands for the version, which has what a tag cannot have` };
}

/** What is known of the run, and left to the push to act on. */
function runRules(git: GitFacts, ci: CiFacts): readonly RuleReport[] {
  const merge = isSyntheticMerge(git, ci);
  return [
    {
      rule: 'merge-commit',
      fired: merge,
      because: merge
        ? `a merge that only this run knows is built; the pull request's own commit is ${ci.headCommit?.slice(0, 7)}`
        : 'what is built is a commit that others can find',
    },
    {
      rule: 'fork',
      fired: ci.fork === true,
      because: ci.fork ? 'the run is of a fork and has no secrets: build, do not push' : 'the run is not of a fork',
    },
    {
      rule: 'merge-queue',
      fired: ci.queued === true,
      because: ci.queued ? 'the run tries a merge: build, do not push' : 'the run tries no merge',
    },
  ];
}
