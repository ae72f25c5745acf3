/**
 * How a version is made. `semver`, `calver`, `file` and `template` name a commit with a release tag by the tag; the others
 * name every commit in their own way and make no releases.
 */
export type VersionScheme = 'semver' | 'calver' | 'file' | 'template' | 'commit' | 'timestamp' | 'build-number';

/** A version as a file has it. */
export interface WrittenVersion {
  readonly written: string;
  /** 1-based. */
  readonly line?: number;
  /** What a person should know though the version was found; each one sentence. */
  readonly warnings?: readonly string[];
}

/** The version that a file of the project states (`pom.xml`, `package.json` …). */
export interface StatedVersion {
  /** SemVer: what the file says, without `-SNAPSHOT`, filled up to three numbers. */
  readonly version: string;
  /** As the file has it. */
  readonly written: string;
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  /** What a person should know though the version was found; each one sentence. */
  readonly warnings: readonly string[];
}

/** What the settings say about versions. */
export interface VersionRules {
  /** What stands before the version in this project's tags: `accounts/` for `accounts/v1.2.3`; default none. */
  readonly tagPrefix?: string;
  /** Default `semver`. */
  readonly scheme?: VersionScheme;
  /** For the scheme `template`: parts of `versionParts` in braces. */
  readonly template?: string;
  /** For the scheme `file`, and a template that names it. */
  readonly stated?: StatedVersion;
  /** Whether a branch's builds have a moving tag of the branch's name. */
  readonly branchTag?: boolean;
  /** Releases, as SemVer, that are to have no moving tag any more. */
  readonly withdrawn?: readonly string[];
}

/** One rule of the decision: whether it applied, and why or why not, in one sentence without a full stop. */
export interface RuleReport {
  readonly rule: string;
  readonly fired: boolean;
  readonly because: string;
}
