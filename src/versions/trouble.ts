import { Failure } from '../core/failure.js';
import type { CiFacts, GitFacts } from '../core/history.js';

/** Why a shallow clone gives no version, with the remedy for the CI it was found in. Code `detect.no-history`. */
export function shallowFailure(ci: CiFacts): Failure {
  return new Failure('detect.no-history', {
    message: 'The clone is shallow and its commit has no release tag, so the version cannot be known',
    where: '.git/shallow',
    remedy: remedyOf(ci),
  });
}

/** A run for a tag that git does not have on the commit. Code `detect.no-history`. */
export function tagMissingFailure(tag: string, git: GitFacts, ci: CiFacts): Failure {
  return new Failure('detect.no-history', {
    message: `The run is for the tag ${tag}, but the commit ${git.revision?.slice(0, 12) ?? ''} does not have it`,
    where: ci.name,
    remedy: `Check out the tag, with its name: ${remedyOf(ci)}`,
    ...(git.exactTags.length > 0 && { candidates: git.exactTags }),
  });
}

/**
 * What a person should know about the history though a version was found. Each is one sentence for a warning.
 */
export function reviewHistory(git: GitFacts, ci: CiFacts): readonly string[] {
  const warnings: string[] = [];
  if (git.revision === undefined) {
    warnings.push(
      'No git commit was found: the version names the content of the sources; commit and tag to get a release version.',
    );
  } else if (git.dirty) {
    warnings.push('The work tree differs from its commit: the version ends in a digest of what differs.');
  }
  if (git.revision !== undefined && ci.commit !== undefined && ci.commit !== git.revision) {
    warnings.push(
      `The ${ci.name} run is for ${ci.commit.slice(0, 12)}, but ${git.revision.slice(0, 12)} is checked out: the version names the latter.`,
    );
  }
  return warnings;
}

function remedyOf(ci: CiFacts): string {
  switch (ci.name) {
    case 'github':
      return 'Give actions/checkout `fetch-depth: 0`.';
    case 'gitlab':
      return "Set `GIT_DEPTH: '0'` in the job's variables.";
    case 'jenkins':
      return 'In the checkout, switch off the shallow clone, and fetch tags (trait "Discover tags", or the "Advanced clone behaviours").';
    default:
      return 'Run `git fetch --unshallow --tags`.';
  }
}
