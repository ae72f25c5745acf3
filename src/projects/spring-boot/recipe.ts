import { Failure } from '../../core/failure.js';
import { type Facts, textOf } from '../../core/project.js';
import type { Cache, Probe, Recipe, RecipeOptions, Step } from '../../core/recipe.js';
import { healthcheckOf } from '../../jvm/healthcheck.js';
import { isPlainDirectory } from '../../jvm/paths.js';
import { type BuildFacts, gradleSteps, mavenSteps } from './build-steps.js';
import { layerDirectory, layerNames } from './layer-script.js';
import { classArchive, entrypointOf, shellOf } from './start.js';

/** Builder, steps and runtime of a Spring Boot application. Throws `detect.unsupported` for facts it has no recipe for. */
export function springBootRecipe(project: { readonly facts: Facts }, options: RecipeOptions): Recipe {
  const { facts } = project;
  const build = buildFactsOf(facts);
  const java = imageJava(textOf(facts, 'java.version'));
  const boot = textOf(facts, 'spring-boot.release');
  const probe = probeOf(facts);
  const base = options.base ?? `eclipse-temurin:${java}-jre`;
  const archive = facts['java.cds']?.value === true ? classArchive(java, boot) : undefined;
  return {
    builder: options.builder ?? builderOf(build, java, boot),
    base,
    steps: stepsOf(build),
    env: { SLIPWAY_JARS: jarsOf(build) },
    caches: build.tool === 'maven' ? mavenCaches : gradleCaches,
    outputs: layerNames.map((name) => ({
      from: `${layerDirectory}/${name}`,
      to: name,
      type: 'directory',
      optional: true,
    })),
    entrypoint: entrypointOf(base, archive),
    template: 'spring-boot',
    user: '1000:1000',
    ...probeFields(base, probe),
    mounts: ['maven-settings', 'gradle-properties', 'netrc', 'ca'],
    data: { layers: layerNames, dockerignore: leftOutOfContext(build), ...(archive && { archive }) },
  };
}

/** Maven's settings.xml is mounted beside the repository, so the cache is the repository alone. */
const mavenCaches: readonly Cache[] = [
  { name: 'maven', path: '/root/.m2/repository' },
  { name: 'maven-wrapper', path: '/root/.m2/wrapper' },
];

const gradleCaches: readonly Cache[] = [
  { name: 'gradle', path: '/root/.gradle/caches' },
  { name: 'gradle-wrapper', path: '/root/.gradle/wrapper' },
];

/** Anchored: a package of the sources may be called `target` or `build`. */
function leftOutOfContext({ tool, module }: BuildFacts): readonly string[] {
  const output = tool === 'maven' ? 'target' : 'build';
  const outputs = module === '' ? [output] : [output, `${module}/${output}`];
  return ['.slipway', ...(tool === 'gradle' ? ['**/.gradle'] : []), ...outputs, '**/hs_err_pid*.log'];
}

function buildFactsOf(facts: Facts): BuildFacts {
  const tool = textOf(facts, 'java.build-tool');
  if (tool !== 'maven' && tool !== 'gradle') throw unsupported('java.build-tool', tool, ['maven', 'gradle']);
  const module = textOf(facts, 'java.module') ?? '';
  const directory = module === '.' ? '' : module;
  if (directory !== '' && !isPlainDirectory(directory)) throw unsupported('java.module', module);
  return { tool, wrapper: facts['java.wrapper']?.value === true, module: directory };
}

function unsupported(key: string, value: string | undefined, candidates?: readonly string[]): Failure {
  return new Failure('detect.unsupported', {
    message: `There is no recipe for ${key} ${JSON.stringify(value?.slice(0, 100) ?? '')}`,
    where: key,
    remedy: `Set ${key} to a value that Slipway can build.`,
    ...(candidates && { candidates }),
  });
}

/** The Java whose image is used: 9, 10 and 12 to 16 have no runtime image any more, the next long-term one runs them. */
function imageJava(version: string | undefined): number {
  const java = Number(version);
  if (!/^\d{1,2}$/.test(version ?? '') || java < 5 || java > 40) throw unsupported('java.version', version);
  if (java <= 8) return 8;
  if (java <= 11) return 11;
  return Math.max(17, java);
}

function builderOf({ tool, wrapper }: BuildFacts, java: number, boot: string | undefined): string {
  if (wrapper) return `eclipse-temurin:${java}-jdk`;
  return tool === 'maven' ? `maven:3.9-eclipse-temurin-${java}` : `gradle:${gradleMajor(java, boot)}-jdk${java}`;
}

/** Spring Boot below 3 builds with Gradle 7; Java 25 needs Gradle 9; 8 serves the rest (https://docs.gradle.org/current/userguide/compatibility.html). */
function gradleMajor(java: number, boot: string | undefined): number {
  if (boot !== undefined && Number.parseInt(boot, 10) < 3) return 7;
  return java >= 25 ? 9 : 8;
}

function jarsOf({ tool, module }: BuildFacts): string {
  const directory = tool === 'maven' ? 'target' : 'build/libs';
  return module === '' ? directory : `${module}/${directory}`;
}

function stepsOf(build: BuildFacts): readonly Step[] {
  return build.tool === 'maven' ? mavenSteps(build) : gradleSteps(build);
}

/** A HEALTHCHECK where the base has what runs it: no shell, no check. */
function probeFields(base: string, probe: Probe | undefined): Pick<Recipe, 'probe' | 'healthcheck'> {
  if (!probe) return {};
  return shellOf(base) === 'bash' ? { probe, healthcheck: healthcheckOf(probe) } : { probe };
}

/** Throws `detect.unsupported` for a port or path that a hint made impossible. */
function probeOf(facts: Facts): Probe | undefined {
  const text = textOf(facts, 'port');
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw unsupported('port', text);
  const path = textOf(facts, 'health');
  if (path !== undefined && !/^\/[\x21-\x7e]{0,500}$/.test(path)) throw unsupported('health', path);
  return { port, ...(path !== undefined && { path }) };
}
