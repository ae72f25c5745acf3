import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { extractLayers } from '../../../src/projects/spring-boot/layer-script.js';

const launcher = 'org/springframework/boot/loader/launch/JarLauncher.class';
const start =
  'printf "Start-Class: a.A\\nMain-Class: org.springframework.boot.loader.launch.JarLauncher\\n" > manifest';
const entries = `${launcher} BOOT-INF/lib/a.jar BOOT-INF/lib/b-SNAPSHOT.jar BOOT-INF/lib/own.jar BOOT-INF/classes/a/A.class BOOT-INF/classes/b.txt`;
const makeEntries = `for f in ${entries}; do mkdir -p "$(dirname $f)"; echo $f > $f; done`;

const index = [
  '- "dependencies":',
  '  - "BOOT-INF/lib/a.jar"',
  '- "spring-boot-loader":',
  '  - "org/"',
  '- "company":',
  '  - "BOOT-INF/lib/own.jar"',
  '- "snapshot-dependencies":',
  '  - "BOOT-INF/lib/"',
  '- "application":',
  '  - "BOOT-INF/classes/"',
  '  - "BOOT-INF/layers.idx"',
  '  - "META-INF/"',
];
const writeIndex = `printf '%s\\n' ${index.map((line) => `'${line}'`).join(' ')} > BOOT-INF/layers.idx`;

/** Make jars with the given commands in an empty directory of the builder, then run the script on `target`. */
function extract(...make: readonly string[]) {
  const list = 'cd .slipway/layers && find . -type f | LC_ALL=C sort';
  const script = ['mkdir /w /w/target', 'cd /w', ...make, ...extractLayers.script, list].join(' && ');
  const env = [
    '-e',
    'SLIPWAY_JARS=target',
    '-e',
    'SLIPWAY_LAUNCHER=org.springframework.boot.loader.launch.JarLauncher',
  ];
  const args = ['run', '--rm', '--entrypoint', 'sh', ...env, 'eclipse-temurin:17-jdk', '-c', script];
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines, message: stderr.split('\n').filter((line) => line.startsWith('slipway: ')) };
}

const bootJar = (name: string): string => `jar cfm target/${name} manifest org BOOT-INF`;

test('entries go to the layer of the first line that names them, those of a layer of the own with the libraries', () => {
  expect(extract(start, makeEntries, writeIndex, bootJar('app.jar'))).toEqual({
    status: 0,
    lines: [
      './application/BOOT-INF/classes/a/A.class',
      './application/BOOT-INF/classes/b.txt',
      './application/BOOT-INF/layers.idx',
      './application/META-INF/MANIFEST.MF',
      './dependencies/BOOT-INF/lib/a.jar',
      './dependencies/BOOT-INF/lib/own.jar',
      './snapshot-dependencies/BOOT-INF/lib/b-SNAPSHOT.jar',
      `./spring-boot-loader/${launcher}`,
    ],
    message: [],
  });
});

test('a jar without an index is all application', () => {
  const { status, lines } = extract(start, makeEntries, bootJar('app.jar'));
  expect([status, lines]).toEqual([
    0,
    [...entries.split(' '), 'META-INF/MANIFEST.MF'].map((entry) => `./application/${entry}`).toSorted(),
  ]);
});

test('a jar that begins with a shell script is read, and jars beside it that do not run are not', () => {
  const prefix = "{ printf '#!/bin/sh\\nexit 0\\n'; cat target/plain.jar; } > target/app-exec.jar";
  const others =
    'for n in app-plain app-sources app-javadoc app-tests original-app; do cp target/app-exec.jar target/$n.jar; done';
  const library = 'jar cf target/plain.jar BOOT-INF';
  const result = extract(start, makeEntries, writeIndex, bootJar('plain.jar'), prefix, others, library);
  expect([result.status, result.lines.length, result.message]).toEqual([0, 8, []]);
});

test.each([
  [
    'several executable jars',
    [bootJar('a.jar'), bootJar('b.jar')],
    65,
    'several executable jars in target: target/a.jar|target/b.jar',
  ],
  [
    'none that is executable',
    ['jar cf target/a.jar org'],
    65,
    'no executable Spring Boot jar in target (jars there: target/a.jar): the Spring Boot plugin did not repackage one',
  ],
  [
    'no jar at all',
    ['rmdir target'],
    65,
    'no executable Spring Boot jar in target (jars there: none): the Spring Boot plugin did not repackage one',
  ],
  [
    'another loader',
    ['rm -r org', 'mkdir org', bootJar('a.jar')],
    66,
    'target/a.jar has no org.springframework.boot.loader.launch.JarLauncher; its manifest says Main-Class: org.springframework.boot.loader.launch.JarLauncher. Set spring-boot.release to the one whose loader it has (below 3.2: the classic one).',
  ],
])('%s: refused with an exit code and the candidates', (_title, make, status, message) => {
  expect(extract(start, makeEntries, ...make)).toEqual({ status, lines: [], message: [`slipway: ${message}`] });
});
