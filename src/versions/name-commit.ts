import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import { isSyntheticMerge } from './agreement.js';
import { digitsOf, fillTemplate } from './fill-template.js';
import { branchIdentifier, runIdentifier } from './identifiers.js';
import type { ReleaseTag } from './release-tags.js';
import type { RuleReport, VersionRules, VersionScheme } from './rules.js';
import { shallowFailure } from './trouble.js';
import { type Upcoming, upcomingVersion } from './upcoming.js';

/** What a commit is called, before the digest of what differs from it is added. */
export interface CommitName {
  readonly version: string;
  readonly because: string;
  /** The rules that were asked, in their order, and those that were not. */
  readonly explain: readonly RuleReport[];
}

/** All that a rule for naming a commit sees. */
export interface NamingFacts {
  readonly git: GitFacts;
  readonly ci: CiFacts;
  readonly rules: VersionRules;
  /** The release that the commit is tagged as, also where the tree differs from it. */
  readonly release: ReleaseTag | undefined;
}

type Named = Omit<CommitName, 'explain'> & Partial<Pick<CommitName, 'explain'>>;

/** A rule names the commit, or says why it does not. */
interface NamingRule {
  readonly rule: string;
  readonly name: (facts: NamingFacts) => Named | string;
}

const namingRules: readonly NamingRule[] = [
  { rule: 'release-tag', name: byReleaseTag },
  { rule: 'pull-request', name: byPullRequest },
  { rule: 'template', name: byTemplate },
  { rule: 'commit', name: byCommit },
  { rule: 'timestamp', name: byTimestamp },
  { rule: 'build-number', name: byBuildNumber },
  { rule: 'next-version', name: byNextVersion },
];

/** The first rule that applies names the commit. Throws what the rules throw. */
export function nameCommit(facts: NamingFacts): CommitName {
  const explain: RuleReport[] = [];
  let chosen: { readonly rule: string; readonly named: Named } | undefined;
  for (const { rule, name } of namingRules) {
    const named = chosen === undefined ? name(facts) : `${chosen.rule} has named the commit`;
    if (typeof named === 'string') explain.push({ rule, fired: false, because: named });
    else {
      chosen = { rule, named };
      explain.push({ rule, fired: true, because: named.because }, ...(named.explain ?? []));
    }
  }
  if (chosen === undefined) throw new Error('The last rule names every commit');
  return { version: chosen.named.version, because: chosen.named.because, explain };
}

/** Whether a scheme names a commit with a release tag by the tag. */
export function makesReleases(rules: VersionRules): boolean {
  return ['semver', 'calver', 'file', 'template'].includes(schemeOf(rules));
}

function schemeOf(rules: VersionRules): VersionScheme {
  return rules.scheme ?? 'semver';
}

function byReleaseTag({ git, ci, rules, release }: NamingFacts): Named | string {
  if (!makesReleases(rules)) return `the scheme ${schemeOf(rules)} makes no releases`;
  if (ci.pullRequest !== undefined) return 'a pull request is never a release';
  if (ci.queued) return 'a merge that is tried is never a release';
  if (release === undefined) return 'the commit has no release tag';
  if (git.dirty) return `the commit has the tag ${release.tag}, but the work tree differs from it`;
  return { version: release.version.raw, because: `the commit has the tag ${release.tag}` };
}

/**
 * `pr-15.<run>.g<commit>`: no version, so that none can be taken for a release, and no history is needed. Where a merge
 * commit is built that only this run knows, the name has the pull request's own last commit: that one can be found.
 */
function byPullRequest({ git, ci, rules }: NamingFacts): Named | string {
  if (ci.pullRequest === undefined) return 'the run is not for a pull request';
  if (rules.scheme === 'template') return 'the template names pull requests too';
  const commit = isSyntheticMerge(git, ci) ? ci.headCommit : git.revision;
  const run = ci.runNumber === undefined ? undefined : runIdentifier(ci.runNumber);
  const parts = [branchIdentifier(`pr-${ci.pullRequest}`), run, commit && `g${commit.slice(0, 7)}`];
  return {
    version: parts.filter((part) => part !== undefined).join('.'),
    because: `the run is for the pull request ${ci.pullRequest}`,
  };
}

