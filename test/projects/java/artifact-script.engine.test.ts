import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { ScriptStep } from '../../../src/core/recipe.js';
import { takeDistribution, takeJar, takeQuarkus } from '../../../src/projects/java/artifact-script.js';

const environment = {
  SLIPWAY_OUTPUT: 'target',
  SLIPWAY_DISTRIBUTION: 'jar',
  SLIPWAY_CLASSIFIER: '',
  SLIPWAY_MAIN: '',
  SLIPWAY_ARTIFACT: '',
};

/** Run a step in the builder, in a directory that the given commands fill; what it leaves, and what it says. */
function run(step: ScriptStep, make: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const script = [
    'mkdir -p /w/target',
    'cd /w',
    ...make,
    `{ ${step.script.join(' && ')}; }`,
    'cd .slipway/layers',
    'find . -type f | LC_ALL=C sort',
  ];
  const variables = Object.entries({ ...environment, ...more }).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const args = ['run', '--rm', '--entrypoint', 'sh', ...variables, 'eclipse-temurin:17-jdk', '-c', script.join(' && ')];
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  return {
    status,
    files: stdout.split('\n').filter((line) => line !== ''),
    said: stderr.split('\n').filter((line) => line.startsWith('slipway: ')),
  };
}

const classes = 'mkdir a && touch a/Main.class a/Other.class';

/** A jar with a Main-Class of its own, or the given lines in its manifest. */
function jar(file: string, ...lines: readonly string[]): string {
  const manifest = lines.map((line) => `'${line}'`).join(' ');
  return `mkdir -p "$(dirname ${file})" && printf '%s\\n' ${manifest} > manifest && jar cfm ${file} manifest a`;
}

const plain = (file: string): string => `jar cf ${file} a`;
const main = 'Main-Class: a.Main';

test('of all jars the one with a main class is taken, whatever its name; those for sources, tests and documentation never', () => {
  const make = [
    classes,
    plain('target/lib-1.0.jar'),
    jar('target/final_name.jar', main),
    ...['original-app.jar', 'app-plain.jar', 'app-sources.jar', 'app-javadoc.jar', 'app-tests.jar'].map((name) =>
      jar(`target/${name}`, main),
    ),
  ];
  expect(run(takeJar, make)).toEqual({ status: 0, files: ['./application/app.jar'], said: [] });
});

test('two are refused with their names; the classifier or a person chooses', () => {
  const make = [classes, jar('target/app.jar', main), jar('target/app-all.jar', main)];
  expect(run(takeJar, make)).toEqual({
    status: 65,
    files: [],
    said: [
      'slipway: several runnable jars in target: target/app-all.jar|target/app.jar; set java.artifact to one of them',
    ],
  });
  expect(run(takeJar, make, { SLIPWAY_CLASSIFIER: 'all' }).status).toBe(0);
  expect(run(takeJar, make, { SLIPWAY_ARTIFACT: 'target/app.jar' }).status).toBe(0);
  expect(run(takeJar, make, { SLIPWAY_ARTIFACT: 'target/b.jar' }).said).toEqual([
    'slipway: the build left no target/b.jar (jars there: target/app-all.jar target/app.jar); set java.artifact to one that it leaves',
  ]);
});

test('a jar without a main class is started by the class that a person sets, if that is in it', () => {
  const make = [classes, plain('target/app.jar')];
  expect(run(takeJar, make).said).toEqual([
    'slipway: no jar with a Main-Class in target (jars there: target/app.jar); set java.artifact to the file, or java.main to the class that starts it',
  ]);
  expect(run(takeJar, make, { SLIPWAY_MAIN: 'a.Other' }).status).toBe(0);
  expect(run(takeJar, make, { SLIPWAY_MAIN: 'a.None' })).toEqual({
    status: 66,
    files: [],
    said: ['slipway: target/app.jar has no class a.None, which is to start it'],
  });
});

