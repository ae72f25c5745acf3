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

/** Where an environment's templates live, opened for reading and for one kind of change. */
export interface TemplateStore {
  /** The files of a directory (recursively), or the one file, sorted by path. Throws `deploy.no-template` where the path does not exist. */
  read(path: string): Promise<readonly { readonly path: string; readonly text: string }[]>;
  /** Apply, commit and push, until it has landed. Returns the new text and, where something was committed, the commit's id. */
  apply(intent: TemplateIntent, progress: Progress): Promise<{ readonly text: string; readonly commit?: string }>;
  /** Remove what opening it made on this disk. */
  close(): Promise<void>;
}
