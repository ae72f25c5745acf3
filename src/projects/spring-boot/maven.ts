import type { Evidence, Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { Candidate } from '../../jvm/candidate.js';
import { bootBoms, bootGroup, bootParent, findBootModules, usesBoot, versionOf } from '../../jvm/maven-boot.js';
import { readMavenBuild } from '../../jvm/maven-build.js';
import { dependenciesOf } from '../../jvm/maven-dependencies.js';
import { findMavenJava, findPlugin } from '../../jvm/maven-java.js';
import { findRequirements } from '../../jvm/maven-requirements.js';
import { findToolchain } from '../../jvm/maven-toolchain.js';
import { chooseModule } from '../../jvm/module-choice.js';
import { directoryOf } from '../../jvm/paths.js';
import { chainOf, interpolate, type Pom } from '../../jvm/pom.js';
import { childrenAt, textAt } from '../../jvm/pom-element.js';
import { bootModules } from './application-class.js';
import { outputOf, requireOneArchive } from './maven-archives.js';
import type { BootModel } from './model.js';

/**
 * Read the Maven build at the tree's root. Undefined where no module of it is a Spring Boot application, or a hint names another kind's.
 * Throws `detect.unreadable` for a pom that is not XML, `detect.ambiguous` where several modules could run.
 */
export function readMaven(tree: SourceTree, hints: Hints): BootModel | undefined {
  const poms = readMavenBuild(tree, hints) ?? [];
  const runnable = findBootModules(poms);
  if (runnable.length === 0) return undefined;
  const pom = choosePom(tree, hints, poms, runnable);
  if (!pom || !(runnable.includes(pom) || usesBoot(pom))) return undefined;
  requireOneArchive(pom, hints);
  return modelOf(tree, pom, poms, runnable);
}

function choosePom(tree: SourceTree, hints: Hints, poms: readonly Pom[], runnable: readonly Pom[]): Pom | undefined {
  const directory = chooseModule(hints, {
    all: poms.map((pom) => directoryOf(pom.file)),
    ...bootModules(
      tree,
      runnable.map((pom) => directoryOf(pom.file)),
    ),
  });
  return poms.find((pom) => directoryOf(pom.file) === directory);
}

function modelOf(tree: SourceTree, pom: Pom, poms: readonly Pom[], runnable: readonly Pom[]): BootModel {
  const artifact = textAt(pom.root, 'artifactId');
  const directory = directoryOf(pom.file);
  const others = runnable.filter((other) => other !== pom).map((other) => directoryOf(other.file));
  const because = whyBoot(pom);
  const toolchain = findToolchain(pom);
  return {
    tool: 'maven',
    name: (artifact && interpolate(pom, artifact)) ?? tree.name,
    because,
    directory,
    ...outputOf(pom),
    boot: findBootVersions(pom),
    java: findMavenJava(pom, bootParent(pom)),
    dependencies: dependenciesOf(pom, poms),
    ...(toolchain && { toolchain }),
    ...findRequirements(pom),
    ...(directory !== '' && { module: { from: because, others } }),
  };
}

function whyBoot(pom: Pom): Evidence {
  const plugin = findPlugin(pom, 'spring-boot-maven-plugin').find(({ managed }) => !managed);
  if (plugin)
    return { file: plugin.file, line: plugin.plugin.line, because: 'spring-boot-maven-plugin makes it runnable' };
  return bootParent(pom)?.from[0] ?? { file: pom.file, because: 'uses Spring Boot' };
}

/** What states Spring Boot's version, what decides first: parent, BOM, the plugin, a starter. */
function findBootVersions(pom: Pom): readonly Candidate[] {
  const parent = bootParent(pom);
  const plugins = findPlugin(pom, 'spring-boot-maven-plugin').flatMap(({ file, plugin }) =>
    versionOf(pom, file, plugin, 'spring-boot-maven-plugin'),
  );
  const starter = chainOf(pom).flatMap((owner) =>
    childrenAt(owner.root, 'dependencies', 'dependency')
      .filter((dependency) => textAt(dependency, 'groupId') === bootGroup)
      .flatMap((dependency) => versionOf(pom, owner.file, dependency, textAt(dependency, 'artifactId') ?? bootGroup)),
  );
  return [...(parent ? [parent] : []), ...bootBoms(pom), ...plugins, ...starter.slice(0, 1)];
}