test('libraries go where the manifest looks for them, those of the tree’s own modules with the application', () => {
  const long = `lib/${'x'.repeat(80)}.jar`;
  const make = [
    classes,
    'mkdir -p target/lib model/target',
    plain('model/target/model-1.jar'),
    'cp model/target/model-1.jar target/lib/model-1.jar',
    plain('target/lib/b.jar'),
    plain(`target/${long}`),
    jar(
      'target/app.jar',
      main,
      `Class-Path: config/ lib/model-1.jar ${long.slice(0, 30)}`,
      ` ${long.slice(30)} lib/b.jar`,
    ),
  ];
  expect(run(takeJar, make, { SLIPWAY_DISTRIBUTION: 'jar-with-libraries' })).toEqual({
    status: 0,
    files: [
      './application/app.jar',
      './application/lib/model-1.jar',
      './dependencies/lib/b.jar',
      `./dependencies/${long}`,
    ],
    said: [],
  });
});

test.each([
  ['lib/none.jar', 'slipway: target/app.jar names libraries that the build did not put beside it: lib/none.jar'],
  ['../secret.jar', 'slipway: the Class-Path of target/app.jar leads out of its directory: ../secret.jar'],
  ['/etc/a.jar', 'slipway: the Class-Path of target/app.jar leads out of its directory: /etc/a.jar'],
])('a library that is not beside the jar is refused: %s', (path, message) => {
  const make = [classes, jar('target/app.jar', main, `Class-Path: ${path}`)];
  expect(run(takeJar, make, { SLIPWAY_DISTRIBUTION: 'jar-with-libraries' })).toEqual({
    status: 67,
    files: [],
    said: [message],
  });
});

test('a distribution is split by its jars, and its one start script gets a fixed name', () => {
  const home = 'target/shop-1.0';
  const make = [
    `mkdir -p ${home}/bin ${home}/lib ${home}/conf build/libs`,
    `touch ${home}/bin/shop ${home}/bin/shop.bat ${home}/lib/gson.jar ${home}/lib/shop-1.0.jar ${home}/conf/a.yml build/libs/shop-1.0.jar`,
  ];
  expect(run(takeDistribution, make)).toEqual({
    status: 0,
    files: [
      './application/bin/start',
      './application/conf/a.yml',
      './application/lib/shop-1.0.jar',
      './dependencies/lib/gson.jar',
    ],
    said: [],
  });
});

test('two start scripts are refused with their names, and a person chooses', () => {
  const make = ['mkdir target/bin', 'touch target/bin/api target/bin/worker'];
  expect(run(takeDistribution, make)).toEqual({
    status: 65,
    files: [],
    said: [
      'slipway: 2 start scripts in target/bin: target/bin/api target/bin/worker; set java.artifact to the name of one of them',
    ],
  });
  expect(run(takeDistribution, make, { SLIPWAY_ARTIFACT: 'worker' }).files).toEqual(['./application/bin/start']);
  expect(run(takeDistribution, ['rm -r target']).status).toBe(65);
});

test('Quarkus’s directory is split, and its absence is said', () => {
  const make = [
    'mkdir -p target/lib/main target/app target/quarkus',
    'touch target/quarkus-run.jar target/lib/main/a.jar target/app/app.jar target/quarkus/b.jar',
  ];
  expect(run(takeQuarkus, make).files).toEqual([
    './application/app/app.jar',
    './application/quarkus-run.jar',
    './application/quarkus/b.jar',
    './dependencies/lib/main/a.jar',
  ]);
  expect(run(takeQuarkus, []).said).toEqual([
    'slipway: the build left no target/quarkus-run.jar; set quarkus.package.jar.type where Slipway can read it',
  ]);
});

test('a file that an argument names lies where the program is started, without its module’s directory', () => {
  const make = [classes, 'mkdir -p api/conf', 'touch api/conf/a.yml', jar('target/app.jar', main)];
  expect(run(takeJar, make, { SLIPWAY_FILES: 'api/conf/a.yml', SLIPWAY_FROM: 'api/' }).files).toEqual([
    './application/app.jar',
    './application/conf/a.yml',
  ]);
});
