import type { Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { Candidate } from '../../jvm/candidate.js';
import { bootParent, findBootModules } from '../../jvm/maven-boot.js';
import { readMavenBuild } from '../../jvm/maven-build.js';
import { dependenciesOf } from '../../jvm/maven-dependencies.js';
import { findMavenJava } from '../../jvm/maven-java.js';
import { outerParentOf } from '../../jvm/maven-plugins.js';
import { findRequirements } from '../../jvm/maven-requirements.js';
import { findToolchain } from '../../jvm/maven-toolchain.js';
import { directoryOf } from '../../jvm/paths.js';
import { interpolate, type Pom, propertyAt } from '../../jvm/pom.js';
import { textAt } from '../../jvm/pom-element.js';
import { readMavenModule } from './maven-ways.js';
import { chooseProgram, type JavaModel } from './model.js';

/** Read the Maven build at the tree's root. Undefined where there is none, or it is Spring Boot's alone. */
export function readMavenProgram(tree: SourceTree, hints: Hints): JavaModel | undefined {
  const poms = readMavenBuild(tree, hints);
  if (!poms) return undefined;
  const main = hints['java.main']?.value;
  const modules = poms.map((pom) => readMavenModule(pom, poms, typeof main === 'string' ? main : undefined));
  const boot = findBootModules(poms);
  const program = chooseProgram(hints, { modules, boot: boot.map((pom) => directoryOf(pom.file)), file: 'pom.xml' });
  const pom = poms.find((candidate) => directoryOf(candidate.file) === program?.directory);
  if (!program || !pom) return undefined;
  const { directory, way, ways } = program;
  const others = modules.filter((module) => module.ways.length > 0 && module.directory !== directory);
  const toolchain = findToolchain(pom);
  return {
    tool: 'maven',
    name: interpolate(pom, textAt(pom.root, 'artifactId') ?? tree.name),
    because: way.from,
    directory,
    java: javaOf(pom),
    dependencies: dependenciesOf(pom, poms),
    way,
    otherWays: ways.slice(1),
    property: (key) => propertyAt(pom, key),
    ...(directory !== '' && { module: { from: way.from, others: others.map((other) => other.directory) } }),
    ...(toolchain && { toolchain }),
    ...findRequirements(pom),
  };
}

/** Parents of Micronaut compile for `jdk.version`, or `release.version` in later ones. */
function javaOf(pom: Pom): readonly Candidate[] {
  const stated = findMavenJava(pom, bootParent(pom));
  if (!/^io\.micronaut/.test(outerParentOf(pom) ?? '')) return stated;
  return [...stated, ...['release.version', 'jdk.version'].flatMap((key) => propertyAt(pom, key) ?? [])];
}
