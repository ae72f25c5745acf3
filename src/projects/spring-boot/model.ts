import type { BuildModel, Candidate } from '../../jvm/candidate.js';

/** What either build tool's files say of a Spring Boot module. */
export interface BootModel extends BuildModel {
  /** Spring Boot's version, what decides first. */
  readonly boot: readonly Candidate[];
  /** Whether Gradle packs it as a WAR. */
  readonly war?: boolean;
  /** Directory of the archive, where it is not the tool's own. */
  readonly output?: Candidate;
  /** Path of the Gradle project, where it is not its directory's; `''` where the settings rename it in a way that is not read. */
  readonly path?: string;
}
