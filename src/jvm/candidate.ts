import type { Evidence } from '../core/project.js';

/** A value as a file has it, and how it came to that value: the place that decides first, then where it points to. */
export interface Candidate {
  readonly value: string;
  readonly from: readonly Evidence[];
}

/** A library the project uses, by its coordinates without a version. */
export interface Dependency {
  /** `group:artifact`. */
  readonly id: string;
  readonly from: Evidence;
}

/** The JDK that Maven's toolchains plugin asks for. */
export interface Toolchain {
  readonly version: Candidate;
  readonly vendor?: Candidate;
}

/** What either build tool's files say of the module that will run. */
export interface BuildModel {
  readonly tool: 'maven' | 'gradle';
  readonly name: string;
  readonly because: Evidence;
  /** Directory of the module, `''` for the root. */
  readonly directory: string;
  /** Why this module; undefined where there is only one. */
  readonly module?: { readonly from: Evidence; readonly others: readonly string[] };
  /** Java versions, what decides first. */
  readonly java: readonly Candidate[];
  readonly dependencies: readonly Dependency[];
  readonly toolchain?: Toolchain;
  /** Whose JDK Gradle's toolchain is to be. */
  readonly vendor?: Candidate;
  /** Options that the JVM needs to run what the build compiles. */
  readonly options?: Candidate;
  /** The JDK that the build itself asks to be run on, at least. */
  readonly requiredJdk?: Candidate;
  /** Maven profiles that are active though nobody asks for them. */
  readonly defaultProfiles?: Candidate;
}

/** The artifacts' names of what a module uses. */
export function artifactsOf(dependencies: readonly Dependency[]): readonly string[] {
  return dependencies.map(({ id }) => id.slice(id.indexOf(':') + 1));
}
