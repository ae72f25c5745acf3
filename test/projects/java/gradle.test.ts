import { expect, test } from 'vitest';
import { java } from '../../../src/projects/java/index.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { detect, hint, refusalOf, valuesOf } from './detect.js';

const gson = "dependencies {\n  implementation 'com.google.code.gson:gson:2.11.0'\n}\n";

test('the plugin application gives every fact with its line', () => {
  const files = {
    'settings.gradle': "rootProject.name = 'shop'\n",
    'build.gradle':
      "plugins {\n  id 'application'\n}\njava { toolchain { languageVersion = JavaLanguageVersion.of(21) } }\napplication { mainClass = 'a.Main' }\n",
  };
  const from = [{ file: 'build.gradle', line: 2, because: 'plugin application, which starts a.Main' }];
  expect(detect(files)).toEqual({
    name: 'shop',
    claim: 'primary',
    because: from[0],
    facts: {
      'java.version': {
        value: '21',
        from: [{ file: 'build.gradle', line: 4, because: 'languageVersion is 21' }],
        rejected: [],
      },
      'java.build-tool': {
        value: 'gradle',
        from: [{ file: 'build.gradle', because: 'build.gradle is at the root' }],
        rejected: [],
      },
      'java.wrapper': { value: false, from: [{ because: 'there is no gradlew' }], rejected: [] },
      'java.distribution': { value: 'distribution', from, rejected: [] },
      'java.output': { value: 'build/install', from, rejected: [] },
      'java.task': { value: ':installDist', from, rejected: [] },
    },
  });
});

test.each([
  ['in Kotlin without quotes', { 'build.gradle.kts': 'plugins {\n  java\n  application\n}\n' }, ':installDist'],
  ['in Kotlin in backticks', { 'build.gradle.kts': 'plugins {\n  `application`\n}\n' }, ':installDist'],
  ['the old way', { 'build.gradle': "apply plugin: 'application'\n" }, ':installDist'],
  ['the old way in Kotlin', { 'build.gradle.kts': 'apply(plugin = "application")\n' }, ':installDist'],
  [
    'of Micronaut',
    { 'build.gradle': "plugins {\n  id('io.micronaut.application') version '4.4.4'\n}\n" },
    ':installDist',
  ],
  ['of Ktor', { 'build.gradle.kts': 'plugins {\n  id("io.ktor.plugin") version "3.1.2"\n}\n' }, ':installDist'],
  ['Quarkus', { 'build.gradle': "plugins {\n  id 'io.quarkus'\n}\n" }, ':quarkusBuild'],
  [
    'shadow alone',
    {
      'build.gradle':
        "plugins {\n  id 'com.gradleup.shadow' version '8.3.6'\n}\nshadowJar { manifest { attributes 'Main-Class': 'a.Main' } }\n",
    },
    ':shadowJar',
  ],
  [
    'a task of its own',
    {
      'build.gradle': `${gson}task fatJar(type: Jar) {\n  manifest { attributes 'Main-Class': 'a.Main' }\n  from { configurations.runtimeClasspath.collect { zipTree(it) } }\n}\n`,
    },
    ':fatJar',
  ],
  [
    'a task registered',
    {
      'build.gradle.kts': `tasks.register<Jar>("uber") {\n  manifest { attributes["Main-Class"] = "a.Main" }\n  from(configurations.runtimeClasspath.get().map { zipTree(it) })\n}\n`,
    },
    ':uber',
  ],
  [
    'the task jar',
    {
      'build.gradle.kts': `tasks.jar {\n  manifest { attributes["Main-Class"] = "a.Main" }\n  from(configurations.runtimeClasspath.get().map { zipTree(it) })\n}\n`,
    },
    ':jar',
  ],
  [
    'the task jar by name',
    { 'build.gradle.kts': `tasks.named<Jar>("jar") {\n  manifest { attributes["Main-Class"] = "a.Main" }\n}\n` },
    ':jar',
  ],
])('a program: %s', (_title, files, task) => {
  expect(valuesOf(files)['java.task']).toBe(task);
});

test('a distribution is taken before a fat jar, which is shown as rejected', () => {
  const files = {
    'build.gradle':
      "plugins {\n  id 'application'\n  id 'com.gradleup.shadow' version '8.3.6'\n}\nshadowJar { manifest { attributes 'Main-Class': 'a.Main' } }\n",
  };
  expect(detect(files).facts['java.distribution']).toEqual({
    value: 'distribution',
    from: [{ file: 'build.gradle', line: 2, because: 'plugin application' }],
    rejected: [{ value: 'jar by shadowJar', file: 'build.gradle', line: 3, because: 'plugin com.gradleup.shadow' }],
  });
});

test.each([
  ["archiveClassifier = 'fat'", 'fat'],
  ["archiveClassifier.set('fat')", 'fat'],
  ["archiveClassifier.set('')", undefined],
  ["archiveFileName = 'app.jar'", undefined],
  ['', 'all'],
])('the classifier of a shadow jar: %s', (text, classifier) => {
  const files = {
    'build.gradle': `plugins { id 'com.gradleup.shadow' version '8.3.6' }\nshadowJar {\n  ${text}\n  manifest { attributes 'Main-Class': 'a.Main' }\n}\n`,
  };
  expect(valuesOf(files)['java.classifier']).toBe(classifier);
});

