import type { ProjectKind } from '../../core/kind.js';
import { type Detection, type Fact, type FactValue, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readApplicationConfig } from '../../jvm/application-config.js';
import { buildFiles, findBuildFacts, hintedOr, readEitherBuild, withoutGaps } from '../../jvm/build-facts.js';
import type { Candidate } from '../../jvm/candidate.js';
import { isBootArchive } from '../../jvm/jar-contents.js';
import type { JavaMinimum } from '../../jvm/java-version.js';
import { readGradle } from './gradle.js';
import { readMaven } from './maven.js';
import type { BootModel } from './model.js';
import { findHealth, findPort } from './port-health.js';
import { detectBootArchive } from './prebuilt.js';
import { springBootRecipe } from './recipe.js';

/** A Spring Boot application built by Maven or Gradle, packed as the layers of its executable jar. */
export const springBoot: ProjectKind = {
  name: 'spring-boot',
  title: 'Spring Boot application',
  manifests: buildFiles,
  memory: 768,
  detect: detectSpringBoot,
  recipe: springBootRecipe,
};

function detectSpringBoot(tree: SourceTree, hints: Hints): Detection | undefined {
  if (tree.jar) return isBootArchive(tree.jar) ? detectBootArchive(tree.jar, hints, minimumJava) : undefined;
  const model = readEitherBuild(tree, hints, {
    maven: () => readMaven(tree, hints),
    gradle: () => readGradle(tree, hints),
  });
  if (!model) return undefined;
  const config = readApplicationConfig(tree, model.directory);
  const boot = hintedOr(hints, 'spring-boot.release', chooseBoot(model.boot));
  const version = typeof boot?.value === 'string' ? boot.value : undefined;
  const port = hintedOr(hints, 'port', findPort(config, model.dependencies));
  const facts = {
    ...findBuildFacts(tree, hints, model, minimumJava(version)),
    'java.artifact': hintedOr(hints, 'java.artifact', undefined),
    'java.cds': hintedOr(hints, 'java.cds', undefined),
    'java.task': taskOf(model, version),
    'java.output': model.output && fact(model.output.value, model.output.from),
    'spring-boot.version': boot && majorOf(boot),
    'spring-boot.release': boot,
    port,
    health: hintedOr(hints, 'health', port && findHealth(config, model.dependencies)),
  };
  return { name: model.name, facts: withoutGaps(facts), claim: 'primary', because: model.because };
}

/** Spring Boot 1 repackages the jar of the task `jar` when the project is assembled; `bootJar` came with 2.0. With the plugin `war`, only `bootWar` has all. */
function taskOf({ tool, path, directory, because, war }: BootModel, boot: string | undefined): Fact | undefined {
  if (tool !== 'gradle') return undefined;
  const name = boot !== undefined && Number.parseInt(boot, 10) < 2 ? 'assemble' : war ? 'bootWar' : 'bootJar';
  if (path === undefined && name === 'bootJar') return undefined;
  if (path === '') return fact(name, because);
  return fact(`${path ?? (directory === '' ? '' : `:${directory.replaceAll('/', ':')}`)}:${name}`, because);
}

/** The least Java that a Spring Boot version runs on: 17 from 3.0 on, 8 before (https://docs.spring.io/spring-boot/system-requirements.html). */
function minimumJava(boot: string | undefined): JavaMinimum {
  if (boot === undefined) return { version: 8, because: 'the release of Spring Boot is not known' };
  const version = Number.parseInt(boot, 10) < 3 ? 8 : 17;
  return { version, otherwise: version, because: `Spring Boot ${boot} needs at least Java ${version}` };
}

/** The same fact with majors for values: what the contract of `detect --json` calls a version. */
function majorOf(release: Fact): Fact {
  const major = (value: FactValue): FactValue => (typeof value === 'string' ? (value.split('.')[0] ?? value) : value);
  return {
    ...release,
    value: major(release.value),
    rejected: release.rejected.map((it) => ({ ...it, value: major(it.value) })),
  };
}

/** The first version that is one; a property that the tree does not resolve is none. */
function chooseBoot(candidates: readonly Candidate[]): Fact | undefined {
  const isVersion = ({ value }: Candidate): boolean => /^\d{1,3}\.[\w.+-]{1,60}$/.test(value);
  const chosen = candidates.find(isVersion);
  if (!chosen) return undefined;
  const rejected = candidates
    .filter(({ value }) => value !== chosen.value)
    .flatMap(({ value, from: [first] }): readonly Rejected[] => (first ? [{ ...first, value }] : []));
  return fact(chosen.value, chosen.from, rejected);
}
