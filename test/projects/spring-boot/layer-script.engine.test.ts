import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { extractLayers } from '../../../src/projects/spring-boot/layer-script.js';

const launcher = 'org/springframework/boot/loader/launch/JarLauncher.class';
const entries = `${launcher} META-INF/services/java.nio.file.spi.FileSystemProvider META-INF/A.SF agent/Agent.class BOOT-INF/lib/b.jar BOOT-INF/lib/a.jar BOOT-INF/lib/b-SNAPSHOT.jar BOOT-INF/lib/own.jar BOOT-INF/lib/spring-boot-jarmode-tools-3.5.0.jar BOOT-INF/classes/a/A.class BOOT-INF/classes/b.txt`;
const makeEntries = makeFiles(entries);

const index = [
  '- "dependencies":',
  '  - "BOOT-INF/lib/a.jar"',
  '  - "BOOT-INF/lib/b.jar"',
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
const classPathIndex = ['own', 'b', 'a'].map((name) => `- "BOOT-INF/lib/${name}.jar"`);
const writeIndexes = `${writeLines(index, 'BOOT-INF/layers.idx')} && ${writeLines(classPathIndex, 'BOOT-INF/classpath.idx')}`;

const jarManifest = {
  'Implementation-Version': '1.0',
  'Main-Class': 'org.springframework.boot.loader.launch.JarLauncher',
  'Start-Class': 'a.A',
  'Spring-Boot-Version': '3.5.0',
  'Spring-Boot-Classes': 'BOOT-INF/classes/',
  'Spring-Boot-Lib': 'BOOT-INF/lib/',
  'Spring-Boot-Layers-Index': 'BOOT-INF/layers.idx',
};

function makeFiles(names: string): string {
  return `for f in ${names}; do mkdir -p "$(dirname $f)"; echo $f > $f; done`;
}

function writeLines(lines: readonly string[], file: string): string {
  return `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > ${file}`;
}

function writeManifest(attributes: Readonly<Record<string, string>> = jarManifest): string {
  return writeLines(
    Object.entries(attributes).map(([name, value]) => `${name}: ${value}`),
    'manifest',
  );
}

/** What is in the layers, in the application's jar and in its manifest. */
const show = [
  'cd .slipway/layers',
  'find . -type f | LC_ALL=C sort',
  'jar tf application/application.jar | sed "s/^/  /"',
  'unzip -p application/application.jar META-INF/MANIFEST.MF | tr -d "\\r" | grep -v ^Created-By | sed "s/^/    /"',
];

/** Make archives with the given commands in an empty directory of the builder, then run the script on `target`. */
function extract(make: readonly string[], after: readonly string[] = show) {
  const script = ['mkdir /w /w/target', 'cd /w', ...make, `{ ${extractLayers.script.join(' && ')}; }`, ...after];
  const args = ['run', '--rm', '--entrypoint', 'sh', '-e', 'SLIPWAY_JARS=target', 'eclipse-temurin:17-jdk'];
  const { status, stdout, stderr } = spawnSync('docker', [...args, '-c', script.join(' && ')], { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines, message: stderr.split('\n').filter((line) => line.startsWith('slipway: ')) };
}

const bootJar = (name: string, content = 'org agent META-INF BOOT-INF'): string =>
  `jar cfm target/${name} manifest ${content}`;

test('a jar becomes the application in a jar of its own and libraries in their layers, without what is the loader’s', () => {
  expect(extract([writeManifest(), makeEntries, writeIndexes, bootJar('app.jar')])).toEqual({
    status: 0,
    lines: [
      './application/application.jar',
      './dependencies/lib/a.jar',
      './dependencies/lib/b.jar',
      './snapshot-dependencies/lib/b-SNAPSHOT.jar',
      './snapshot-dependencies/lib/own.jar',
      '  META-INF/MANIFEST.MF',
      '  b.txt',
      '  agent/Agent.class',
      '  agent/',
      '  a/A.class',
      '  a/',
      '  META-INF/',
      '    Manifest-Version: 1.0',
      '    Main-Class: a.A',
      '    Class-Path: lib/own.jar lib/b.jar lib/a.jar lib/b-SNAPSHOT.jar',
      '    Implementation-Version: 1.0',
      '    Spring-Boot-Version: 3.5.0',
    ],
    message: [],
  });
});

test('without an index a library’s name tells its layer, and the jar’s order the class path, in which names are URLs', () => {
  const odd = 'mv BOOT-INF/lib/own.jar "BOOT-INF/lib/own 100%#1.jar"';
  const result = extract([
    writeManifest(),
    makeEntries,
    odd,
    bootJar('app.jar', 'org BOOT-INF/classes BOOT-INF/lib/b.jar BOOT-INF/lib'),
  ]);
  expect(result.lines.filter((line) => /\.\/|Class-Path/.test(line)).map((line) => line.trim())).toEqual([
    './application/application.jar',
    './dependencies/lib/a.jar',
    './dependencies/lib/b.jar',
    './dependencies/lib/own 100%#1.jar',
    './snapshot-dependencies/lib/b-SNAPSHOT.jar',
    expect.stringMatching(/^Class-Path: lib\/b\.jar /),
  ]);
  expect(result.lines.join('').replaceAll('     ', '')).toContain('lib/own%20100%25%231.jar');
});

test('the same classes give the same bytes, whenever and wherever they were compiled', () => {
  const again = `mv .slipway/layers first && find BOOT-INF agent -exec touch -d 2001-01-01 {} + && ${bootJar('app.jar')} && export TZ=Asia/Tokyo`;
  const once = `{ ${extractLayers.script.join(' && ')}; }`;
  const make = [writeManifest(), makeEntries, writeIndexes, bootJar('app.jar'), once, again];
  const after = ['cmp first/application/application.jar .slipway/layers/application/application.jar', 'echo same'];
  expect(extract(make, after)).toEqual({ status: 0, lines: ['same'], message: [] });
});

test.each([
  ['WarLauncher', 'app.war', 'WEB-INF/classes/a/A.class WEB-INF/lib/a.jar WEB-INF/lib-provided/tomcat.jar index.jsp'],
  ['PropertiesLauncher', 'app.jar', 'BOOT-INF/classes/a/A.class BOOT-INF/lib/a.jar'],
])('an archive with a %s stays as it is, and the jar that starts points to that launcher', (name, file, files) => {
  const main = `org.springframework.boot.loader.launch.${name}`;
  const folder = file.endsWith('war') ? 'WEB-INF index.jsp' : 'BOOT-INF';
  const own = `${main.replaceAll('.', '/')}.class`;
  const { status, lines } = extract([
    writeManifest({ 'Main-Class': main, 'Start-Class': 'a.A' }),
    makeFiles(`${files} ${own}`),
    bootJar(file, `org ${folder}`),
  ]);
  const layerOf = (path: string) => (/\/lib|^org/.test(path) ? 'dependencies' : 'application');
  expect([status, lines]).toEqual([
    0,
    [
      ...[...files.split(' '), own, 'META-INF/MANIFEST.MF'].map((path) => `./${layerOf(path)}/${path}`),
      './application/application.jar',
    ]
      .toSorted()
      .concat(
        ['META-INF/MANIFEST.MF', 'META-INF/'].map((entry) => `  ${entry}`),
        ['Manifest-Version: 1.0', `Main-Class: ${main}`, 'Class-Path: ./'].map((line) => `    ${line}`),
      ),
  ]);
});

test('an index of a war places its libraries, its loader and its pages', () => {
  const lines = [
    '- "dependencies":',
    '  - "WEB-INF/lib/"',
    '- "spring-boot-loader":',
    '  - "org/"',
    '- "application":',
    '  - "WEB-INF/"',
    '  - "a.html"',
  ];
  const files = 'WEB-INF/classes/a/A.class WEB-INF/lib/a.jar org/springframework/boot/loader/WarLauncher.class a.html';
  const manifest = {
    'Main-Class': 'org.springframework.boot.loader.WarLauncher',
    'Start-Class': 'a.A',
    'Spring-Boot-Layers-Index': 'WEB-INF/layers.idx',
  };
  const make = [
    makeFiles(files),
    writeLines(lines, 'WEB-INF/layers.idx'),
    writeManifest(manifest),
    bootJar('a.war', 'org WEB-INF a.html'),
  ];
  expect(extract(make, ['cd .slipway/layers', 'find . -type f | LC_ALL=C sort']).lines).toEqual([
    './application/META-INF/MANIFEST.MF',
    './application/WEB-INF/classes/a/A.class',
    './application/WEB-INF/layers.idx',
    './application/a.html',
    './application/application.jar',
    './dependencies/WEB-INF/lib/a.jar',
    './dependencies/org/springframework/boot/loader/WarLauncher.class',
  ]);
});

test('a jar that begins with a shell script is read, and jars beside it that do not run are not', () => {
  const prefix = "{ printf '#!/bin/sh\\nexit 0\\n'; cat target/plain.jar; } > target/app-exec.jar";
  const others =
    'for n in app-plain app-sources app-javadoc app-tests original-app; do cp target/app-exec.jar target/$n.jar; done';
  const library = 'jar cf target/plain.jar BOOT-INF';
  const make = [writeManifest(), makeEntries, writeIndexes, bootJar('plain.jar'), prefix, others, library];
  const result = extract(make, ['find .slipway/layers -type f | wc -l']);
  expect(result).toEqual({ status: 0, lines: ['5'], message: [] });
});

test.each([
  [
    'several executable jars',
    [bootJar('a.jar'), bootJar('b.jar')],
    65,
    'several executable archives in target: target/a.jar|target/b.jar; set java.artifact to one of them',
  ],
  [
    'none that is executable',
    ['jar cf target/a.jar org'],
    65,
    'no executable Spring Boot jar in target (there: target/a.jar): the Spring Boot plugin did not repackage one',
  ],
  [
    'no jar at all',
    ['rmdir target'],
    65,
    'no executable Spring Boot jar in target (there: none): the Spring Boot plugin did not repackage one',
  ],
  [
    'another launcher',
    [writeManifest({ 'Main-Class': 'com.example.Thin', 'Start-Class': 'a.A' }), bootJar('a.jar')],
    66,
    'the Main-Class of target/a.jar is com.example.Thin, which is no launcher of Spring Boot: its layout is not known',
  ],
])('%s: refused with an exit code and the candidates', (_title, make, status, message) => {
  expect(extract([writeManifest(), makeEntries, ...make])).toEqual({
    status,
    lines: [],
    message: [`slipway: ${message}`],
  });
});
