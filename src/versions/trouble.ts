import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';
import { releaseTags } from './release-tags.js';
import { cloneRemedy, historyRemedy, tagsRemedy } from './remedies.js';
import type { VersionRules } from './rules.js';

/** Why a shallow clone gives no version, with the remedy for the CI it was found in. Code `detect.no-history`. */
export function shallowFailure(ci: CiFacts): Failure {
  return new Failure('detect.no-history', {
    message: 'The clone is shallow and its commit has no release tag, so the version cannot be known',
    where: '.git/shallow',
    remedy: historyRemedy(ci.name),
  });
}

/** A run for a tag that git does not have on the commit. Code `detect.no-history`. */
export function tagMissingFailure(tag: string, git: GitFacts, ci: CiFacts): Failure {
  const commit =
    git.revision === undefined ? 'there is no commit' : `the commit ${short(git.revision)} does not have it`;
  const elsewhere = git.knownTags.find((known) => known.name === tag);
  return new Failure('detect.no-history', {
    message: `The run is for the tag ${tag}, but ${commit}${elsewhere ? `: it is on ${short(elsewhere.commit)}` : ''}`,
    where: ci.name,
    remedy:
      git.revision === undefined
        ? cloneRemedy(ci.name)
        : `Check out the tag, with its name. Where the tag was moved, run again for where it is now. ${tagsRemedy(ci.name)}`,
    ...(git.exactTags.length > 0 && { candidates: git.exactTags }),
  });
}

/** The environment speaks of one commit, git of another. Code `detect.no-history`. */
export function otherCommitFailure(commit: string, git: GitFacts, ci: CiFacts): Failure {
  return new Failure('detect.no-history', {
    message: `The ${ci.name} run is for the commit ${short(commit)}, but ${short(git.revision ?? '')} is checked out`,
    where: ci.name,
    remedy:
      'Check out the commit of the run. Where another commit or repository is meant to be built, let git alone decide: --set version.ci=none.',
  });
}

/** Two commits would get one version. Code `detect.ambiguous`. */
export function duplicateReleaseFailure(version: string, tags: readonly string[]): Failure {
  return new Failure('detect.ambiguous', {
    message: `Several tags name the release ${version}, and they are on different commits`,
    where: 'git tags',
    remedy: 'Remove all but one of them.',
    candidates: tags,
  });
}

/**
 * What a person should know about the history though a version was found. Each is one sentence or two, for a warning.
 */
export function reviewHistory(git: GitFacts, ci: CiFacts, rules: VersionRules = {}): readonly string[] {
  return [...reviewTree(git, ci), ...reviewTags(git, ci, rules), ...(rules.stated?.warnings ?? [])];
}

function reviewTree(git: GitFacts, ci: CiFacts): readonly string[] {
  if (git.revision === undefined) {
    const inCi = ci.name === 'none' ? '' : ` ${cloneRemedy(ci.name)}`;
    return [
      `No git commit was found: the version names the content of the sources; commit and tag to get a release version.${inCi}`,
    ];
  }
  if (git.dirty) return ['The work tree differs from its commit: the version ends in a digest of what differs.'];
  return [];
}

function reviewTags(git: GitFacts, ci: CiFacts, rules: VersionRules): readonly string[] {
  if (git.revision === undefined) return [];
  if (git.knownTags.length === 0 && ci.name !== 'none' && ci.pullRequest === undefined) {
    return [`The clone has no tags: where the repository has some, the version is wrong. ${tagsRemedy(ci.name)}`];
  }
  const names = git.knownTags.map((tag) => tag.name);
  if (rules.tagPrefix !== undefined && names.length > 0 && releaseTags(names, rules).length === 0) {
    return [
      `None of the ${names.length} tags is '${rules.tagPrefix}' and a version: version.tag-prefix may be mistyped.`,
    ];
  }
  return [];
}

function short(commit: string): string {
  return commit.slice(0, 12);
}
