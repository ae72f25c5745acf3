import type { Progress } from '../core/progress.js';

/** What a template store is opened with. */
export interface TemplateStoreOptions {
  /** Absolute path of the project. A repository's relative address is resolved against it. */
  readonly projectRoot: string;
  /** An existing directory of ours for what is fetched. */
  readonly workDirectory: string;
  readonly progress: Progress;
  /** Ends a running git command; undefined: nothing does. */
  readonly signal?: AbortSignal;
  /** Where the deployments of templates in the project itself are recorded; undefined: they are not. */
  readonly stateDirectory?: string;
  /** Who commits, where the source does not say; undefined: as git is configured, and `Slipway <slipway@localhost>` where it is not. */
  readonly author?: { readonly name: string; readonly email: string };
}
