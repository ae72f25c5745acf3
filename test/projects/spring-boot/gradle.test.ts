import { expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { detect, type Files, factOf, valuesOf } from './detect.js';

const groovy = (rest = '', version = "'3.4.1'"): string =>
  `plugins {\n  id 'java'\n  id 'org.springframework.boot' version ${version}\n}\n${rest}`;
const kotlin = (rest = '', version = '"3.4.1"'): string =>
  `plugins {\n  java\n  id("org.springframework.boot") version ${version}\n}\n${rest}`;

test('a Groovy build gives every fact with its line', () => {
  const files = {
    'settings.gradle': "rootProject.name = 'quotes'\n",
    'build.gradle': groovy(
      "java {\n  toolchain {\n    languageVersion = JavaLanguageVersion.of(21)\n  }\n}\ndependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-web'\n  implementation 'org.springframework.boot:spring-boot-starter-actuator'\n}\n",
    ),
    gradlew: '#!/bin/sh',
    'gradle/wrapper/gradle-wrapper.properties': '',
    'gradle/wrapper/gradle-wrapper.jar': '',
  };
  expect(detect(files)).toEqual({
    name: 'quotes',
    claim: 'primary',
    because: { file: 'build.gradle', line: 3, because: 'plugin org.springframework.boot' },
    facts: {
      'java.version': {
        value: '21',
        from: [{ file: 'build.gradle', line: 7, because: 'languageVersion is 21' }],
        rejected: [],
      },
      'java.build-tool': {
        value: 'gradle',
        from: [{ file: 'build.gradle', because: 'build.gradle is at the root' }],
        rejected: [],
      },
      'java.wrapper': {
        value: true,
        from: [{ file: 'gradlew', because: 'gradlew with gradle/wrapper/gradle-wrapper.properties' }],
        rejected: [],
      },
      'spring-boot.version': {
        value: '3',
        from: [{ file: 'build.gradle', line: 3, because: 'plugin org.springframework.boot 3.4.1' }],
        rejected: [],
      },
      'spring-boot.release': {
        value: '3.4.1',
        from: [{ file: 'build.gradle', line: 3, because: 'plugin org.springframework.boot 3.4.1' }],
        rejected: [],
      },
      port: { value: '8080', from: [{ because: 'Spring Boot default' }], rejected: [] },
      health: {
        value: '/actuator/health',
        from: [{ file: 'build.gradle', line: 12, because: 'depends on spring-boot-starter-actuator' }],
        rejected: [],
      },
    },
  });
});

test.each([
  ['languageVersion = JavaLanguageVersion.of(21)', '21'],
  ['languageVersion.set(JavaLanguageVersion.of(21))', '21'],
  ['languageVersion.set( JavaLanguageVersion.of("21") )', '21'],
  ['kotlin { jvmToolchain(21) }', '21'],
  ['kotlin { jvmToolchain { languageVersion.set(JavaLanguageVersion.of(21)) } }', '21'],
  ['tasks.withType(JavaCompile).configureEach { options.release = 21 }', '21'],
  ['tasks.withType<JavaCompile> { options.release.set(21) }', '21'],
  ["sourceCompatibility = '21'", '21'],
  ["sourceCompatibility '21'", '21'],
  ['sourceCompatibility = 21', '21'],
  ['java { sourceCompatibility = JavaVersion.VERSION_21 }', '21'],
  ['java.targetCompatibility = JavaVersion.toVersion("21")', '21'],
  ['sourceCompatibility = JavaVersion.VERSION_17\ntargetCompatibility = JavaVersion.VERSION_21', '21'],
  ['def level = 21\nsourceCompatibility = level', '21'],
  ['val level = "21"\njava { toolchain { languageVersion = JavaLanguageVersion.of(level.toInt()) } }', '21'],
  ["ext { javaLevel = '21' }\nsourceCompatibility = ext.javaLevel", '21'],
  ["ext.set('javaLevel', '21')\nsourceCompatibility = \"${javaLevel}\"", '21'],
  ['kotlinOptions { jvmTarget = "21" }', '21'],
  ['kotlin { compilerOptions { jvmTarget = JvmTarget.JVM_21 } }', '21'],
  [
    'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }\ntasks.withType(JavaCompile) { options.release = 17 }',
    '21',
  ],
  ['// languageVersion = JavaLanguageVersion.of(25)\n/* sourceCompatibility = 25 */ sourceCompatibility = 21', '21'],
  ['kotlin { compilerOptions { languageVersion = KotlinVersion.KOTLIN_2_1 } }\nsourceCompatibility = 21', '21'],
  [
    'kotlinOptions.languageVersion = "1.9"\nval release = project.hasProperty("release")\nsourceCompatibility = 21',
    '21',
  ],
])('the Java version of %j', (rest, expected) => {
  expect(valuesOf({ 'build.gradle': groovy(rest) })['java.version']).toBe(expected);
  expect(valuesOf({ 'build.gradle.kts': kotlin(rest) })['java.version']).toBe(expected);
});

test.each(['sourceCompatibility = computeLevel()', 'def a = b\ndef b = a\nsourceCompatibility = a'])(
  'a Java version that does not stand there plainly is refused: %j',
  (rest) => {
    expect(() => detect({ 'build.gradle': groovy(rest) })).toThrow(
      expect.objectContaining({ code: 'detect.ambiguous', where: expect.stringMatching(/^build\.gradle:/) }),
    );
  },
);

test('1.8 is 8 where Spring Boot runs on it', () => {
  const build = (rest: string): Files => ({ 'build.gradle': groovy(rest, "'2.7.18'") });
  expect(valuesOf(build("sourceCompatibility = '1.8'"))['java.version']).toBe('8');
  expect(valuesOf(build('sourceCompatibility = 1.8'))['java.version']).toBe('8');
  expect(valuesOf(build('sourceCompatibility = JavaVersion.VERSION_1_8'))['java.version']).toBe('8');
});

test('a property of gradle.properties is followed to its line', () => {
  const files = {
    'build.gradle.kts': kotlin(
      'java { toolchain { languageVersion.set(JavaLanguageVersion.of(property("javaVersion").toString())) } }',
      'bootVersion',
    ),
    'gradle.properties': 'bootVersion=3.3.2\njavaVersion=21\n',
  };
  const { facts } = detect(files);
  expect([facts['java.version']?.value, facts['spring-boot.release']]).toEqual([
    '21',
    {
      value: '3.3.2',
      from: [
        { file: 'build.gradle.kts', line: 3, because: 'plugin org.springframework.boot 3.3.2' },
        { file: 'gradle.properties', line: 1, because: 'bootVersion is 3.3.2' },
      ],
      rejected: [],
    },
  ]);
});

test('a version catalog gives plugin, Java and libraries', () => {
  const files = {
    'build.gradle.kts':
      'plugins {\n  alias(libs.plugins.spring.boot)\n}\njava.toolchain.languageVersion = JavaLanguageVersion.of(libs.versions.java.get())\ndependencies {\n  implementation(libs.bundles.server)\n}\n',
    'gradle/libs.versions.toml': [
      '[versions]',
      'java = "21"',
      'spring-boot = "3.4.5"',
      '[libraries]',
      'boot-web = { module = "org.springframework.boot:spring-boot-starter-web" }',
      'boot-actuator = { group = "org.springframework.boot", name = "spring-boot-starter-actuator" }',
      '[bundles]',
      'server = ["boot-web", "boot-actuator"]',
      '[plugins]',
      'spring-boot = { id = "org.springframework.boot", version.ref = "spring-boot" }',
    ].join('\n'),
  };
  expect(valuesOf(files)).toEqual({
    'java.version': '21',
    'java.build-tool': 'gradle',
    'java.wrapper': false,
    'spring-boot.version': '3',
    'spring-boot.release': '3.4.5',
    port: '8080',
    health: '/actuator/health',
  });
  expect(factOf(files, 'java.version')?.from).toEqual([
    { file: 'build.gradle.kts', line: 4, because: 'languageVersion is 21' },
    { file: 'gradle/libs.versions.toml', line: 2, because: 'java is 21' },
  ]);
});

test.each([
  [
    "buildscript { dependencies { classpath 'org.springframework.boot:spring-boot-gradle-plugin:2.7.3' } }\napply plugin: 'org.springframework.boot'",
    '2.7.3',
  ],
  [
    'buildscript { ext.boot = "2.7.3"\n dependencies { classpath("org.springframework.boot:spring-boot-gradle-plugin:$boot") } }\napply(plugin = "org.springframework.boot")',
    '2.7.3',
  ],
])('the plugin applied in the old way: %j', (build, version) => {
  expect(valuesOf({ 'build.gradle': build })['spring-boot.release']).toBe(version);
});

test('a version in the settings counts, and applies nothing', () => {
  const settings = {
    'settings.gradle': "pluginManagement { plugins { id 'org.springframework.boot' version '3.2.9' } }",
  };
  expect(
    valuesOf({ ...settings, 'build.gradle': "plugins { id 'org.springframework.boot' }" })['spring-boot.release'],
  ).toBe('3.2.9');
  expect(springBoot.detect(memoryTree({ ...settings, 'build.gradle': "plugins { id 'java' }" }), {})).toBeUndefined();
});

const multi = {
  'settings.gradle.kts': 'include(":core", ":services:api")\n',
  'build.gradle.kts':
    'plugins { id("org.springframework.boot") version "3.5.1" apply false }\nsubprojects {\n  java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }\n}\n',
  'core/build.gradle.kts':
    'plugins { `java-library` }\ndependencies {\n  api("org.springframework.boot:spring-boot-starter-actuator")\n}\n',
  'services/api/build.gradle.kts':
    'plugins { id("org.springframework.boot") }\ndependencies {\n  implementation(project(":core"))\n  implementation("org.springframework.boot:spring-boot-starter-webflux")\n}\n',
};

test('the one module that applies the plugin is found, with what the root says for all and what its projects bring', () => {
  expect({ name: detect(multi).name, ...valuesOf(multi) }).toEqual({
    name: 'api',
    'java.version': '21',
    'java.build-tool': 'gradle',
    'java.wrapper': false,
    'java.module': 'services/api',
    'spring-boot.version': '3',
    'spring-boot.release': '3.5.1',
    health: '/actuator/health',
    port: '8080',
  });
});

test('a plain convention plugin applies Spring Boot and sets the Java version', () => {
  const files = {
    'settings.gradle': "includeBuild('build-logic')\ninclude 'app', 'lib'",
    'build-logic/src/main/groovy/acme.boot.gradle':
      "plugins { id 'org.springframework.boot' }\njava { toolchain { languageVersion = JavaLanguageVersion.of(21) } }",
    'app/build.gradle': "plugins { id 'acme.boot' }",
    'lib/build.gradle': "plugins { id 'java-library' }",
  };
  expect([valuesOf(files)['java.module'], valuesOf(files)['java.version']]).toEqual(['app', '21']);
});

test('several modules that apply the plugin are refused with the candidates, one whose bootJar is off does not count', () => {
  const files = {
    'settings.gradle': "include 'a', 'b', 'c'",
    'a/build.gradle': groovy(),
    'b/build.gradle': groovy(),
    'c/build.gradle': groovy('bootJar { enabled = false }'),
  };
  expect(() => detect(files)).toThrow(
    expect.objectContaining({ code: 'detect.ambiguous', candidates: ['a', 'b'] } satisfies Partial<Failure>),
  );
});

test('a catalog that is no TOML is named', () => {
  expect(() => detect({ 'build.gradle': groovy(), 'gradle/libs.versions.toml': '[versions' })).toThrow(Failure);
});

test('a wrapper without its jar is not used', () => {
  const files = { 'build.gradle': groovy(), gradlew: '', 'gradle/wrapper/gradle-wrapper.properties': '' };
  expect(factOf(files, 'java.wrapper')).toEqual({
    value: false,
    from: [{ because: 'gradlew has no gradle/wrapper/gradle-wrapper.jar' }],
    rejected: [{ value: true, file: 'gradlew', because: 'there is gradlew' }],
  });
});

const logic = {
  'settings.gradle.kts': 'pluginManagement { includeBuild("build-logic") }\ninclude("apps:api")',
  'apps/api/build.gradle.kts': 'plugins { id("shop.boot-app") }',
  'build-logic/src/main/kotlin/shop.boot-app.gradle.kts':
    'plugins {\n  id("shop.java")\n  id("org.springframework.boot")\n}',
  'build-logic/src/main/kotlin/shop.java.gradle.kts':
    'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }',
};
const logicCatalog = [
  '[versions]',
  'boot = "3.5.3"',
  '[libraries]',
  'boot-plugin = { module = "org.springframework.boot:spring-boot-gradle-plugin", version.ref = "boot" }',
].join('\n');

test('a convention plugin brings what the convention plugin that it applies says, and its build the release', () => {
  const files = {
    ...logic,
    'build-logic/build.gradle.kts': 'plugins { `kotlin-dsl` }\ndependencies { implementation(libs.boot.plugin) }',
    'build-logic/settings.gradle.kts':
      'dependencyResolutionManagement { versionCatalogs { create("libs") { from(files("../gradle/libs.versions.toml")) } } }',
    'gradle/libs.versions.toml': logicCatalog,
  };
  const { facts } = detect(files);
  expect([facts['java.version']?.value, facts['spring-boot.release']]).toEqual([
    '21',
    {
      value: '3.5.3',
      from: [
        { file: 'build-logic/build.gradle.kts', line: 2, because: 'plugin org.springframework.boot 3.5.3' },
        { file: 'gradle/libs.versions.toml', line: 2, because: 'boot is 3.5.3' },
      ],
      rejected: [],
    },
  ]);
});

test.each([
  [
    {
      'build-logic/build.gradle.kts':
        'dependencies { implementation("org.springframework.boot:spring-boot-gradle-plugin:3.5.3") }',
    },
  ],
  [
    {
      'buildSrc/build.gradle': 'dependencies { implementation libs.boot.plugin }',
      'buildSrc/gradle/libs.versions.toml': logicCatalog,
    },
  ],
  [
    {
      'apps/api/build.gradle.kts':
        'plugins { id("shop.boot-app") }\ndependencies { implementation(platform("org.springframework.boot:spring-boot-dependencies:3.5.3")) }',
    },
  ],
])('the release from the class path of the build that makes the plugins, or from the BOM: %#', (files) => {
  expect(valuesOf({ ...logic, ...files })['spring-boot.release']).toBe('3.5.3');
});

test('a release that nobody states does not raise the Java version, and stands in for none', () => {
  const applied = "plugins { id 'org.springframework.boot' }\n";
  expect(valuesOf({ 'build.gradle': `${applied}sourceCompatibility = 11` })).toEqual({
    'java.version': '11',
    'java.build-tool': 'gradle',
    'java.wrapper': false,
    port: '8080',
  });
  expect(() => detect({ 'build.gradle': applied })).toThrow(
    expect.objectContaining({ code: 'detect.ambiguous', where: 'java.version' }),
  );
});

test('a catalog of another name and place counts by its name', () => {
  const files = {
    'settings.gradle':
      "dependencyResolutionManagement { versionCatalogs { deps { from(files('gradle/deps.toml')) } } }",
    'build.gradle':
      'plugins { alias(deps.plugins.boot) }\nsourceCompatibility = deps.versions.java.get()\ndependencies { implementation deps.web }',
    'gradle/deps.toml':
      '[versions]\njava = "21"\n[plugins]\nboot = "org.springframework.boot:3.4.1"\n[libraries]\nweb = "org.springframework.boot:spring-boot-starter-web:3.4.1"\n',
  };
  expect(valuesOf(files)).toEqual({
    'java.version': '21',
    'java.build-tool': 'gradle',
    'java.wrapper': false,
    'spring-boot.version': '3',
    'spring-boot.release': '3.4.1',
    port: '8080',
  });
});

test('Spring Boot 1 is built by assemble: it has no task bootJar', () => {
  const old =
    "buildscript { dependencies { classpath 'org.springframework.boot:spring-boot-gradle-plugin:1.5.6.RELEASE' } }\napply plugin: 'org.springframework.boot'\nsourceCompatibility = 1.8";
  expect(valuesOf({ 'build.gradle': old })['java.task']).toBe(':assemble');
  expect(valuesOf({ 'settings.gradle': "include 'web:app'", 'web/app/build.gradle': old })['java.task']).toBe(
    ':web:app:assemble',
  );
});

test.each([
  ['rootProject.children.each { it.name = "shop-${it.name}" }', 'bootJar'],
  ["project(':api').name = 'shop-api'", 'bootJar'],
  ["project(':api').projectDir = file('services/api')", ':api:bootJar'],
  ['', undefined],
])(
  'a project is built by its directory where the settings rename it, and by its path where they move it: %j',
  (more, task) => {
    const directory = more.includes('services') ? 'services/api' : 'api';
    const files = {
      'settings.gradle': `rootProject.name = 'shop'\ninclude 'api'\n${more}`,
      [`${directory}/build.gradle`]: groovy(
        "dependencies { implementation 'org.springframework.boot:spring-boot-starter-web' }",
      ),
    };
    expect([valuesOf(files)['java.module'], valuesOf(files)['java.task']]).toEqual([directory, task]);
  },
);

const wrapper = (release: string): Files => ({
  gradlew: '',
  'gradle/wrapper/gradle-wrapper.jar': '',
  'gradle/wrapper/gradle-wrapper.properties': `distributionUrl=https\\://example.org/gradle-${release}-bin.zip\n`,
});

test("a wrapper's Gradle that needs a newer JDK gets it, and the program keeps its Java", () => {
  const { facts } = detect({ 'build.gradle': groovy('sourceCompatibility = 11', "'2.7.18'"), ...wrapper('9.1.0') });
  expect([facts['java.version']?.value, facts['java.jdk']]).toEqual([
    '11',
    {
      value: '17',
      from: [{ file: 'gradle/wrapper/gradle-wrapper.properties', because: 'Gradle 9.1 runs on Java 17 and newer' }],
      rejected: [],
    },
  ]);
});

test.each([
  ['8.4', 'java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }'],
  ['7.2', 'sourceCompatibility = 17'],
  ['9.1', 'java { toolchain { languageVersion = JavaLanguageVersion.of(11) } }'],
])(
  'a wrapper of Gradle %s that runs on no JDK for the project is refused, unless it is not to be used: %j',
  (release, rest) => {
    const files = { 'build.gradle': groovy(rest, "'2.7.18'"), ...wrapper(release) };
    expect(() => detect(files)).toThrow(
      expect.objectContaining({ code: 'detect.unsupported', where: 'build.gradle:5' } satisfies Partial<Failure>),
    );
    const without = { 'java.wrapper': { value: false, origin: '--set' } };
    expect(factOf(files, 'java.jdk', without)).toBeUndefined();
  },
);

const shared = "plugins { id 'org.springframework.boot' version '3.4.1' apply false }\n";
const places = { 'settings.gradle': "include 'api', 'common'", 'common/build.gradle': '', 'api/build.gradle': '' };
const application = { 'api/src/main/java/a/A.java': '@SpringBootApplication class A {}' };

test.each([
  "configure(subprojects.findAll { it.name != 'common' }) {\n apply plugin: 'org.springframework.boot'\n}",
  "configure([project(':api'), project(':common')]) { apply plugin: 'org.springframework.boot' }",
  "project(':api') { apply plugin: 'org.springframework.boot' }",
  "allprojects { repositories { mavenCentral() } }\nproject(':api') {\n  apply plugin: 'org.springframework.boot'\n}",
])('a root that applies the plugin to others is none that runs: %j', (block) => {
  const files = {
    ...places,
    ...application,
    'build.gradle': `${shared}${block}\nsubprojects { ext.x = 1\n sourceCompatibility = 21 }`,
  };
  expect([valuesOf(files)['java.module'], valuesOf(files)['java.version']]).toEqual(['api', '21']);
});

test('with the plugin war it is the archive of bootWar that has all', () => {
  expect(valuesOf({ 'build.gradle': groovy("apply plugin: 'war'\nsourceCompatibility = 17") })['java.task']).toBe(
    ':bootWar',
  );
});

test.each([
  "layout.buildDirectory = file('out')",
  'layout.buildDirectory.set(file("out"))',
  "buildDir = 'out'",
  "bootJar { destinationDirectory = file('dist') }",
])('a build that leaves its jar elsewhere is refused until the file is named: %j', (rest) => {
  const files = { 'build.gradle': groovy(rest) };
  expect(() => detect(files)).toThrow(expect.objectContaining({ code: 'detect.ambiguous', where: 'build.gradle:5' }));
  const hint = { value: 'out/libs/app.jar', origin: '--set' };
  expect(valuesOf(files, { 'java.artifact': hint })['java.artifact']).toBe('out/libs/app.jar');
});

test("the toolchain's vendor and preview features are facts", () => {
  const rest =
    "java { toolchain { languageVersion = JavaLanguageVersion.of(21)\n  vendor = JvmVendorSpec.AMAZON } }\ntasks.withType(JavaCompile) { options.compilerArgs += ['--enable-preview'] }";
  const values = valuesOf({ 'build.gradle': groovy(rest) });
  expect([values['java.toolchain.vendor'], values['java.options']]).toEqual(['AMAZON', '--enable-preview']);
});
