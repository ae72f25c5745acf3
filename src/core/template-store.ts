import type { Outcome } from './plan.js';
import type { Progress } from './progress.js';

/** A change of one template, told by what it means, so that it can be applied again to a newer text. */
export interface TemplateIntent {
  /** Path in the repository. */
  readonly path: string;
  /** Pure; throws what the target's rewriting throws. */
  readonly rewrite: (text: string) => string;
  /** The image the template had when the plan was made: another value, that is not the new one, means somebody was faster. */
  readonly currentImage: (text: string) => string | undefined;
  readonly expectedImage: string;
  /** First line of the commit's message. */
  readonly subject: string;
  /** `Key: value` lines at the end of the commit's message. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** What `apply` left behind. */
export interface LandedIntent {
  readonly text: string;
  /** The text that the template had before this intent: what a rollback writes again. The same as `text` where nothing changed. */
  readonly before: string;
  /** Where something was committed, the commit's id. */
  readonly commit?: string;
}

/**
 * One deployment as git remembers it: a commit's `Slipway-*` trailers, and the outcome that was noted on it afterwards. A
 * commit is made before the rollout, so its outcome cannot stand in its own message.
 */
export interface DeploymentRecord {
  /** Full id of the commit that changed the template. */
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
  /** Undefined: still going on, or its run died. */
  readonly outcome?: Outcome;
  readonly evidence?: string;
}

/** Where an environment's templates live, opened for reading and for one kind of change. */
export interface TemplateStore {
  /** The files of a directory (recursively), or the one file, sorted by path. Throws `deploy.no-template` where the path does not exist. */
  read(path: string): Promise<readonly { readonly path: string; readonly text: string }[]>;
  /** Apply, commit and push, until it has landed. */
  apply(intent: TemplateIntent, progress: Progress): Promise<LandedIntent>;
  /** Deployments that are recorded, newest first, of one environment and, where it is named, one service. Undefined: this store keeps no history. */
  history?(wanted: {
    readonly environment: string;
    readonly service?: string;
    /** At most so many. */
    readonly limit: number;
  }): Promise<readonly DeploymentRecord[]>;
  /** A file as it was in a commit; undefined where it was not there. */
  readAt?(commit: string, path: string): Promise<string | undefined>;
  /** Note how the deployment that a commit stands for ended; a later note replaces an earlier one. */
  note?(commit: string, ended: { readonly outcome: Outcome; readonly evidence: string }): Promise<void>;
  /** Remove what opening it made on this disk. */
  close(): Promise<void>;
}
