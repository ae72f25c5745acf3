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

/** Throws `detect.unsupported` for a toolchain of another vendor: Gradle would look for it, and fetch none without a repository for toolchains. */
function refuseVendor(vendor: string): void {
  if (/^(?:adoptium|adoptopenjdk|eclipse temurin)$/i.test(vendor)) return;
  throw new Failure('detect.unsupported', {
    message: `The toolchain is to be of the vendor ${JSON.stringify(vendor.slice(0, 100))}, and the builder's JDK is Eclipse Temurin`,
    where: 'java.toolchain.vendor',
    remedy: 'Set build.image to an image with that JDK, or leave the vendor out of the script.',
  });
}

/** The image with the JDK and, where the project brings no wrapper, the build tool. */
export function builderOf({ tool, wrapper, jdk, vendor }: BuildCall): string {
  if (vendor !== undefined) refuseVendor(vendor);
  if (wrapper) return `eclipse-temurin:${jdk}-jdk`;
  return tool === 'maven' ? `maven:3.9-eclipse-temurin-${jdk}` : `gradle:${gradleMajor(jdk)}-jdk${jdk}`;
}

/** Java 25 needs Gradle 9, which itself needs 17; 8 serves the rest (https://docs.gradle.org/current/userguide/compatibility.html). */
function gradleMajor(java: number): number {
  return java >= 25 ? 9 : 8;
}
