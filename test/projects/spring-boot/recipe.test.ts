import { expect, test } from 'vitest';
import type { FactKey, Facts, FactValue } from '../../../src/core/project.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';

const options = { platform: 'linux/amd64', version: '1.0.0' };

function recipeOf(values: Partial<Record<FactKey, FactValue>>, more = {}) {
  const entries = Object.entries(values).map(([key, value]) => [key, { value, from: [], rejected: [] }]);
  const facts: Facts = Object.fromEntries(entries);
  return springBoot.recipe({ name: 'quotes', facts }, { ...options, ...more });
}

const maven = {
  'java.version': '17',
  'java.build-tool': 'maven',
  'java.wrapper': true,
  'spring-boot.release': '3.5.16',
};

/** A shell that gives its place to the JVM, with these words of the command's own. */
function start(shell: string, ...words: readonly string[]): readonly string[] {
  const script = 'set -f; exec ${USE_SYSTEM_CA_CERTS:+/__cacert_entrypoint.sh} java $JAVA_OPTS "$@"';
  return [shell, '-c', script, 'java', ...words, '-jar', 'application.jar'];
}

function argvsOf(values: Partial<Record<FactKey, FactValue>>): readonly (readonly string[])[] {
  return recipeOf(values).steps.flatMap((step) => ('argv' in step ? [step.argv] : []));
}

test('a Maven project with a wrapper is built by it and packed as layers on the JRE', () => {
  const { steps, healthcheck, ...recipe } = recipeOf({ ...maven, port: '8080', health: '/actuator/health' });
  expect(recipe).toEqual({
    builder: 'eclipse-temurin:17-jdk',
    base: 'eclipse-temurin:17-jre',
    env: { SLIPWAY_JARS: 'target' },
    caches: [
      { name: 'maven', path: '/root/.m2/repository' },
      { name: 'maven-wrapper', path: '/root/.m2/wrapper' },
    ],
    outputs: [
      { from: '.slipway/layers/dependencies', to: 'dependencies', type: 'directory', optional: true },
      { from: '.slipway/layers/snapshot-dependencies', to: 'snapshot-dependencies', type: 'directory', optional: true },
      { from: '.slipway/layers/application', to: 'application', type: 'directory', optional: true },
    ],
    entrypoint: start('bash'),
    template: 'spring-boot',
    user: '1000:1000',
    probe: { port: 8080, path: '/actuator/health' },
    mounts: ['maven-settings', 'gradle-properties', 'netrc', 'ca'],
    data: {
      layers: ['dependencies', 'snapshot-dependencies', 'application'],
      dockerignore: ['.slipway', 'target', '**/hs_err_pid*.log'],
    },
  });
  expect(healthcheck?.slice(0, 2)).toEqual(['bash', '-c']);
  expect(healthcheck?.slice(3)).toEqual(['8080', '/actuator/health']);
  expect(steps.map((step) => step.title)).toEqual([
    'Remove jars of earlier builds',
    'Repair line ends of the Maven wrapper',
    'Build with Maven',
    'Take the jar apart into layers',
  ]);
});

const locks = ['-Daether.syncContext.named.factory=file-lock', '-Daether.syncContext.named.nameMapper=file-gav'];
const turns = ['flock', '/root/.gradle/caches/slipway.lock'];
const gradle = { ...maven, 'java.build-tool': 'gradle' };

test.each([
  [maven, ['sh', './mvnw', '-B', '-DskipTests', ...locks, 'package']],
  [{ ...maven, 'java.wrapper': false }, ['mvn', '-B', '-DskipTests', ...locks, 'package']],
  [
    { ...maven, 'java.module': 'services/api' },
    ['sh', './mvnw', '-B', '-DskipTests', ...locks, '-pl', 'services/api', '-am', 'package'],
  ],
  [gradle, [...turns, 'sh', './gradlew', '--no-daemon', '--console=plain', ':bootJar']],
  [
    { ...gradle, 'java.wrapper': false, 'java.module': 'services/api' },
    [...turns, 'gradle', '--no-daemon', '--console=plain', ':services:api:bootJar'],
  ],
])('the build command of %j', (facts, argv) => {
  expect(argvsOf(facts)).toEqual([argv]);
});

test.each([
  [maven, 'eclipse-temurin:17-jdk', 'eclipse-temurin:17-jre'],
  [{ ...maven, 'java.wrapper': false, 'java.version': '21' }, 'maven:3.9-eclipse-temurin-21', 'eclipse-temurin:21-jre'],
  [{ ...gradle, 'java.wrapper': false }, 'gradle:8-jdk17', 'eclipse-temurin:17-jre'],
  [{ ...gradle, 'java.wrapper': false, 'java.version': '25' }, 'gradle:9-jdk25', 'eclipse-temurin:25-jre'],
  [
    { ...gradle, 'java.wrapper': false, 'java.version': '8', 'spring-boot.release': '2.7.18' },
    'gradle:7-jdk8',
    'eclipse-temurin:8-jre',
  ],
  [
    { ...maven, 'java.version': '14', 'spring-boot.release': '2.3.0' },
    'eclipse-temurin:17-jdk',
    'eclipse-temurin:17-jre',
  ],
])('builder and base of %j', (facts, builder, base) => {
  const recipe = recipeOf(facts);
  expect([recipe.builder, recipe.base]).toEqual([builder, base]);
});

test('builder and base of the settings win', () => {
  const recipe = recipeOf(maven, { builder: 'acme/jdk:17', base: 'acme/jre:17' });
  expect([recipe.builder, recipe.base]).toEqual(['acme/jdk:17', 'acme/jre:17']);
});

