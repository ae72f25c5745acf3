import type { XmlElement } from '../formats/xml.js';
import type { Dependency } from './candidate.js';
import { chainOf, interpolate, layersOf, type Pom } from './pom.js';
import { childrenAt, textAt } from './pom-element.js';

/** Dependencies of a pom and its parents that are not for tests alone, or not of the given scopes. */
export function ownDependencies(pom: Pom, leftOut: readonly string[] = ['test']): readonly Dependency[] {
  return chainOf(pom).flatMap((owner) =>
    layersOf(owner)
      .flatMap((layer) => childrenAt(layer, 'dependencies', 'dependency'))
      .filter((dependency) => !leftOut.includes(textAt(dependency, 'scope') ?? 'compile'))
      .map((dependency) => dependencyOf(pom, owner.file, dependency)),
  );
}

function dependencyOf(pom: Pom, file: string, element: XmlElement): Dependency {
  const artifact = interpolate(pom, textAt(element, 'artifactId') ?? '');
  const from = { file, line: element.line, because: `depends on ${artifact}` };
  return { id: `${interpolate(pom, textAt(element, 'groupId') ?? '')}:${artifact}`, from };
}

/** A module's dependencies and those of the build's modules that it depends on. */
export function dependenciesOf(
  pom: Pom,
  poms: readonly Pom[],
  leftOut: readonly string[] = ['test'],
): readonly Dependency[] {
  const byArtifact = new Map(poms.map((other) => [textAt(other.root, 'artifactId') ?? '', other]));
  const seen = new Set([pom]);
  const found: Dependency[] = [];
  for (const module of seen) {
    for (const dependency of ownDependencies(module, leftOut)) {
      found.push(dependency);
      const inTree = byArtifact.get(dependency.id.slice(dependency.id.indexOf(':') + 1));
      if (inTree) seen.add(inTree);
    }
  }
  return found;
}
