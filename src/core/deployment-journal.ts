import type { FailureCode } from './failure.js';
import type { AppliedRollout } from './target.js';

/**
 * How far a deployment of one service has come. `landing`: its template is being changed in git; `applying`: the orchestrator is
 * being told; `applied`: it has been told; `undoing`: the rollout failed, and what was before is being put back.
 */
export type JournalPhase = 'landing' | 'applying' | 'applied' | 'undoing';

/** What a run writes down before and after each step, so that whoever runs the command again after its death knows what was begun. */
export interface JournalEntry {
  readonly format: 1;
  readonly phase: JournalPhase;
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  /** `repository:tag@sha256:…`. */
  readonly image: string;
  /** The template before it was changed; undefined: not changed yet, or not by this run. */
  readonly before?: string;
  /** The store's record of the deployment. */
  readonly record?: string;
  readonly applied?: AppliedRollout;
  /** In `undoing`: why the rollout failed. */
  readonly failure?: { readonly code: FailureCode; readonly message: string };
  /** In `undoing`: why the orchestrator need not be told to go back. */
  readonly asBefore?: string;
}

/** The journal of one service in one environment, held by this process alone. */
export interface DeploymentJournal {
  /** What a run that died has left; undefined: the last one came to its end. */
  readonly found: JournalEntry | undefined;
  /** What this run has written last. */
  readonly last: JournalEntry | undefined;
  /** In one step: whoever reads it finds the entry before or this one. */
  write(entry: JournalEntry): Promise<void>;
  /** The deployment is at its end. */
  remove(): Promise<void>;
  /** Let other runs have it. */
  release(): Promise<void>;
}
