import type { XmlElement } from '../formats/xml.js';
import { isWebArtifact } from './boot-libraries.js';
import { artifactsOf, type Candidate } from './candidate.js';
import { packagingOf } from './maven-build.js';
import { ownDependencies } from './maven-dependencies.js';
import { findPlugin } from './maven-java.js';
import { candidateOf, chainOf, interpolate, layersOf, type Pom, propertyAt } from './pom.js';
import { childOf, childrenAt, textAt } from './pom-element.js';

/** Spring Boot's group of artifacts. */
export const bootGroup = 'org.springframework.boot';

/** Modules that Spring Boot's plugin makes runnable; where it is nowhere declared, those that look like applications. */
export function findBootModules(poms: readonly Pom[]): readonly Pom[] {
  const packaged = poms.filter((pom) => packagingOf(pom) !== 'pom');
  const plugged = packaged.filter(isRepackaged);
  return plugged.length > 0 ? plugged : packaged.filter(looksLikeApplication);
}

function isRepackaged(pom: Pom): boolean {
  return findPlugin(pom, 'spring-boot-maven-plugin').some(
    ({ plugin, managed, file }) =>
      !managed &&
      (file === pom.file || textAt(plugin, 'inherited') !== 'false') &&
      interpolate(
        pom,
        textAt(plugin, 'configuration', 'skip') ?? propertyAt(pom, 'spring-boot.repackage.skip')?.value ?? '',
      ) !== 'true',
  );
}

/** One that is packed in another way is not Spring Boot's to pack. */
function looksLikeApplication(pom: Pom): boolean {
  const hasVersions = bootParent(pom) !== undefined || bootBoms(pom).length > 0;
  const isPackedOtherwise = ['maven-shade-plugin', 'appassembler-maven-plugin'].some((plugin) =>
    findPlugin(pom, plugin).some(({ managed }) => !managed),
  );
  return hasVersions && !isPackedOtherwise && artifactsOf(ownDependencies(pom)).some(isWebArtifact);
}

/** Whether a module names a library of Spring Boot's. */
export function usesBoot(pom: Pom): boolean {
  return ownDependencies(pom).some(({ id }) => id.startsWith(`${bootGroup}:`));
}

/** The version of the starter parent, where a pom or a parent in the tree has it. */
export function bootParent(pom: Pom): Candidate | undefined {
  for (const owner of chainOf(pom)) {
    const parent = childOf(owner.root, 'parent');
    const version = childOf(parent, 'version');
    if (!version || !isBoot(parent, 'spring-boot-starter-parent')) continue;
    return described(candidateOf(pom, owner.file, version), 'spring-boot-starter-parent');
  }
  return undefined;
}

/** The versions of Spring Boot's BOM where it is imported. */
export function bootBoms(pom: Pom): readonly Candidate[] {
  return chainOf(pom).flatMap((owner) =>
    layersOf(owner)
      .flatMap((layer) => childrenAt(layer, 'dependencyManagement', 'dependencies', 'dependency'))
      .filter((dependency) => isBoot(dependency, 'spring-boot-dependencies'))
      .flatMap((dependency) => versionOf(pom, owner.file, dependency, 'spring-boot-dependencies')),
  );
}

/** The version that an element has, with what it is the version of; none where it has none. */
export function versionOf(pom: Pom, file: string, owner: XmlElement, title: string): readonly Candidate[] {
  const version = childOf(owner, 'version');
  return version ? [described(candidateOf(pom, file, version), title)] : [];
}

function described(candidate: Candidate, title: string): Candidate {
  const [first, ...rest] = candidate.from;
  return first ? { ...candidate, from: [{ ...first, because: `${title} ${candidate.value}` }, ...rest] } : candidate;
}

function isBoot(element: XmlElement | undefined, artifactId: string): boolean {
  return textAt(element, 'groupId') === bootGroup && textAt(element, 'artifactId') === artifactId;
}
