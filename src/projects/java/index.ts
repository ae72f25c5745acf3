import type { ProjectKind } from '../../core/kind.js';
import { type Detection, fact, type Hints } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { type ApplicationConfig, readApplicationConfig } from '../../jvm/application-config.js';
import { buildFiles, findBuildFacts, hintedOr, readEitherBuild, withoutGaps } from '../../jvm/build-facts.js';
import { newestJava, readWrapperRelease } from '../../jvm/gradle-release.js';
import { isBootArchive } from '../../jvm/jar-contents.js';
import type { JavaMinimum } from '../../jvm/java-version.js';
import { fileIn } from '../../jvm/paths.js';
import { findArgumentFiles, requireArguments } from './arguments.js';
import { refuseForeignBuild } from './foreign-build.js';
import { readGradleProgram } from './gradle.js';
import { readMavenProgram } from './maven.js';
import type { JavaModel } from './model.js';
import { detectRunnableJar } from './prebuilt.js';
import { quarkusWay } from './quarkus.js';
import { javaRecipe } from './recipe.js';
import { findService } from './service.js';
import type { Way } from './way.js';

/** A Java program that is not Spring Boot's: a runnable jar, Quarkus's directory, or a distribution with start scripts. */
export const java: ProjectKind = {
  name: 'java',
  title: 'Java application or distribution',
  manifests: buildFiles,
  memory: 512,
  detect: detectJava,
  recipe: javaRecipe,
};

function detectJava(tree: SourceTree, hints: Hints): Detection | undefined {
  if (tree.jar) return isBootArchive(tree.jar) ? undefined : detectRunnableJar(tree.jar, hints);
  const found = readEitherBuild(tree, hints, {
    maven: () => readMavenProgram(tree, hints),
    gradle: () => readGradleProgram(tree, hints),
  });
  if (!found) return refuseForeignBuild(tree);
  const config = readApplicationConfig(tree, found.directory);
  const model = found.way.distribution === 'quarkus-app' ? { ...found, way: quarkusWay(found, config) } : found;
  requireArguments(model, hints);
  const facts = {
    ...findBuildFacts(tree, hints, model, minimumOf(tree, model)),
    ...programFacts(model),
    'java.main': hintedOr(hints, 'java.main', undefined),
    'java.artifact': hintedOr(hints, 'java.artifact', undefined),
    'java.arguments': hintedOr(hints, 'java.arguments', undefined),
    'java.files': findArgumentFiles(tree, model, hints),
    ...serviceFacts(tree, hints, model, config),
  };
  return { name: model.name, facts: withoutGaps(facts), claim: 'primary', because: model.because };
}

/** What states nothing gets the long-term release that all images have, or the latest that the wrapper's Gradle runs on. */
function minimumOf(tree: SourceTree, { tool }: JavaModel): JavaMinimum {
  const gradle = tool === 'gradle' ? readWrapperRelease(tree) : undefined;
  const newest = gradle === undefined ? undefined : newestJava(gradle);
  if (newest === undefined || newest >= 21) {
    return { version: 5, otherwise: 21, because: 'no file states a Java version: the long-term release 21' };
  }
  const otherwise = newest >= 17 ? 17 : newest >= 11 ? 11 : 8;
  return {
    version: 5,
    otherwise,
    because: `no file states a Java version: ${otherwise} is what Gradle ${gradle} runs on`,
  };
}

function programFacts({ way, otherWays, task, directory }: JavaModel) {
  const rejected = otherWays.map((other) => ({ ...other.from, value: titleOf(other) }));
  return {
    'java.distribution': fact(way.distribution, way.from, rejected),
    'java.output': fact(fileIn(directory, way.output), way.from),
    'java.task': task === undefined ? undefined : fact(task, way.from),
    'java.classifier': way.classifier === undefined ? undefined : fact(way.classifier, way.from),
  };
}

function titleOf({ distribution, task }: Way): string {
  return task === undefined ? distribution : `${distribution} by ${task}`;
}

function serviceFacts(tree: SourceTree, hints: Hints, model: JavaModel, config: ApplicationConfig) {
  const { port, health } = findService(tree, model, config);
  return { port: hintedOr(hints, 'port', port), health: hintedOr(hints, 'health', health) };
}
