import { expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { FactKey, Facts, FactValue } from '../../../src/core/project.js';
import { fact } from '../../../src/core/project.js';
import { java } from '../../../src/projects/java/index.js';

type Values = Readonly<Partial<Record<FactKey, FactValue>>>;

const shaded: Values = {
  'java.version': '17',
  'java.build-tool': 'maven',
  'java.wrapper': false,
  'java.distribution': 'jar',
  'java.output': 'target',
};

function recipeOf(values: Values, options: { readonly base?: string } = {}) {
  const facts: Facts = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, fact(value, { because: 'test' })]),
  );
  return java.recipe({ name: 'app', facts }, { platform: 'linux/amd64', version: '1.0.0', ...options });
}

function refusalOf(values: Values, options: { readonly base?: string } = {}) {
  try {
    recipeOf(values, options);
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, where: error.where };
    throw error;
  }
  throw new Error('not refused');
}

const titles = (values: Values): readonly string[] => recipeOf(values).steps.map(({ title }) => title);

test('a shaded jar is one layer and started by its manifest', () => {
  const { builder, base, env, outputs, entrypoint, probe } = recipeOf(shaded);
  expect({ builder, base, env, outputs, entrypoint: entrypoint.slice(3), probe }).toEqual({
    builder: 'maven:3.9-eclipse-temurin-17',
    base: 'eclipse-temurin:17-jre',
    env: {
      SLIPWAY_OUTPUT: 'target',
      SLIPWAY_DISTRIBUTION: 'jar',
      SLIPWAY_CLASSIFIER: '',
      SLIPWAY_MAIN: '',
      SLIPWAY_ARTIFACT: '',
    },
    outputs: [{ from: '.slipway/layers/application', to: 'application', type: 'directory', optional: true }],
    entrypoint: ['java', '-jar', 'app.jar'],
    probe: undefined,
  });
});

test.each([
  ['jar-with-libraries', ['java', '-jar', 'app.jar']],
  ['quarkus-app', ['java', '-jar', 'quarkus-run.jar']],
  ['distribution', ['bin/start']],
])('%s has its libraries in a layer of their own', (distribution, end) => {
  const { outputs, entrypoint } = recipeOf({ ...shaded, 'java.distribution': distribution });
  expect(outputs.map(({ to }) => to)).toEqual(['dependencies', 'application']);
  expect(entrypoint.slice(-end.length)).toEqual(end);
});

test('a class and arguments that a person sets are started', () => {
  const values = { ...shaded, 'java.main': 'a.Main', 'java.arguments': ['server', 'config.yml'] };
  expect(recipeOf(values).entrypoint.slice(3)).toEqual(['java', '-cp', 'app.jar', 'a.Main', 'server', 'config.yml']);
});

test('a module of Maven is built with what it needs, a project of Gradle by its task', () => {
  const maven = recipeOf({ ...shaded, 'java.module': 'apps/api', 'java.output': 'apps/api/target' });
  expect(maven.steps.flatMap((step) => ('argv' in step ? step.argv.slice(-4) : []))).toEqual([
    '-pl',
    'apps/api',
    '-am',
    'package',
  ]);
  const gradle = recipeOf({
    ...shaded,
    'java.build-tool': 'gradle',
    'java.task': ':api:installDist',
    'java.wrapper': true,
  });
  expect(gradle.steps.flatMap((step) => ('argv' in step ? step.argv.slice(2) : []))).toEqual([
    'sh',
    './gradlew',
    '--no-daemon',
    '--console=plain',
    ':api:installDist',
  ]);
});

test('a toolchain is described to Maven: a plain version as it is written, for a range the JDK speaks for itself', () => {
  const withToolchain = { ...shaded, 'java.toolchain': '17' };
  expect(titles(withToolchain)).toContain('Describe the JDK of the builder as a toolchain');
  expect(titles(shaded)).not.toContain('Describe the JDK of the builder as a toolchain');
  expect(recipeOf(withToolchain).env.SLIPWAY_TOOLCHAIN).toBe('17');
  expect(recipeOf({ ...shaded, 'java.toolchain': '[17,18)' }).env.SLIPWAY_TOOLCHAIN).toBe('');
  expect(refusalOf({ ...withToolchain, 'java.toolchain.vendor': 'oracle' })).toEqual({
    code: 'detect.unsupported',
    where: 'java.toolchain.vendor',
  });
});

test('a base without a shell starts a jar directly, and cannot start a script', () => {
  const base = 'gcr.io/distroless/java17-debian12:nonroot';
  const { entrypoint, healthcheck, probe } = recipeOf({ ...shaded, port: '8080' }, { base });
  expect({ entrypoint, healthcheck, probe }).toEqual({
    entrypoint: ['java', '-jar', 'app.jar'],
    healthcheck: undefined,
    probe: { port: 8080 },
  });
  expect(refusalOf({ ...shaded, 'java.distribution': 'distribution' }, { base })).toEqual({
    code: 'detect.unsupported',
    where: 'image.base',
  });
});

test.each<[FactKey, FactValue, string]>([
  ['java.version', '99', 'java.version'],
  ['java.version', 'latest', 'java.version'],
  ['java.build-tool', 'ant', 'java.build-tool'],
  ['java.distribution', 'native', 'java.distribution'],
  ['java.module', '-f', 'java.module'],
  ['java.output', '../target', 'java.output'],
  ['port', '0', 'port'],
])('%s = %s is refused', (key, value, where) => {
  expect(refusalOf({ ...shaded, [key]: value })).toEqual({ code: 'detect.unsupported', where });
});

test.each(['--init-script', ':a b:jar', 'clean'])(
  'a task that Gradle could read as something else is refused: %s',
  (task) => {
    expect(refusalOf({ ...shaded, 'java.build-tool': 'gradle', 'java.task': task })).toEqual({
      code: 'detect.unsupported',
      where: 'java.task',
    });
  },
);
