import type { SemVer } from 'semver';
import compare from 'semver/functions/compare.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import { parseTag } from '../core/image-name.js';
import type { MovingTag } from '../core/plan.js';
import { branchIdentifier, isMovingName } from './identifiers.js';
import { type ReleaseTag, releaseTags } from './release-tags.js';
import type { RuleReport, VersionRules } from './rules.js';

interface Line {
  readonly rule: string;
  readonly tag: string;
  /** What releases the tag follows, as a sentence has it. */
  readonly of: string;
  readonly holds: (version: SemVer) => boolean;
}

/** The tags that a version may take over, and the rule for each that there could be. */
export interface MovingTags {
  readonly tags: readonly MovingTag[];
  readonly explain: readonly RuleReport[];
}

/**
 * `1.2`, `1` and `latest` for a release, each only where no release tag that the clone knows is higher in its line: an old
 * patch release takes no `latest`. Never `0`, which promises what SemVer does not (https://semver.org/#spec-item-4), and
 * nothing for a pre-release or a version with build metadata, whose order SemVer does not define.
 */
export function movingTags(release: ReleaseTag | undefined, git: GitFacts, rules: VersionRules): MovingTags {
  const why = whyNone(release?.version) ?? whyWithdrawn(release?.version, rules);
  if (release === undefined || why !== undefined) {
    const because = why ?? 'only a release has them';
    return {
      tags: [],
      explain: ['moving-minor', 'moving-major', 'moving-latest'].map((rule) => ({ rule, fired: false, because })),
    };
  }
  const names = git.knownTags.map((known) => known.name);
  const known = releaseTags(names, rules).filter(
    ({ version }) => whyNone(version) === undefined && whyWithdrawn(version, rules) === undefined,
  );
  const judged = linesOf(release.version).map((line) => ({ line, ...judge(line, release, known, git.shallow) }));
  return {
    tags: judged.filter(({ fired }) => fired).map(({ line, because }) => ({ tag: parseTag(line.tag), because })),
    explain: judged.map(({ line, fired, because }) => ({ rule: line.rule, fired, because })),
  };
}

function whyNone(version: SemVer | undefined): string | undefined {
  if (version === undefined) return undefined;
  if (version.prerelease.length > 0) return `${version.raw} is a pre-release`;
  return version.build.length > 0 ? `${version.raw} has build metadata, which has no order` : undefined;
}

function whyWithdrawn(version: SemVer | undefined, { withdrawn = [] }: VersionRules): string | undefined {
  if (version === undefined || !withdrawn.includes(version.version)) return undefined;
  return `${version.version} is withdrawn`;
}

function linesOf({ major, minor }: SemVer): readonly Line[] {
  return [
    {
      rule: 'moving-minor',
      tag: `${major}.${minor}`,
      of: `of ${major}.${minor}`,
      holds: (other) => other.major === major && other.minor === minor,
    },
    { rule: 'moving-major', tag: `${major}`, of: `of ${major}`, holds: (other) => other.major === major },
    { rule: 'moving-latest', tag: 'latest', of: 'of all', holds: () => true },
  ];
}

function judge(
  line: Line,
  release: ReleaseTag,
  known: readonly ReleaseTag[],
  shallow: boolean,
): { readonly fired: boolean; readonly because: string } {
  const version = release.version.version;
  if (line.tag === '0') return { fired: false, because: 'a tag 0 would promise that 0.1 and 0.2 fit together' };
  const higher = known
    .filter((other) => line.holds(other.version) && compare(other.version, release.version) > 0)
    .reduce<ReleaseTag | undefined>(
      (best, next) => (best && compare(best.version, next.version) >= 0 ? best : next),
      undefined,
    );
  if (higher !== undefined) return { fired: false, because: `${higher.tag} is higher than ${version}` };
  const scope = shallow ? ' that this shallow clone knows' : '';
  return { fired: true, because: `${version} is the highest release ${line.of}${scope}` };
}

/**
 * The tag of the branch's own name that follows its builds, where `version.branch-tag` asks for it: `dev`. A name that had to be
 * changed ends in a hash, so that `a/b` and `a-b` have two. None for a pull request, the run of a tag, a merge queue, a tree that
 * differs from its commit, and a branch that is called like a tag of releases.
 */
export function branchTag(git: GitFacts, ci: CiFacts, rules: VersionRules): MovingTags {
  const rule = 'moving-branch';
  const branch = ci.branch ?? git.branch;
  const why = whyNoBranchTag(git, ci, rules, branch);
  if (branch === undefined || why !== undefined)
    return { tags: [], explain: [{ rule, fired: false, because: why ?? 'no branch is known' }] };
  const because = `it follows the branch ${branch}`;
  return {
    tags: [{ tag: parseTag(branchIdentifier(branch, true)), because, branch }],
    explain: [{ rule, fired: true, because }],
  };
}

function whyNoBranchTag(
  git: GitFacts,
  ci: CiFacts,
  rules: VersionRules,
  branch: string | undefined,
): string | undefined {
  if (rules.branchTag !== true) return 'version.branch-tag is not set';
  if (ci.pullRequest !== undefined) return 'a pull request is no branch';
  if (ci.queued) return 'a merge that is tried is no branch';
  if (ci.tag !== undefined) return 'the run is for a tag';
  if (git.revision === undefined) return 'there is no commit';
  if (git.dirty) return 'the work tree differs from its commit';
  if (branch !== undefined && isReserved(branchIdentifier(branch, true)))
    return `${branch} is called like tags of releases or commits`;
  return undefined;
}

/** What releases' tags are called, and under the scheme `commit` the immutable ones. */
function isReserved(tag: string): boolean {
  return isMovingName(tag) || /^g[0-9a-f]{7,}$/.test(tag);
}
