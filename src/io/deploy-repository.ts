import type { TemplateSource } from '../core/plan.js';
import type { Progress } from '../core/progress.js';
import { openProjectTemplates } from './deploy-project.js';
import { openRemoteTemplates } from './deploy-remote.js';

/** A template file as it is stored. */
export interface TemplateFile {
  /** Path in its repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** One intended change of one file, which can be made again on a newer text of it. */
export interface TemplateEdit {
  readonly path: string;
  /** What the edit replaces, e.g. the service's image; undefined when it is not there. */
  valueOf(text: string): string | undefined;
  /** The text with the value replaced; the same text when it is replaced already. */
  apply(text: string): string;
  /** The value that was seen when the change was decided; another one means that somebody decided since. Undefined: any. */
  readonly expected?: string;
}

/** How a write ended. */
export interface WrittenTemplates {
  /** The edited files as they are stored now. */
  readonly files: readonly TemplateFile[];
  /** The pushed commit; undefined where nothing had to change, or the files are in the project's own work tree. */
  readonly commit?: string;
  readonly changed: boolean;
}

/** Where deploy templates are read from and written to. */
export interface TemplateRepository {
  /** For messages; without credentials. */
  readonly shown: string;
  /** The commit that is read; undefined for the project's work tree. */
  currentRevision(): string | undefined;
  /** All YAML and JSON files under a directory, at any depth, sorted by path; empty when there is no such directory. */
  readTemplates(directory: string): Promise<readonly TemplateFile[]>;
  /**
   * Make the edits, as one commit where there is a repository of their own, and push it; on a rejected push the edits are
   * made again on what is there by then. In the project's own work tree the files are replaced, each in one step, and
   * nothing is committed: the commit is the developer's. Throws `deploy.superseded` when a value was changed to something
   * else meanwhile, `deploy.repository`, `deploy.no-template`, and whatever an edit throws.
   */
  write(edits: readonly TemplateEdit[], message: string): Promise<WrittenTemplates>;
  /** Remove what was cloned. */
  close(): Promise<void>;
}

export interface TemplateSourceOptions {
  /** Absolute path of the project. A repository's relative address is resolved against it. */
  readonly projectRoot: string;
  /** An existing directory of ours for clones. */
  readonly workDirectory: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Who commits; undefined: as git is configured, and `Slipway <slipway@localhost>` where it is not. */
  readonly author?: { readonly name: string; readonly email: string };
}

/** Open the place of an environment's templates. Throws `deploy.repository` when it cannot be reached. */
export function openTemplateSource(
  source: TemplateSource,
  options: TemplateSourceOptions,
): Promise<TemplateRepository> {
  return source.in === 'project'
    ? Promise.resolve(openProjectTemplates(options))
    : openRemoteTemplates(source, options);
}
