import type { Evidence, Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import type { XmlElement } from '../../formats/xml.js';
import type { BuildModel, Candidate, Dependency } from '../../jvm/candidate.js';
import { artifactsOf } from '../../jvm/candidate.js';
import { findMavenJava, findPlugin } from '../../jvm/maven-java.js';
import { chooseModule } from '../../jvm/module-choice.js';
import { directoryOf, joinPath } from '../../jvm/paths.js';
import {
  candidateOf,
  chainOf,
  childOf,
  childrenAt,
  interpolate,
  layersOf,
  type Pom,
  readPom,
  textAt,
} from '../../jvm/pom.js';
import { isWebArtifact } from './web.js';

const bootGroup = 'org.springframework.boot';
const maxModules = 300;

/**
 * Read the Maven build at the tree's root. Undefined where no module of it is a Spring Boot application.
 * Throws `detect.unreadable` for a pom that is not XML, `detect.ambiguous` where several modules could run.
 */
export function readMaven(tree: SourceTree, hints: Hints): BuildModel | undefined {
  const root = readPom(tree, 'pom.xml');
  if (!root) return undefined;
  const poms = [root, ...readModules(tree, root)];
  const runnable = findRunnable(poms);
  if (runnable.length === 0) return undefined;
  const pom = choosePom(tree, hints, poms, runnable);
  return pom && modelOf(tree, pom, poms, runnable);
}

function choosePom(tree: SourceTree, hints: Hints, poms: readonly Pom[], runnable: readonly Pom[]): Pom | undefined {
  const directory = chooseModule(tree, hints, {
    all: poms.map((pom) => directoryOf(pom.file)),
    runnable: runnable.map((pom) => directoryOf(pom.file)),
  });
  return poms.find((pom) => directoryOf(pom.file) === directory);
}

function modelOf(tree: SourceTree, pom: Pom, poms: readonly Pom[], runnable: readonly Pom[]): BuildModel {
  const parent = bootParent(pom);
  const artifact = textAt(pom.root, 'artifactId');
  const directory = directoryOf(pom.file);
  const others = runnable.filter((other) => other !== pom).map((other) => directoryOf(other.file));
  const because = whyBoot(pom);
  return {
    tool: 'maven',
    name: (artifact && interpolate(pom, artifact)) ?? tree.name,
    because,
    directory,
    boot: findBootVersions(pom),
    java: findMavenJava(pom, parent),
    dependencies: dependenciesOf(pom, poms),
    ...(directory !== '' && { module: { from: because, others } }),
  };
}

/** All modules below a pom, in the order in which it names them; each once. */
function readModules(tree: SourceTree, root: Pom): readonly Pom[] {
  const seen = new Set([root.file]);
  const found: Pom[] = [];
  const waiting = [root];
  for (let pom = waiting.shift(); pom && found.length < maxModules; pom = waiting.shift()) {
    for (const path of modulePaths(pom).slice(0, maxModules)) {
      const joined = joinPath(directoryOf(pom.file), path);
      if (joined === undefined) continue;
      const file = joined.endsWith('.xml') ? joined : joinPath(joined, 'pom.xml');
      if (file === undefined || seen.has(file)) continue;
      seen.add(file);
      const module = readPom(tree, file);
      if (module) found.push(module);
      if (module) waiting.push(module);
    }
  }
  return found;
}

function modulePaths(pom: Pom): readonly string[] {
  return layersOf(pom)
    .flatMap((layer) => [...childrenAt(layer, 'modules', 'module'), ...childrenAt(layer, 'subprojects', 'subproject')])
    .map((module) => interpolate(pom, module.text.trim()))
    .filter((path) => path !== '');
}

/** Modules that Spring Boot's plugin makes runnable; where it is nowhere declared, those that look like applications. */
function findRunnable(poms: readonly Pom[]): readonly Pom[] {
  const packaged = poms.filter((pom) => textAt(pom.root, 'packaging') !== 'pom');
  const plugged = packaged.filter(isRepackaged);
  return plugged.length > 0 ? plugged : packaged.filter(looksLikeApplication);
}

function isRepackaged(pom: Pom): boolean {
  return findPlugin(pom, 'spring-boot-maven-plugin').some(
    ({ plugin, managed, file }) =>
      !managed &&
      (file === pom.file || textAt(plugin, 'inherited') !== 'false') &&
      interpolate(pom, textAt(plugin, 'configuration', 'skip') ?? '') !== 'true',
  );
}

function looksLikeApplication(pom: Pom): boolean {
  const usesBoot = bootParent(pom) !== undefined || bootBoms(pom).length > 0;
  return usesBoot && artifactsOf(ownDependencies(pom)).some(isWebArtifact);
}

function whyBoot(pom: Pom): Evidence {
  const plugin = findPlugin(pom, 'spring-boot-maven-plugin').find(({ managed }) => !managed);
  if (plugin)
    return { file: plugin.file, line: plugin.plugin.line, because: 'spring-boot-maven-plugin makes it runnable' };
  return bootParent(pom)?.from[0] ?? { file: pom.file, because: 'uses Spring Boot' };
}

function bootParent(pom: Pom): Candidate | undefined {
  for (const owner of chainOf(pom)) {
    const parent = childOf(owner.root, 'parent');
    const version = childOf(parent, 'version');
    if (!version || !isBoot(parent, 'spring-boot-starter-parent')) continue;
    return described(candidateOf(pom, owner.file, version), 'spring-boot-starter-parent');
  }
  return undefined;
}

function bootBoms(pom: Pom): readonly Candidate[] {
  return chainOf(pom).flatMap((owner) =>
    layersOf(owner)
      .flatMap((layer) => childrenAt(layer, 'dependencyManagement', 'dependencies', 'dependency'))
      .filter((dependency) => isBoot(dependency, 'spring-boot-dependencies'))
      .flatMap((dependency) => versionOf(pom, owner.file, dependency, 'spring-boot-dependencies')),
  );
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

function versionOf(pom: Pom, file: string, owner: XmlElement, title: string): readonly Candidate[] {
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

/** Dependencies of a pom and its parents that are there at run time. */
function ownDependencies(pom: Pom): readonly Dependency[] {
  return chainOf(pom).flatMap((owner) =>
    layersOf(owner)
      .flatMap((layer) => childrenAt(layer, 'dependencies', 'dependency'))
      .filter((dependency) => textAt(dependency, 'scope') !== 'test')
      .map((dependency) => dependencyOf(owner.file, dependency)),
  );
}

function dependencyOf(file: string, element: XmlElement): Dependency {
  const artifact = textAt(element, 'artifactId') ?? '';
  const from = { file, line: element.line, because: `depends on ${artifact}` };
  return { id: `${textAt(element, 'groupId') ?? ''}:${artifact}`, from };
}

/** A module's dependencies and those of the tree's modules that it depends on. */
function dependenciesOf(pom: Pom, poms: readonly Pom[]): readonly Dependency[] {
  const byArtifact = new Map(poms.map((other) => [textAt(other.root, 'artifactId') ?? '', other]));
  const seen = new Set([pom]);
  const found: Dependency[] = [];
  for (const module of seen) {
    for (const dependency of ownDependencies(module)) {
      found.push(dependency);
      const inTree = byArtifact.get(dependency.id.slice(dependency.id.indexOf(':') + 1));
      if (inTree) seen.add(inTree);
    }
  }
  return found;
}
