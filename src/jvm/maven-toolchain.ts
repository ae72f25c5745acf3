import { Failure } from '../core/failure.js';
import { type Facts, textOf } from '../core/project.js';
import type { Toolchain } from './candidate.js';
import { configurationsOf } from './maven-java.js';
import { findUsedPlugin } from './maven-plugins.js';
import { candidateOf, type Pom } from './pom.js';
import { childOf } from './pom-element.js';

/** What Maven's toolchains plugin asks for: in `toolchains/jdk`, or itself in the goal select-jdk-toolchain. */
export function findToolchain(pom: Pom): Toolchain | undefined {
  const plugin = findUsedPlugin(pom, 'maven-toolchains-plugin');
  for (const { file, plugin: element } of plugin?.places ?? []) {
    for (const configuration of configurationsOf(element)) {
      const jdk = childOf(configuration, 'toolchains', 'jdk') ?? configuration;
      const [version, vendor] = [childOf(jdk, 'version'), childOf(jdk, 'vendor')];
      if (!version) continue;
      return { version: candidateOf(pom, file, version), ...(vendor && { vendor: candidateOf(pom, file, vendor) }) };
    }
  }
  return undefined;
}

/**
 * The environment of the step that describes the builder's JDK as a toolchain; empty where none is asked for. Maven compares a
 * plain version as text; a range is for the JDK's own version to be in. Throws `detect.unsupported` for a vendor whose JDK the
 * builder does not have.
 */
export function toolchainEnvironment(facts: Facts): Readonly<Record<string, string>> {
  const version = textOf(facts, 'java.toolchain');
  if (version === undefined) return {};
  const vendor = textOf(facts, 'java.toolchain.vendor') ?? '';
  if (vendor !== '' && !/^(?:temurin|adoptium|adoptopenjdk|eclipse|openjdk)$/i.test(vendor)) {
    throw new Failure('detect.unsupported', {
      message: `The toolchain is to be of the vendor ${JSON.stringify(vendor.slice(0, 100))}, and the builder's JDK is Eclipse Temurin`,
      where: 'java.toolchain.vendor',
      remedy: 'Leave the vendor out of the pom.',
    });
  }
  return {
    SLIPWAY_TOOLCHAIN: /^[\d._]{1,20}$/.test(version) ? version : '',
    SLIPWAY_TOOLCHAIN_VENDOR: vendor,
  };
}
