import { argvOf, type Facts, textOf } from '../../core/project.js';
import type { Recipe, RecipeOptions, Step } from '../../core/recipe.js';
import { buildCallOf, unsupportedFact } from '../../jvm/build-call.js';
import { type BuildCall, cachesOf, gradleBuild, leftOutOfContext, mavenBuild } from '../../jvm/build-command.js';
import { builderOf, imageJava } from '../../jvm/builder-image.js';
import { javaCommand, jvmOptions, startCommand } from '../../jvm/java-command.js';
import { toolchainEnvironment } from '../../jvm/maven-toolchain.js';
import { isPlainDirectory } from '../../jvm/paths.js';
import { probeFields, probeOf } from '../../jvm/probe.js';
import {
  jarName,
  layerDirectory,
  layerNames,
  startScript,
  takeDistribution,
  takeJar,
  takeQuarkus,
} from './artifact-script.js';

/** Builder, steps and runtime of a Java program. Throws `detect.unsupported` for facts it has no recipe for. */
export function javaRecipe(project: { readonly facts: Facts }, options: RecipeOptions): Recipe {
  const { facts } = project;
  const jar = textOf(facts, 'java.jar');
  const call = jar === undefined ? buildCallOf(facts) : undefined;
  const java = imageJava(textOf(facts, 'java.version'));
  const distribution = textOf(facts, 'java.distribution') ?? '';
  const probe = probeOf(facts);
  const base = options.base ?? `eclipse-temurin:${java}-jre`;
  const layers = distribution === 'jar' ? layerNames.slice(1) : layerNames;
  return {
    builder: options.builder ?? (call ? builderOf(call) : `eclipse-temurin:${java}-jdk`),
    base,
    steps: call ? stepsOf(facts, call, distribution) : [takeJar],
    env: jar === undefined ? environmentOf(facts, distribution) : builtJar(facts, jar),
    caches: call ? cachesOf(call) : [],
    outputs: layers.map((name) => ({ from: `${layerDirectory}/${name}`, to: name, type: 'directory', optional: true })),
    entrypoint: entrypointOf(facts, distribution, base),
    template: 'java',
    user: '1000:1000',
    ...probeFields(base, probe),
    mounts: call ? ['maven-settings', 'gradle-properties', 'netrc', 'ca'] : [],
    data: { layers, dockerignore: call ? leftOutOfContext(call) : [] },
  };
}

function stepsOf(facts: Facts, call: BuildCall, distribution: string): readonly Step[] {
  return [removeOldOutput, ...buildSteps(facts, call), takeStep(distribution)];
}

/** What came along with the sources is never taken for what is built. */
const removeOldOutput: Step = { title: 'Remove what earlier builds left', script: ['rm -rf "$SLIPWAY_OUTPUT"'] };

function buildSteps(facts: Facts, call: BuildCall): readonly Step[] {
  if (call.tool === 'maven') return mavenBuild(call, facts['java.toolchain'] !== undefined);
  const task = textOf(facts, 'java.task') ?? '';
  const isPath = /^(?::[\p{L}\p{N}_.][\p{L}\p{N}_.-]{0,100}){1,20}$/u.test(task);
  if (!isPath && !(call.module !== '' && /^[a-z]\w{0,60}$/i.test(task))) throw unsupportedFact('java.task', task);
  return gradleBuild(call, task);
}

function takeStep(distribution: string): Step {
  switch (distribution) {
    case 'jar':
    case 'jar-with-libraries':
      return takeJar;
    case 'quarkus-app':
      return takeQuarkus;
    case 'distribution':
      return takeDistribution;
    default:
      throw unsupportedFact('java.distribution', distribution);
  }
}

function environmentOf(facts: Facts, distribution: string): Readonly<Record<string, string>> {
  const output = textOf(facts, 'java.output') ?? '';
  if (!isPlainDirectory(output)) throw unsupportedFact('java.output', output);
  const artifact = textOf(facts, 'java.artifact') ?? '';
  const isJar = distribution.startsWith('jar');
  return {
    SLIPWAY_OUTPUT: output,
    ...(isJar && { SLIPWAY_DISTRIBUTION: distribution }),
    ...(isJar && { SLIPWAY_CLASSIFIER: textOf(facts, 'java.classifier') ?? '' }),
    ...(isJar && { SLIPWAY_MAIN: textOf(facts, 'java.main') ?? '' }),
    ...(distribution !== 'quarkus-app' && { SLIPWAY_ARTIFACT: artifact }),
    ...filesOf(facts),
    ...toolchainEnvironment(facts),
  };
}

function filesOf(facts: Facts): Readonly<Record<string, string>> {
  const files = argvOf(facts, 'java.files') ?? [];
  const module = textOf(facts, 'java.module') ?? '.';
  return files.length === 0 ? {} : { SLIPWAY_FILES: files.join(' '), SLIPWAY_FROM: module === '.' ? '' : `${module}/` };
}

/** A jar that is already built lies alone in the sources. */
function builtJar(facts: Facts, jar: string): Readonly<Record<string, string>> {
  return {
    SLIPWAY_OUTPUT: '.',
    SLIPWAY_DISTRIBUTION: 'jar',
    SLIPWAY_CLASSIFIER: '',
    SLIPWAY_MAIN: textOf(facts, 'java.main') ?? '',
    SLIPWAY_ARTIFACT: jar,
  };
}

function entrypointOf(facts: Facts, distribution: string, base: string): readonly string[] {
  const main = textOf(facts, 'java.main');
  const more = argvOf(facts, 'java.arguments') ?? [];
  if (distribution === 'distribution') {
    if (main !== undefined) throw unsupportedFact('java.main', main);
    return startCommand(startScript, more, base);
  }
  if (distribution === 'quarkus-app')
    return javaCommand([...jvmOptions(facts), '-jar', 'quarkus-run.jar', ...more], base);
  return javaCommand(
    [...jvmOptions(facts), ...(main === undefined ? ['-jar', jarName] : ['-cp', jarName, main]), ...more],
    base,
  );
}
