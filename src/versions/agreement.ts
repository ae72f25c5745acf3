import type { CiFacts, GitFacts } from '../core/history.js';
import { releaseTag } from './release-tags.js';
import type { RuleReport, VersionRules } from './rules.js';
import { otherCommitFailure, tagMissingFailure } from './trouble.js';

/**
 * The environment says what run this is, git says what the commit is. Throws `detect.no-history` where they contradict each
 * other: another commit is checked out, or the run's tag is not on it. A pull request may have its own last commit checked
 * out, the merge commit that the CI made, or one that was made on the spot.
 */
export function requireAgreement(git: GitFacts, ci: CiFacts, rules: VersionRules): RuleReport {
  if (ci.tag !== undefined && ci.pullRequest === undefined) requireTag(ci.tag, git, ci, rules);
  const rule = 'agreement';
  if (ci.name === 'none') return { rule, fired: false, because: 'no CI is asked: git alone says what there is' };
  if (git.revision === undefined) return { rule, fired: false, because: 'there is no commit to compare the run with' };
  if (ci.commit === undefined)
    return { rule, fired: false, because: `${ci.name} does not say which commit the run is for` };
  if (isOfRun(git, ci, ci.commit))
    return { rule, fired: true, because: `the ${ci.name} run is for what is checked out, ${git.revision.slice(0, 7)}` };
  throw otherCommitFailure(ci.commit, git, ci);
}

/** A tag that is no release names nothing, so its absence harms nothing; on another commit, the run is not of this one. */
function requireTag(tag: string, git: GitFacts, ci: CiFacts, rules: VersionRules): void {
  if (git.exactTags.includes(tag)) return;
  const isElsewhere = git.knownTags.some((known) => known.name === tag);
  if (isElsewhere || releaseTag(tag, rules) !== undefined) throw tagMissingFailure(tag, git, ci);
}

function isOfRun(git: GitFacts, ci: CiFacts, commit: string): boolean {
  const heads = [commit, ci.headCommit].filter((id) => id !== undefined);
  if (heads.slice(0, 1).some((id) => git.revision?.startsWith(id))) return true;
  if (ci.pullRequest === undefined) return false;
  return heads.some((id) => git.revision === id || git.parents.includes(id));
}

/**
 * Whether the checked out commit is a merge that only this run knows, of the pull request's own last commit. The commit itself
 * says so: a run may be for a pull request and have the base branch checked out (`pull_request_target`).
 */
export function isSyntheticMerge(git: GitFacts, ci: CiFacts): boolean {
  return ci.headCommit !== undefined && git.parents.includes(ci.headCommit);
}