test.each(['1.5.22.RELEASE', '2.7.18', '3.1.12', '4.0.0'])('Spring Boot %s starts as any other', (release) => {
  expect(recipeOf({ ...maven, 'spring-boot.release': release }).entrypoint).toEqual(recipeOf(maven).entrypoint);
});

test('a base with another shell or none is started with what it has, and has a check only where bash runs it', () => {
  const on = (base: string) => {
    const { entrypoint, probe, healthcheck } = recipeOf({ ...maven, port: '8080' }, { base });
    return [entrypoint, probe !== undefined, healthcheck !== undefined];
  };
  expect(on('eclipse-temurin:17-jre-alpine')).toEqual([start('sh'), true, false]);
  expect(on('gcr.io/distroless/java17-debian12')).toEqual([['java', '-jar', 'application.jar'], true, false]);
});

test.each([
  ['17', '-XX:SharedArchiveFile=application.jsa', '-XX:ArchiveClassesAtExit=application.jsa'],
  ['25', '-XX:AOTCache=application.aot', '-XX:AOTCacheOutput=application.aot'],
])('an archive of classes on Java %s is made by a training run and used at the start', (java, use, make) => {
  const { entrypoint, data } = recipeOf({ ...maven, 'java.version': java, 'java.cds': true });
  expect(entrypoint).toEqual(start('bash', use));
  expect(data.archive).toMatchObject({
    training: ['java', make, '-Dspring.context.exit=onRefresh', '-jar', 'application.jar'],
  });
});

test.each([
  { 'java.version': '11', 'spring-boot.release': '2.7.18' },
  { 'java.version': '17', 'spring-boot.release': '3.2.5' },
])('%j has no archive of classes', (facts) => {
  expect(() => recipeOf({ ...maven, ...facts, 'java.cds': true })).toThrow(
    expect.objectContaining({ code: 'detect.unsupported', where: 'java.cds' }),
  );
});

test('without a health path the check is a connection, without a port there is none', () => {
  expect(recipeOf({ ...maven, port: '9000' }).healthcheck).toEqual([
    'bash',
    '-c',
    'exec 3<>"/dev/tcp/127.0.0.1/$0"',
    '9000',
  ]);
  const { probe, healthcheck } = recipeOf(maven);
  expect([probe, healthcheck]).toEqual([undefined, undefined]);
});

test.each([
  { 'java.version': 'seventeen' },
  { 'java.version': '99' },
  { 'java.build-tool': 'ant' },
  { 'java.module': '-Dx' },
  { 'java.module': 'a,b' },
  { 'java.module': 'a b' },
  { 'java.module': '../a' },
  { port: '0' },
  { port: '8080; rm -rf /' },
  { port: '8080', health: 'no slash' },
  { port: '8080', health: '/a\nRUN x' },
])('%j has no recipe', (facts) => {
  expect(() => recipeOf({ ...maven, ...facts })).toThrow(expect.objectContaining({ code: 'detect.unsupported' }));
});

test('every line of every script is one line, and no fact is in it', () => {
  const scripts = (facts: Partial<Record<FactKey, FactValue>>): readonly string[] =>
    recipeOf(facts).steps.flatMap((step) => ('script' in step ? step.script : []));
  expect(scripts({ ...maven, 'java.module': 'a/b', port: '1' })).toEqual(scripts(maven));
  expect([...scripts(maven), ...scripts(gradle)].filter((line) => /[\n\r]/.test(line))).toEqual([]);
});

test('profiles, a newer JDK and the options of the JVM are used', () => {
  const facts = { ...maven, 'java.profiles': ['prod', '!dev'], 'java.jdk': '21', 'java.options': '--enable-preview' };
  expect([recipeOf(facts).builder, recipeOf(facts).base, recipeOf(facts).entrypoint]).toEqual([
    'eclipse-temurin:21-jdk',
    'eclipse-temurin:17-jre',
    start('bash', '--enable-preview'),
  ]);
  expect(argvsOf(facts)[0]).toContain('-Pprod,!dev');
});

test.each([['a,b'], ['-X x'], ['${x}']])(
  'the profile %j, which Maven could read as something else, is refused',
  (name) => {
    expect(() => recipeOf({ ...maven, 'java.profiles': [name] })).toThrow(
      expect.objectContaining({ code: 'detect.unsupported', where: 'java.profiles' }),
    );
  },
);

test('a project that the settings rename is built by its directory', () => {
  const facts = { ...maven, 'java.build-tool': 'gradle', 'java.module': 'server', 'java.task': 'bootJar' };
  expect(argvsOf(facts)[0]?.slice(-3)).toEqual(['-p', 'server', 'bootJar']);
});

test('a toolchain of another vendor is refused, unless a person sets the builder; so is Spring Boot 1 without a wrapper', () => {
  const gradle = { ...maven, 'java.build-tool': 'gradle', 'java.toolchain.vendor': 'AMAZON' };
  expect(() => recipeOf(gradle)).toThrow(expect.objectContaining({ where: 'java.toolchain.vendor' }));
  expect(recipeOf(gradle, { builder: 'amazoncorretto:21' }).builder).toBe('amazoncorretto:21');
  const old = { ...maven, 'java.build-tool': 'gradle', 'java.wrapper': false, 'spring-boot.release': '1.5.6.RELEASE' };
  expect(() => recipeOf(old)).toThrow(expect.objectContaining({ code: 'detect.unsupported', where: 'java.wrapper' }));
});

test('of a directory that the pom chose only archives are removed before the build', () => {
  const { env, steps } = recipeOf({ ...maven, 'java.output': 'docker' });
  expect([env, steps[0]]).toEqual([
    { SLIPWAY_JARS: 'docker' },
    {
      title: 'Remove jars of earlier builds',
      script: ['rm -f "$SLIPWAY_JARS"/*.jar "$SLIPWAY_JARS"/*.war'],
    },
  ]);
});
