import type { Evidence } from '../../core/project.js';

/**
 * What a build leaves of a program: one jar with everything in it, a jar whose manifest names libraries beside it, Quarkus's
 * directory, or a directory with start scripts and libraries.
 */
export type Distribution = 'jar' | 'jar-with-libraries' | 'quarkus-app' | 'distribution';

/** One way in which a module becomes a program. */
export interface Way {
  readonly distribution: Distribution;
  readonly from: Evidence;
  /** Where the build leaves it, from the module's directory. */
  readonly output: string;
  /** Name of the Gradle task that makes it. */
  readonly task?: string;
  /** What the runnable jar's name ends in, before `.jar`: `all` of `app-1.0-all.jar`. */
  readonly classifier?: string;
}

/** Why a module that could be meant is no program, and what to do. */
export interface Obstacle {
  readonly message: string;
  readonly where: string;
  readonly remedy: string;
}

/** A module and what it can be run as, what is taken first. */
export interface JavaModule {
  readonly directory: string;
  readonly ways: readonly Way[];
  readonly obstacle?: Obstacle;
}
