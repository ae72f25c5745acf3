import { Failure } from '../../core/failure.js';
import { type Facts, textOf } from '../../core/project.js';
import type { Recipe, RecipeOptions, Step } from '../../core/recipe.js';
import { buildCallOf } from '../../jvm/build-call.js';
import { type BuildCall, cachesOf, gradleBuild, leftOutOfContext, mavenBuild } from '../../jvm/build-command.js';
import { builderOf, imageJava } from '../../jvm/builder-image.js';
import { javaCommand, jvmOptions } from '../../jvm/java-command.js';
import { toolchainEnvironment } from '../../jvm/maven-toolchain.js';
import { probeFields, probeOf } from '../../jvm/probe.js';
import { applicationJar } from './application-jar.js';
import { classArchive } from './class-archive.js';
import { extractLayers, layerDirectory, layerNames } from './layer-script.js';

/** Builder, steps and runtime of a Spring Boot application. Throws `detect.unsupported` for facts it has no recipe for. */
export function springBootRecipe(project: { readonly facts: Facts }, options: RecipeOptions): Recipe {
  const { facts } = project;
  const jar = textOf(facts, 'java.jar');
  const call = jar === undefined ? buildCallOf(facts) : undefined;
  const java = imageJava(textOf(facts, 'java.version'));
  const boot = textOf(facts, 'spring-boot.release');
  const probe = probeOf(facts);
  const base = options.base ?? `eclipse-temurin:${java}-jre`;
  const jvm = jvmOptions(facts);
  const archive = facts['java.cds']?.value === true ? classArchive(java, boot, jvm) : undefined;
  return {
    builder: options.builder ?? (call ? bootBuilder(call, boot) : `eclipse-temurin:${java}-jdk`),
    base,
    steps: call ? stepsOf(call, facts) : [extractLayers],
    env: call ? environmentOf(call, facts) : { SLIPWAY_JARS: jar ?? '' },
    caches: call ? cachesOf(call) : [],
    outputs: layerNames.map((name) => ({
      from: `${layerDirectory}/${name}`,
      to: name,
      type: 'directory',
      optional: true,
    })),
    entrypoint: javaCommand([...jvm, ...(archive ? [archive.option] : []), '-jar', applicationJar], base),
    template: 'spring-boot',
    user: '1000:1000',
    ...probeFields(base, probe),
    mounts: call ? ['maven-settings', 'gradle-properties', 'netrc', 'ca'] : [],
    data: { layers: layerNames, dockerignore: call ? leftOutOfContext(call) : [], ...(archive && { archive }) },
  };
}

/** Spring Boot below 3 builds with Gradle 7 (https://docs.spring.io/spring-boot/docs/2.7.x/gradle-plugin/reference/htmlsingle/). */
/** Throws `detect.unsupported` for Spring Boot 1 without a wrapper: its plugin needs Gradle 4 at most. */
function bootBuilder(call: BuildCall, boot: string | undefined): string {
  if (boot !== undefined && Number.parseInt(boot, 10) < 2 && call.tool === 'gradle' && !call.wrapper) {
    throw new Failure('detect.unsupported', {
      message: `Spring Boot ${boot} needs Gradle 4 at most, and the project has no wrapper that fetches it`,
      where: 'java.wrapper',
      remedy: 'Add the wrapper of Gradle 4.10 to the project, or set build.image to an image with that Gradle.',
    });
  }
  const isOld = boot !== undefined && Number.parseInt(boot, 10) < 3;
  return isOld && call.tool === 'gradle' && !call.wrapper ? `gradle:7-jdk${call.jdk}` : builderOf(call);
}

function environmentOf(call: BuildCall, facts: Facts): Readonly<Record<string, string>> {
  return {
    SLIPWAY_JARS: textOf(facts, 'java.artifact') ?? textOf(facts, 'java.output') ?? jarsOf(call),
    ...toolchainEnvironment(facts),
  };
}

function jarsOf({ tool, module }: BuildCall): string {
  const directory = tool === 'maven' ? 'target' : 'build/libs';
  return module === '' ? directory : `${module}/${directory}`;
}

/** A jar that came along with the sources is never taken for the one that is built. */
const removeOldJars: Step = { title: 'Remove jars of earlier builds', script: ['rm -rf "$SLIPWAY_JARS"'] };

/** A directory that the pom chose may hold what belongs to the sources. */
const removeOldArchives: Step = {
  title: 'Remove jars of earlier builds',
  script: ['rm -f "$SLIPWAY_JARS"/*.jar "$SLIPWAY_JARS"/*.war'],
};

function stepsOf(call: BuildCall, facts: Facts): readonly Step[] {
  const task =
    textOf(facts, 'java.task') ?? `${call.module === '' ? '' : `:${call.module.replaceAll('/', ':')}`}:bootJar`;
  const build =
    call.tool === 'maven' ? mavenBuild(call, facts['java.toolchain'] !== undefined) : gradleBuild(call, task);
  const isChosen = facts['java.output'] !== undefined && facts['java.artifact'] === undefined;
  return [isChosen ? removeOldArchives : removeOldJars, ...build, extractLayers];
}
