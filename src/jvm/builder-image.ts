import { Failure } from '../core/failure.js';
import type { BuildCall } from './build-command.js';

/**
 * The Java whose images are used: 9, 10 and 12 to 16 have no runtime image any more, the next long-term one runs them.
 * Throws `detect.unsupported` for what is no version of Java.
 */
export function imageJava(version: string | undefined): number {
  const java = Number(version);
  if (!/^\d{1,2}$/.test(version ?? '') || java < 5 || java > 40) {
    throw new Failure('detect.unsupported', {
      message: `There is no Java ${JSON.stringify(version?.slice(0, 100) ?? '')}`,
      where: 'java.version',
      remedy: 'Set java.version (slipway.yml, or --set java.version=21).',
      candidates: ['8', '11', '17', '21', '25'],
    });
  }
  if (java <= 8) return 8;
  if (java <= 11) return 11;
  return Math.max(17, java);
}

/** The image with the JDK and, where the project brings no wrapper, the build tool. */
export function builderOf({ tool, wrapper, jdk }: BuildCall): string {
  if (wrapper) return `eclipse-temurin:${jdk}-jdk`;
  return tool === 'maven' ? `maven:3.9-eclipse-temurin-${jdk}` : `gradle:${gradleMajor(jdk)}-jdk${jdk}`;
}

/** Java 25 needs Gradle 9, which itself needs 17; 8 serves the rest (https://docs.gradle.org/current/userguide/compatibility.html). */
function gradleMajor(java: number): number {
  return java >= 25 ? 9 : 8;
}