test.each([
  ['a library', "plugins {\n  id 'java-library'\n}\n", 'build.gradle'],
  ['a WAR', "plugins {\n  id 'war'\n}\n", 'build.gradle:2'],
  [
    'a jar without its libraries',
    `${gson}jar {\n  manifest { attributes 'Main-Class': 'a.Main' }\n}\n`,
    'build.gradle:4',
  ],
])('%s is refused', (_title, text, where) => {
  expect(refusalOf({ 'build.gradle': text })).toEqual({ code: 'detect.unsupported', where, candidates: undefined });
});

test('a project is built by its path, which need not be its directory', () => {
  const files = {
    'settings.gradle': "include ':service'\nproject(':service').projectDir = file(\"$rootDir/apps/service\")\n",
    'apps/service/build.gradle': "plugins {\n  id 'application'\n}\n",
  };
  const values = valuesOf(files);
  expect([values['java.module'], values['java.task'], values['java.output']]).toEqual([
    'apps/service',
    ':service:installDist',
    'apps/service/build/install',
  ]);
});

test('what a root applies to all projects below it makes none of itself', () => {
  const files = {
    'settings.gradle': "include 'a', 'b'\n",
    'build.gradle': "subprojects {\n  apply plugin: 'application'\n}\n",
    'a/build.gradle': '',
    'b/build.gradle': '',
  };
  expect(refusalOf(files)).toEqual({ code: 'detect.ambiguous', where: 'java.module', candidates: ['a', 'b'] });
  expect(valuesOf(files, { 'java.module': hint(':b') })['java.task']).toBe(':b:installDist');
});

test('a plugin by an alias of the catalog, or a convention plugin that applies another, makes a program', () => {
  const files = {
    'settings.gradle.kts': 'include(":app")\n',
    'gradle/libs.versions.toml': '[plugins]\nservice = "company.service:1"\n',
    'buildSrc/src/main/kotlin/company.service.gradle.kts': 'plugins {\n  id("company.java")\n  application\n}\n',
    'buildSrc/src/main/kotlin/company.java.gradle.kts':
      'java { toolchain { languageVersion.set(JavaLanguageVersion.of(17)) } }\n',
    'app/build.gradle.kts': 'plugins {\n  alias(libs.plugins.service)\n}\n',
  };
  const values = valuesOf(files);
  expect([values['java.task'], values['java.version']]).toEqual([':app:installDist', '17']);
});

test('a project that applies Spring Boot is not this kind', () => {
  const files = {
    'build.gradle': "plugins {\n  id 'application'\n  id 'org.springframework.boot' version '3.5.0'\n}\n",
  };
  expect(java.detect(memoryTree(files), {})).toBeUndefined();
});

test('both tools are refused where both make a program', () => {
  const files = {
    'pom.xml': '<project><artifactId>a</artifactId><packaging>quarkus</packaging></project>',
    'build.gradle': "plugins { id 'io.quarkus' }",
  };
  expect(refusalOf(files)).toEqual({
    code: 'detect.ambiguous',
    where: 'java.build-tool',
    candidates: ['maven', 'gradle'],
  });
  expect(valuesOf(files, { 'java.build-tool': hint('gradle') })['java.task']).toBe(':quarkusBuild');
});

test('a Spring Boot project, too, is built by its path, which need not be its directory', () => {
  const tree = memoryTree({
    'settings.gradle': "include ':service'\nproject(':service').projectDir = file('apps/service')\n",
    'apps/service/build.gradle': "plugins {\n  id 'org.springframework.boot' version '3.5.0'\n}\n",
  });
  const detection = springBoot.detect(tree, {});
  expect(detection?.facts['java.task']?.value).toBe(':service:bootJar');
});

test.each([
  ['9.1.0-bin', '21'],
  ['8.5-bin', '21'],
  ['8.4-bin', '17'],
  ['7.3.3-all', '17'],
  ['6.9.4-bin', '11'],
  ['4.10.3-bin', '8'],
])('a build of Gradle %s that states no Java version gets %s, which that Gradle runs on', (release, expected) => {
  const files = {
    'build.gradle': "plugins {\n  id 'application'\n}\n",
    'gradle/wrapper/gradle-wrapper.properties': `distributionUrl=https\\://gradle.example.com/distributions/gradle-${release}.zip\n`,
  };
  expect(valuesOf(files)['java.version']).toBe(expected);
});

test.each([
  [
    'settings.gradle:2',
    {
      'settings.gradle': "rootProject.name = 'a'\nfile('services').eachDir { include \"services:${it.name}\" }",
      'services/a/build.gradle': "plugins { id 'application' }",
    },
  ],
  [
    'app/build.gradle.kts:1',
    {
      'settings.gradle.kts': 'pluginManagement { includeBuild("plugins") }\ninclude(":app")',
      'plugins/build.gradle.kts':
        'gradlePlugin { plugins { register("svc") { id = "acme.service"; implementationClass = "P" } } }',
      'app/build.gradle.kts': 'plugins { id("acme.service") }',
    },
  ],
])('a build that hides its program in code is refused with the place of that code: %s', (where, files) => {
  expect(refusalOf(files)).toEqual({ code: 'detect.unsupported', where, candidates: undefined });
});
