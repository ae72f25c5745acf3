import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Hints, Project } from '../../src/core/project.js';
import { readJarFile } from '../../src/io/jar-file.js';
import { chooseOfJar } from '../../src/jvm/jar-contents.js';
import { detectProject, kindNamed } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';
import { classFile, makeZip, manifestOf, type ZipEntries } from '../support/zip.js';

const workspace = mkdtempSync(join(tmpdir(), 'slipway-test-jar-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

const launcher = 'org.springframework.boot.loader.launch.JarLauncher';
const boot = {
  'Main-Class': launcher,
  'Start-Class': 'com.example.App',
  'Spring-Boot-Version': '3.5.16',
  'Build-Jdk-Spec': '25',
};

/** A Spring Boot jar whose loader is older and whose library is newer than its own classes. */
const bootJar: ZipEntries = {
  'META-INF/MANIFEST.MF': manifestOf(boot),
  [`${launcher.replaceAll('.', '/')}.class`]: classFile(17),
  'META-INF/maven/com.example/shop/pom.properties': 'artifactId=shop\nversion=1.0\n',
  'BOOT-INF/classes/com/example/App.class': classFile(17),
  'BOOT-INF/classes/com/example/Other.class': classFile(21),
  'BOOT-INF/classes/META-INF/versions/24/com/example/App.class': classFile(24),
  'BOOT-INF/classes/application.properties': 'server.port=9000\n',
  'BOOT-INF/lib/tomcat-embed-core-10.1.55.jar': 'x',
  'BOOT-INF/lib/spring-boot-actuator-3.5.16.jar': 'x',
  'BOOT-INF/layers.idx': '- "dependencies":\n',
};

const runnable: ZipEntries = {
  'META-INF/MANIFEST.MF': manifestOf({ 'Main-Class': 'com.example.Main', 'Build-Jdk-Spec': '21' }),
  'com/example/Main.class': classFile(11),
  'org/shaded/Library.class': classFile(25),
};

async function detectJar(content: ZipEntries | Buffer, hints: Hints = {}, path = 'target/shop-1.0.jar') {
  const file = join(workspace, 'a.jar');
  writeFileSync(file, Buffer.isBuffer(content) ? content : makeZip(content as ZipEntries));
  const jar = await readJarFile(file, path, chooseOfJar);
  const tree = { name: 'directory', read: () => undefined, has: () => false, list: () => [], jar };
  return detectProject(tree, kinds, { hints });
}

function valuesOf({ kind, name, facts }: Project): object {
  return { kind, name, ...Object.fromEntries(Object.entries(facts).map(([key, { value }]) => [key, value])) };
}

test('a Spring Boot jar: its own newest class tells the Java version, never a loader, a library or the JDK that built it', async () => {
  const project = await detectJar(bootJar);
  expect(valuesOf(project)).toEqual({
    kind: 'spring-boot',
    name: 'shop',
    'java.version': '21',
    'java.jar': 'target/shop-1.0.jar',
    'spring-boot.version': '3',
    'spring-boot.release': '3.5.16',
    port: '9000',
    health: '/actuator/health',
  });
  expect(project.facts['java.version']).toEqual({
    value: '21',
    from: [
      {
        file: 'target/shop-1.0.jar!/BOOT-INF/classes/com/example/Other.class',
        because: 'class-file version 65 needs Java 21',
      },
    ],
    rejected: [{ value: '25', file: 'target/shop-1.0.jar!/META-INF/MANIFEST.MF', because: 'was built by JDK 25' }],
  });
  expect(project.facts.port?.from).toEqual([
    {
      file: 'target/shop-1.0.jar!/BOOT-INF/classes/application.properties',
      line: 1,
      because: 'server.port is 9000',
    },
  ]);
});

test('a jar behind a shell script is read like any other', async () => {
  const script = Buffer.from('#!/bin/bash\nexec java -jar "$0"\n');
  expect(valuesOf(await detectJar(Buffer.concat([script, makeZip(bootJar)])))).toEqual(
    valuesOf(await detectJar(bootJar)),
  );
});

test('without a web server among its libraries a Spring Boot jar has no port', async () => {
  const { 'BOOT-INF/lib/tomcat-embed-core-10.1.55.jar': _server, ...batch } = bootJar;
  expect(valuesOf(await detectJar(batch))).not.toHaveProperty('port');
});

test('a runnable jar: its main class tells the Java version, its file the name', async () => {
  const project = await detectJar(runnable);
  expect(valuesOf(project)).toEqual({
    kind: 'java',
    name: 'shop',
    'java.version': '11',
    'java.jar': 'target/shop-1.0.jar',
    'java.distribution': 'jar',
  });
});

test.each([
  [
    'spring-boot',
    bootJar,
    'eclipse-temurin:21-jdk',
    { SLIPWAY_JARS: 'target/shop-1.0.jar' },
    'Take the jar apart into layers',
  ],
  [
    'java',
    runnable,
    'eclipse-temurin:11-jdk',
    {
      SLIPWAY_OUTPUT: '.',
      SLIPWAY_DISTRIBUTION: 'jar',
      SLIPWAY_CLASSIFIER: '',
      SLIPWAY_MAIN: '',
      SLIPWAY_ARTIFACT: 'target/shop-1.0.jar',
    },
    'Take the runnable jar and its libraries',
  ],
])('the recipe of a built %s jar only takes it apart', async (kind, jar, builder, env, title) => {
  const project = await detectJar(jar);
  const recipe = kindNamed(kinds, kind).recipe(project, { platform: 'linux/amd64', version: '1.0.0' });
  expect([recipe.builder, recipe.env, recipe.caches, recipe.mounts, recipe.steps.map((step) => step.title)]).toEqual([
    builder,
    env,
    [],
    [],
    [title],
  ]);
});

test.each([
  ['a library', { ...runnable, 'META-INF/MANIFEST.MF': manifestOf({}) }, 'detect.unsupported', /no Main-Class/],
  ['no manifest', { 'com/example/Main.class': classFile(17) }, 'detect.unsupported', /no Main-Class/],
  [
    'a main class that is elsewhere',
    { 'META-INF/MANIFEST.MF': manifestOf({ 'Main-Class': 'a.B' }) },
    'detect.unsupported',
    /no class a\.B/,
  ],
  [
    'libraries beside it',
    {
      ...runnable,
      'META-INF/MANIFEST.MF': manifestOf({ 'Main-Class': 'com.example.Main', 'Class-Path': 'lib/a.jar lib/b.jar' }),
    },
    'detect.unsupported',
    /names 2, first lib\/a\.jar/,
  ],
  ['a signed Spring Boot jar', { ...bootJar, 'META-INF/KEY.SF': 'x' }, 'detect.unsupported', /signed/],
  ['a name that leads out', { ...runnable, '../../etc/passwd': 'x' }, 'detect.unreadable', /invalid relative path/],
  ['an absolute name', { ...runnable, '/etc/passwd': 'x' }, 'detect.unreadable', /absolute path/],
  ['no zip', Buffer.from('hello'), 'detect.unreadable', /not a zip file/],
  ['an empty file', Buffer.alloc(0), 'detect.unreadable', /no jar that can be read/],
  ['a cut one', makeZip(bootJar).subarray(0, -30), 'detect.unreadable', /truncated/],
  ['a script without a jar', Buffer.from('#!/bin/sh\n'), 'detect.unreadable', /no jar that can be read/],
])('%s is refused with what to do', async (_what, content, code, message) => {
  await expect(detectJar(content as ZipEntries)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
    where: expect.stringMatching(/^target\/shop-1\.0\.jar/),
    remedy: expect.stringMatching(/\w{3}/),
  });
});

test('entries that unpack to more than a disk holds are refused before anything is unpacked', async () => {
  const bomb = makeZip({ ...runnable, a: 'x', b: 'x', c: 'x' });
  for (
    let at = bomb.indexOf('PK\u0001\u0002', 0, 'latin1');
    at >= 0;
    at = bomb.indexOf('PK\u0001\u0002', at + 4, 'latin1')
  )
    bomb.writeUInt32LE(0xf0000000, at + 24);
  await expect(detectJar(bomb)).rejects.toMatchObject({ code: 'detect.hostile', where: 'target/shop-1.0.jar' });
});

test('a manifest that inflates without end is read to its bound alone', async () => {
  const start = performance.now();
  await expect(
    detectJar({
      ...runnable,
      'META-INF/MANIFEST.MF': Buffer.concat([Buffer.from(manifestOf({})), Buffer.alloc(200_000_000, 'a')]),
    }),
  ).rejects.toMatchObject({ code: 'detect.unsupported' });
  expect(performance.now() - start).toBeLessThan(5000);
});

test('a jar cut, or with any byte changed, is an answer or a Failure', async () => {
  const whole = makeZip(bootJar);
  for (let at = 0; at < whole.length; at += 7) {
    const changed = Buffer.from(whole);
    changed.writeUInt8((changed.readUInt8(at) + 1 + at) % 256, at);
    for (const bytes of [changed, whole.subarray(0, at)]) {
      const answer = await detectJar(bytes).catch((error: unknown) => error);
      expect(answer).toSatisfy(
        (it) => typeof (it as { kind?: unknown }).kind === 'string' || /^detect\./.test((it as { code: string }).code),
      );
    }
  }
});
