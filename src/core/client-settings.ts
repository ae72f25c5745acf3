import type { MountPlan } from './plan.js';
import type { Secret } from './secret.js';

/** One file of the host's client settings, as a build will see it. It lives in memory and in the builder only. */
export interface ClientFile {
  /** File name in the builder's directory of such files, `[a-z0-9.-]+`. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Absolute path at which the client looks for it in the builder; undefined where `env` says it. */
  readonly path?: string;
  /** Environment that points clients at the file; `{file}` stands for its path in the builder. */
  readonly env: Readonly<Record<string, string>>;
  /** The parts of it that must never be printed. */
  readonly secrets: readonly Secret[];
}

/** Reads what a plan names. A file that is not there is left out; throws `build.mount` for one the settings name and that cannot be read. */
export type ClientSettings = (mounts: readonly MountPlan[]) => Promise<readonly ClientFile[]>;
