import type { Outcome } from './plan.js';
import type { Progress } from './progress.js';

/** What a deployment's commit, or its entry in a local journal, says of it. */
export interface DeploymentFacts {
  readonly environment: string;
  /** The service's id in the template. */
  readonly service: string;
  readonly version: string;
  /** `repository:tag@sha256:…`. */
  readonly image: string;
  /** The source's commit. */
  readonly revision?: string;
  /** What CI run made it: a URL or a number. */
  readonly run?: string;
  /** A person's rollback: automation leaves the service alone until it is told otherwise. */
  readonly pinned?: boolean;
  /** The record whose deployment this one takes back: a person's rollback where it is pinned, else a run's own after a failure. */
  readonly rollbackOf?: string;
  /** One sentence for a person who reads the log: why this was done. */
  readonly because?: string;
  /** Where it is known before the commit is made, as it is when a template follows an orchestrator that went back. */
  readonly ended?: DeploymentEnd;
}

/** How a deployment ended, and what was seen. */
export interface DeploymentEnd {
  readonly outcome: Outcome;
  readonly evidence: string;
}

/** What stands where an intent is about to change something. */
export interface FoundDeployment {
  /** The image that the template has. */
  readonly image: string | undefined;
  /** The newest record of the service in the environment; undefined: none is known. */
  readonly newest: DeploymentRecord | undefined;
}

/** A change of one template, told by what it means, so that it can be applied again to a newer text. */
export interface TemplateIntent {
  /** Path in the repository. */
  readonly path: string;
  /** Pure; throws what the target's rewriting throws. */
  readonly rewrite: (text: string) => string;
  /** The image the template had when the plan was made: another value, that is not the new one, means somebody was faster. */
  readonly currentImage: (text: string) => string | undefined;
  readonly expectedImage: string;
  /** What the commit's message is made of. */
  readonly deployment: DeploymentFacts;
  /**
   * Asked before something is changed, and again for every text that others wrote meanwhile. `newer`: this one replaces what is
   * there, though that is not the expected image; `unknown`: it does if nobody else changed it. Throws `deploy.superseded`:
   * see `judgeOrder`.
   */
  readonly guard?: (found: FoundDeployment) => Promise<'newer' | 'unknown'> | 'newer' | 'unknown';
}

/** A branch that was pushed for a person to merge: nothing is changed where deployments come from, and nothing is to be rolled out. */
export interface Proposal {
  readonly branch: string;
  /** The branch that it is to be merged into. */
  readonly into: string;
  /** The web page that opens the pull request; undefined where the kind of server is not known. */
  readonly url?: string;
  /** The command that opens it; undefined where there is none. */
  readonly command?: string;
}

/** What `apply` left behind. */
export interface LandedIntent {
  readonly text: string;
  /** The text that the template had before this intent: what a rollback writes again. The same as `text` where nothing changed. */
  readonly before: string;
  /** Where something was committed, the commit's id. */
  readonly commit?: string;
  /** The record that was made, which `note` and `readAt` take: the commit, or in a project the journal's entry. Undefined where nothing changed. */
  readonly record?: string;
  /** Where deployments go through pull requests: what was proposed instead. `text` is the proposed one then. */
  readonly proposal?: Proposal;
}

/**
 * One deployment as git remembers it: a commit's `Slipway-*` trailers, and the outcome that was noted on it afterwards. A
 * commit is made before the rollout, so its outcome cannot stand in its own message. Templates in the project itself are
 * recorded in a journal of this machine.
 */
export interface DeploymentRecord {
  /** Full id of the commit that changed the template; in a project, the id of the journal's entry. */
  readonly commit: string;
  /** Committer time, ISO 8601 UTC. */
  readonly at: string;
  readonly author: string;
  readonly environment: string;
  /** The service's id in the template. */
  readonly service: string;
  /** Path of the template. */
  readonly template: string;
  readonly version: string;
  /** `repository:tag@sha256:…`. */
  readonly image: string;
  /** The source's commit. */
  readonly revision?: string;
  /** What CI run made it: a URL or a number. */
  readonly run?: string;
  /** Set by a person's `slipway rollback`: automation leaves this service alone until it is told otherwise. */
  readonly pinned: boolean;
  /** Id of the record that this one took back. */
  readonly rollbackOf?: string;
  /** Undefined: still going on, or its run died. */
  readonly outcome?: Outcome;
  readonly evidence?: string;
}

/** Where an environment's templates live, opened for reading and for one kind of change. */
export interface TemplateStore {
  /** The files of a directory (recursively), or the one file, sorted by path. Throws `deploy.no-template` where the path does not exist. */
  read(path: string): Promise<readonly { readonly path: string; readonly text: string }[]>;
  /** Apply, commit and push, until it has landed. Throws `deploy.superseded`, `deploy.repository`, and what the intent throws. */
  apply(intent: TemplateIntent, progress: Progress): Promise<LandedIntent>;
  /** Deployments that are recorded, newest first, of one environment and, where it is named, one service. Throws `deploy.repository`. */
  history(wanted: {
    readonly environment: string;
    readonly service?: string;
    /** At most so many. */
    readonly limit: number;
  }): Promise<readonly DeploymentRecord[]>;
  /** A template as a record left it; undefined where it was not there, or is no longer kept. Throws `deploy.repository`. */
  readAt(record: string, path: string): Promise<string | undefined>;
  /**
   * Note how the deployment that a record stands for ended; a later note replaces an earlier one. Where the repository takes no
   * notes, that is warned of and no failure. Throws `deploy.repository` where it cannot be reached.
   */
  note(record: string, ended: DeploymentEnd): Promise<void>;
  /** Remove what opening it made on this disk. */
  close(): Promise<void>;
}
