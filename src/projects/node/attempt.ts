import type { Evidence } from '../../core/project.js';

/** One way to start a project that something in it names: an argv, or why this one is not taken. */
export type Attempt = Evidence &
  (
    | { readonly argv: readonly string[] }
    | {
        readonly refused: string;
        readonly value: string;
        /** What to do about it, where that is more than to add a start script. */
        readonly remedy?: string;
      }
  );