function byTemplate(facts: NamingFacts): Named | string {
  const { git, ci, rules } = facts;
  if (rules.scheme !== 'template') return 'no template is set';
  if (rules.template === undefined) {
    throw new Failure('settings.invalid', {
      message: 'The scheme is template, and there is no template',
      where: 'version.template',
      remedy: 'Set version.template, such as {base}-{branch}.{distance}.',
    });
  }
  const asked: Upcoming[] = [];
  const upcoming = () => {
    asked[0] ??= withHistory(facts);
    return asked[0];
  };
  const version = fillTemplate(rules.template, { git, ci, rules, branch: branchOf(git, ci), upcoming });
  return {
    version,
    because: `the template ${rules.template} makes it`,
    explain: asked.flatMap(({ explain }) => explain),
  };
}

function byCommit({ git, rules }: NamingFacts): Named | string {
  if (rules.scheme !== 'commit') return 'the scheme is another';
  const commit = requireRevision(git, 'commit');
  return { version: `g${commit.slice(0, 12)}`, because: 'the scheme commit names it by its id' };
}

/** Two commits of one second are told apart by their ids. */
function byTimestamp({ git, rules }: NamingFacts): Named | string {
  if (rules.scheme !== 'timestamp') return 'the scheme is another';
  const commit = requireRevision(git, 'timestamp');
  if (git.committedAt === undefined) {
    throw new Failure('detect.no-history', {
      message: 'The version shall be the time of the commit, and the commit has one that no calendar has',
      where: commit.slice(0, 12),
      remedy: 'Choose the version.scheme commit.',
    });
  }
  return {
    version: `${digitsOf(git.committedAt)}.g${commit.slice(0, 7)}`,
    because: `the commit was made at ${git.committedAt}`,
  };
}

function byBuildNumber({ git, ci, rules }: NamingFacts): Named | string {
  if (rules.scheme !== 'build-number') return 'the scheme is another';
  if (ci.runNumber === undefined) {
    throw new Failure('detect.no-history', {
      message: 'The version shall be the number of a CI run, and this is none that is known',
      where: 'version.scheme',
      remedy: 'Run in a CI, or choose another version.scheme.',
    });
  }
  const commit = requireRevision(git, 'build-number');
  return {
    version: `${runIdentifier(ci.runNumber)}.g${commit.slice(0, 7)}`,
    because: `it is numbered so by ${ci.name}`,
  };
}

function byNextVersion(facts: NamingFacts): Named {
  const { version, joint, because, explain } = withHistory(facts);
  return { version: `${version}${joint}${placeOf(facts)}`, because, explain };
}

/** Throws `detect.no-history` where the clone lacks the history that it takes. */
function withHistory({ git, ci, rules, release }: NamingFacts): Upcoming {
  if (git.shallow && release === undefined) throw shallowFailure(ci);
  return upcomingVersion(git, rules);
}

/** Where a commit is since the last release. */
function placeOf({ git, ci }: NamingFacts): string {
  if (git.revision === undefined) return git.branch === undefined ? 'nogit' : `${branchIdentifier(git.branch)}.0`;
  return `${branchIdentifier(branchOf(git, ci))}.${git.distance}.g${git.revision.slice(0, 7)}`;
}

/** A pull request is named by its number, whatever is checked out; otherwise the run says which branch it is for, then git. */
function branchOf(git: GitFacts, ci: CiFacts): string {
  if (ci.pullRequest !== undefined) return `pr-${ci.pullRequest}`;
  return ci.branch ?? git.branch ?? ci.tag ?? 'detached';
}

function requireRevision(git: GitFacts, scheme: VersionScheme): string {
  if (git.revision !== undefined) return git.revision;
  throw new Failure('detect.no-history', {
    message: `The scheme ${scheme} names commits, and there is none`,
    where: 'version.scheme',
    remedy: 'Commit the sources, or choose the scheme semver.',
  });
}
