import type { SourceFacts } from './plan.js';

/** A tag of a repository. */
export interface KnownTag {
  /** As git has it, without `refs/tags/`: `accounts/v1.2.3`. */
  readonly name: string;
  /** Full id of the commit, of a lightweight and of an annotated tag alike. */
  readonly commit: string;
}

/** What git says of a source tree: read once, and all that a version is made of. */
export interface GitFacts extends SourceFacts {
  /** Names of the tags on the head commit, as git has them (`accounts/v1.2.3`). */
  readonly exactTags: readonly string[];
  /** Every tag that the clone knows, wherever it points. */
  readonly knownTags: readonly KnownTag[];
  /** Full ids of the head commit's parents as the commit itself names them, also where a shallow clone lacks them. */
  readonly parents: readonly string[];
  /** Name of the tag that the reader's `chooseBase` took among those the head commit can reach. */
  readonly baseTag?: string;
  /**
   * Commits that the head has and the base tag has not, of those that touched the paths asked about; without a base tag all
   * that the head can reach; 0 without a commit.
   */
  readonly distance: number;
  /** True when the clone lacks a part of its history: neither tags nor distance can be trusted then. */
  readonly shallow: boolean;
  /**
   * 8 hex digits over the paths, modes and content that differ from the commit (over all source files where there is no
   * commit); undefined when the tree is clean. The same change has the same digest on every machine.
   */
  readonly dirtyDigest?: string;
}

/** The CIs whose environment is understood; `none`: a terminal, or another CI, where git alone says what there is. */
export type CiName =
  | 'github'
  | 'gitlab'
  | 'jenkins'
  | 'azure'
  | 'bitbucket'
  | 'circleci'
  | 'drone'
  | 'woodpecker'
  | 'teamcity'
  | 'none';

/** What a CI says of a run. Each field is undefined where the CI does not say, or where it is not that sort of run. */
export interface CiFacts {
  readonly name: CiName;
  /** The run's branch; of a pull request, the branch that it comes from. */
  readonly branch?: string;
  /** Name of the tag the run is for. */
  readonly tag?: string;
  /** Number of the pull or merge request. */
  readonly pullRequest?: string;
  /** The number that the CI counts its runs with: another attempt of a run has the same. */
  readonly runNumber?: string;
  /** Id of the commit the run is for, in lower-case hex. */
  readonly commit?: string;
  /** Full id of a pull request's own last commit, where the CI tells it beside `commit`. */
  readonly headCommit?: string;
  /** The pull request comes from another repository: its run has no secrets, so it can build and not push. */
  readonly fork?: true;
  /** The run tries a merge before it is made (GitHub's merge queue, GitLab's merge train): it releases nothing. */
  readonly queued?: true;
}
