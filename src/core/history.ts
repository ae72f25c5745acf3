import type { SourceFacts } from './plan.js';

/** What git says of a source tree: read once, and all that a version is made of. */
export interface GitFacts extends SourceFacts {
  /** Names of the tags on the head commit, as git has them (`accounts/v1.2.3`). */
  readonly exactTags: readonly string[];
  /** Name of the tag that the reader's `chooseBase` took among those the head commit can reach. */
  readonly baseTag?: string;
  /** Commits that the head has and the base tag has not; without a base tag all that the head can reach; 0 without a commit. */
  readonly distance: number;
  /** True when the clone lacks a part of its history: neither tags nor distance can be trusted then. */
  readonly shallow: boolean;
  /**
   * 8 hex digits over the paths, modes and content that differ from the commit (over all source files where there is no
   * commit); undefined when the tree is clean. The same change has the same digest on every machine.
   */
  readonly dirtyDigest?: string;
}

/** What a CI says of a run. Each field is undefined where the CI does not say, or where it is not that sort of run. */
export interface CiFacts {
  /** `github`, `gitlab`, `jenkins`, or `none`. */
  readonly name: string;
  readonly branch?: string;
  /** Name of the tag the run is for. */
  readonly tag?: string;
  /** Number of the pull or merge request. */
  readonly pullRequest?: string;
  readonly runNumber?: string;
  /** Full id of the commit the run is for. */
  readonly commit?: string;
}
