/** How a kind is built and packed. A recipe is data: everything in it can be printed, stored and compared. */

/** One command of the build: an argv, run in the source copy without a shell. */
export interface ArgvStep {
  readonly title: string;
  readonly argv: readonly string[];
}

/**
 * One constant script of the build, POSIX sh, each element a complete command line; all are joined by `&&`.
 * A script never contains project data: data reaches it through `env` of the recipe or an `argv` step.
 */
export interface ScriptStep {
  readonly title: string;
  readonly script: readonly string[];
}

export type Step = ArgvStep | ScriptStep;

/** A dependency cache: a named volume per project and kind, mounted in the builder. */
export interface Cache {
  /** Short name, `[a-z0-9-]+`: `maven`, `go-mod`. */
  readonly name: string;
  /** Absolute path in the builder. */
  readonly path: string;
}

/** Something the build leaves. Outputs are all that leaves the builder. */
export interface Output {
  /** Path in the source copy, relative to its root. */
  readonly from: string;
  /** Fixed name in the pack context: what the Dockerfile copies. */
  readonly to: string;
  readonly type: 'file' | 'directory';
  /** A missing optional output becomes an empty directory of that name, so that the Dockerfile stays the same. */
  readonly optional?: boolean;
}

/** Client settings of the host that a build may be given as read-only mounts. */
export type MountName = 'npmrc' | 'maven-settings' | 'netrc' | 'go-env' | 'gradle-properties' | 'ca';

/** How the running image is asked whether it is well. */
export interface Probe {
  readonly port: number;
  /** HTTP path that answers 2xx or 3xx when well; undefined: an accepted TCP connection is the answer. */
  readonly path?: string;
}

/** What a kind's template gets as `it`, beside what every template gets (see `TemplateData`). */
export type KindData = Readonly<Record<string, unknown>>;

export interface Recipe {
  /** Image of the builder, by its official name and a tag. */
  readonly builder: string;
  /** Image the artifacts are packed on. */
  readonly base: string;
  readonly steps: readonly Step[];
  /**
   * What the first `steps` steps need and no more: a standalone Dockerfile copies these files first, so that the layer
   * with the dependencies stays while only sources change. Paths or globs; one that matches nothing must be a glob.
   */
  readonly early?: { readonly files: readonly string[]; readonly steps: number };
  /** Environment of the build, never secret. */
  readonly env: Readonly<Record<string, string>>;
  readonly caches: readonly Cache[];
  readonly outputs: readonly Output[];
  /** The argv the image starts. */
  readonly entrypoint: readonly string[];
  /** Directory of the template: `templates/<template>/`. */
  readonly template: string;
  /** Numeric `uid:gid` the image runs as. */
  readonly user: string;
  readonly probe?: Probe;
  /** Argv of the image's HEALTHCHECK; undefined where the runtime has nothing to run one with. */
  readonly healthcheck?: readonly string[];
  /** Mounts that are of use to this kind when the settings allow them. */
  readonly mounts: readonly MountName[];
  /** Names of the host's variables that come with the mount `npmrc`, since the project's own client settings refer to them. */
  readonly variables?: readonly string[];
  /** More data for the kind's own template. */
  readonly data: KindData;
}

/** What a recipe may take from the settings beside the facts. */
export interface RecipeOptions {
  readonly builder?: string;
  readonly base?: string;
  /** `os/arch`, e.g. `linux/amd64`. */
  readonly platform: string;
  /** The version that will be stamped into the artifact. */
  readonly version: string;
}
