import type { XmlElement } from '../formats/xml.js';
import type { Candidate } from './candidate.js';
import { parseJavaVersion } from './java-version.js';
import { candidateOf, chainOf, layersOf, type Pom, propertyAt } from './pom.js';
import { childOf, childrenAt, textAt } from './pom-element.js';

/** A plugin's declaration and the file it stands in. */
export interface PluginPlace {
  readonly file: string;
  readonly plugin: XmlElement;
  /** True where it only configures what others declare. */
  readonly managed: boolean;
}

/** More declarations of one plugin than any build has: a hostile pom costs no more than this. */
const maxDeclarations = 50;

/** Every declaration of a plugin that counts for a pom, what Maven merges last first. */
export function findPlugin(pom: Pom, artifactId: string): readonly PluginPlace[] {
  const found = chainOf(pom).flatMap((owner) =>
    layersOf(owner).flatMap((layer) => [
      ...pluginsOf(owner.file, childrenAt(layer, 'build', 'plugins', 'plugin'), artifactId, false),
      ...pluginsOf(owner.file, childrenAt(layer, 'build', 'pluginManagement', 'plugins', 'plugin'), artifactId, true),
    ]),
  );
  return found.slice(0, maxDeclarations);
}

function pluginsOf(
  file: string,
  plugins: readonly XmlElement[],
  artifactId: string,
  managed: boolean,
): readonly PluginPlace[] {
  return plugins
    .filter((plugin) => textAt(plugin, 'artifactId') === artifactId)
    .map((plugin) => ({ file, plugin, managed }));
}

/**
 * Java versions that a pom states, what decides first: a toolchain, the compiler plugin's configuration, the compiler's
 * properties, `java.version`. One exception to that order: where javac is called with a `--release` that is higher
 * than a `source`/`target` before it, the release decides, because Maven then ignores those two.
 */
export function findMavenJava(pom: Pom, bootParent: Candidate | undefined): readonly Candidate[] {
  const compiler = findPlugin(pom, 'maven-compiler-plugin');
  const toolchain = findToolchain(pom);
  const pluginRelease = configured(pom, compiler, 'release');
  const pluginLevels = [...configured(pom, compiler, 'target'), ...configured(pom, compiler, 'source')];
  const release = property(pom, 'maven.compiler.release');
  const levels = ['target', 'source'].flatMap((name) => property(pom, `maven.compiler.${name}`));
  const javaVersion = property(pom, 'java.version');
  const kotlin = configured(pom, findPlugin(pom, 'kotlin-maven-plugin'), 'jvmTarget');
  const ordered = [...toolchain, ...pluginRelease, ...pluginLevels, ...release, ...levels, ...javaVersion, ...kotlin];
  if (toolchain.length > 0 || pluginRelease.length > 0) return ordered;
  const passed = release[0] ?? (givesRelease(bootParent) ? javaVersion[0] : undefined);
  return passed && isHigher(passed, ordered[0]) ? [passed, ...ordered.filter((other) => other !== passed)] : ordered;
}

/** From 3.0 on, spring-boot-starter-parent sets `maven.compiler.release` to `${java.version}`. */
function givesRelease(bootParent: Candidate | undefined): boolean {
  return bootParent !== undefined && Number.parseInt(bootParent.value, 10) >= 3;
}

function isHigher(candidate: Candidate, other: Candidate | undefined): boolean {
  const version = parseJavaVersion(candidate.value);
  const otherVersion = other && parseJavaVersion(other.value);
  return version !== undefined && otherVersion !== undefined && Number(version) > Number(otherVersion);
}

function findToolchain(pom: Pom): readonly Candidate[] {
  return findPlugin(pom, 'maven-toolchains-plugin').flatMap(({ file, plugin }) =>
    configurationsOf(plugin).flatMap((configuration) => {
      const element = childOf(configuration, 'toolchains', 'jdk', 'version') ?? childOf(configuration, 'version');
      return element ? [labelled(candidateOf(pom, file, element), 'maven-toolchains-plugin')] : [];
    }),
  );
}

function configured(pom: Pom, places: readonly PluginPlace[], name: string): readonly Candidate[] {
  return places.flatMap(({ file, plugin }) =>
    configurationsOf(plugin).flatMap((configuration) => {
      const element = childOf(configuration, name);
      if (!element || element.text.trim() === '') return [];
      return [labelled(candidateOf(pom, file, element), textAt(plugin, 'artifactId') ?? 'plugin')];
    }),
  );
}

/** A plugin's own configuration, then those of its executions, save the one that compiles tests. */
export function configurationsOf(plugin: XmlElement): readonly XmlElement[] {
  const executions = childrenAt(plugin, 'executions', 'execution').filter(
    (execution) => !/test/i.test(textAt(execution, 'id') ?? ''),
  );
  return [plugin, ...executions].flatMap((owner) => childOf(owner, 'configuration') ?? []);
}

function labelled(candidate: Candidate, plugin: string): Candidate {
  const [first, ...rest] = candidate.from;
  return first ? { ...candidate, from: [{ ...first, because: `${first.because} (${plugin})` }, ...rest] } : candidate;
}

function property(pom: Pom, key: string): readonly Candidate[] {
  const found = propertyAt(pom, key);
  return found ? [found] : [];
}
