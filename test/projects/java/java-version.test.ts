import { expect, test } from 'vitest';
import { detect, hint, parent, plugin, pom, refusalOf, shade, valuesOf } from './detect.js';

function compiler(configuration: string): string {
  return shade + plugin('maven-compiler-plugin', `<configuration>${configuration}</configuration>`);
}

function profile(active: boolean, properties: string): string {
  return `<profile><activation><activeByDefault>${active}</activeByDefault></activation><properties>${properties}</properties></profile>`;
}

const managed = (plugins: string): string =>
  `<build><plugins>${shade}</plugins><pluginManagement><plugins>${plugins}</plugins></pluginManagement></build>`;

test.each([
  ['release', { properties: '<maven.compiler.release>17</maven.compiler.release>' }, '17'],
  [
    'source and target',
    {
      properties: '<maven.compiler.source>11</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>',
    },
    '17',
  ],
  [
    '1.8',
    {
      properties:
        '<maven.compiler.source>1.8</maven.compiler.source><maven.compiler.target>1.8</maven.compiler.target>',
    },
    '8',
  ],
  [
    'indirection',
    { properties: '<jdk>17</jdk><level>${jdk}</level><maven.compiler.release>${level}</maven.compiler.release>' },
    '17',
  ],
  [
    'plugin over properties',
    { properties: '<maven.compiler.release>11</maven.compiler.release>', plugins: compiler('<release>17</release>') },
    '17',
  ],
  [
    'plugin by a property',
    { properties: '<jdk>17</jdk>', plugins: compiler('<source>${jdk}</source><target>${jdk}</target>') },
    '17',
  ],
  [
    'toolchain over release',
    {
      properties: '<maven.compiler.release>11</maven.compiler.release>',
      plugins:
        shade +
        plugin(
          'maven-toolchains-plugin',
          '<configuration><toolchains><jdk><version>17</version></jdk></toolchains></configuration>',
        ),
    },
    '17',
  ],
  [
    'toolchain of the later plugin',
    {
      plugins:
        shade +
        plugin(
          'maven-toolchains-plugin',
          '<executions><execution><goals><goal>select-jdk-toolchain</goal></goals><configuration><version>[17,)</version></configuration></execution></executions>',
        ),
    },
    '17',
  ],
  [
    'active profile',
    {
      properties: '<maven.compiler.release>11</maven.compiler.release>',
      more: `<profiles>${profile(false, '<maven.compiler.release>21</maven.compiler.release>')}${profile(true, '<maven.compiler.release>17</maven.compiler.release>')}</profiles>`,
    },
    '17',
  ],
  [
    'Micronaut',
    { parent: parent('io.micronaut.platform', 'micronaut-parent'), properties: '<jdk.version>17</jdk.version>' },
    '17',
  ],
  [
    'Kotlin',
    {
      plugins:
        shade +
        plugin(
          'kotlin-maven-plugin',
          '<configuration><jvmTarget>17</jvmTarget></configuration>',
          'org.jetbrains.kotlin',
        ),
    },
    '17',
  ],
  ['nothing', {}, '21'],
])('Maven: %s', (_title, parts, expected) => {
  expect(valuesOf({ 'pom.xml': pom(parts) })['java.version']).toBe(expected);
});

test('plugin management of a parent in the tree counts', () => {
  const root = pom({ packaging: 'pom', artifact: 'root', plugins: '' })
    .replace(
      '<build><plugins></plugins></build>',
      managed(plugin('maven-compiler-plugin', '<configuration><release>17</release></configuration>')).replace(
        shade,
        '',
      ),
    )
    .replace('</project>', '<modules><module>app</module></modules></project>');
  const files = { 'pom.xml': root, 'app/pom.xml': pom({ parent: parent('com.example', 'root', '') }) };
  expect(valuesOf(files)['java.version']).toBe('17');
});

test('a contradiction is shown with what decided', () => {
  const parts = { properties: '<maven.compiler.release>17</maven.compiler.release>' };
  const { facts } = detect({ 'pom.xml': pom(parts), '.java-version': '21\n' });
  expect(facts['java.version']).toEqual({
    value: '17',
    from: [{ file: 'pom.xml', line: 3, because: '<maven.compiler.release> is 17' }],
    rejected: [{ file: '.java-version', line: 1, because: '.java-version says 21', value: '21' }],
  });
});

test('a property that no file in the tree sets is asked for', () => {
  const files = { 'pom.xml': pom({ properties: '<maven.compiler.release>${company.jdk}</maven.compiler.release>' }) };
  expect(refusalOf(files)).toEqual({ code: 'detect.ambiguous', where: 'pom.xml:3', candidates: ['17', '21', '25'] });
  expect(valuesOf(files, { 'java.version': hint('17') })['java.version']).toBe('17');
});

test.each([
  ['.java-version', '17.0.9\n'],
  ['.sdkmanrc', '# sdk\njava=17.0.9-tem\n'],
  ['.tool-versions', 'maven 3.9.6\njava temurin-17.0.9+9\n'],
  ['mise.toml', '[tools]\njava = "temurin-17"\n'],
  ['system.properties', 'java.runtime.version=17\n'],
])('%s decides where the build files say nothing', (file, text) => {
  expect(valuesOf({ 'pom.xml': pom(), [file]: text })['java.version']).toBe('17');
});

const application = "plugins {\n  id 'application'\n}\n";

test.each([
  ['Groovy toolchain', 'java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }'],
  ['Groovy toolchain with set', 'java { toolchain { languageVersion.set(JavaLanguageVersion.of(17)) } }'],
  ['toolchain of a variable', 'def level = 17\njava { toolchain { languageVersion = JavaLanguageVersion.of(level) } }'],
  ['toolchain of a text', 'java { toolchain { languageVersion = JavaLanguageVersion.of("17") } }'],
  ['toolchain over lines', 'java {\n  toolchain {\n    languageVersion =\n        JavaLanguageVersion.of(17)\n  }\n}'],
  ['jvmToolchain', 'kotlin { jvmToolchain(17) }'],
  ['jvmToolchain with a block', 'kotlin { jvmToolchain { languageVersion.set(JavaLanguageVersion.of(17)) } }'],
  ['sourceCompatibility with a space', "sourceCompatibility '17'"],
  ['sourceCompatibility of a number', 'sourceCompatibility = 17'],
  ['sourceCompatibility of an enum', 'java { sourceCompatibility = JavaVersion.VERSION_17 }'],
  ['targetCompatibility over sourceCompatibility', 'sourceCompatibility = 11\ntargetCompatibility = 17'],
  ['toVersion', 'java { sourceCompatibility = JavaVersion.toVersion("17") }'],
  ['release', 'tasks.withType(JavaCompile) { options.release = 17 }'],
  ['release with set', 'tasks.withType(JavaCompile).configureEach { options.release.set(17) }'],
  ['ext', 'ext.javaLevel = 17\nsourceCompatibility = javaLevel'],
  ['ext block', 'ext {\n  javaLevel = "17"\n}\nsourceCompatibility = project.ext.javaLevel'],
  ['a comment before', '// sourceCompatibility = 11\nsourceCompatibility = 17'],
])('Gradle: %s', (_title, text) => {
  expect(valuesOf({ 'build.gradle': application + text })['java.version']).toBe('17');
});

test.each([
  ['1.8 quoted', "sourceCompatibility = '1.8'", '8'],
  ['1.8 as a number', 'sourceCompatibility = 1.8', '8'],
  ['VERSION_1_8', 'sourceCompatibility = JavaVersion.VERSION_1_8', '8'],
])('Gradle: %s is 8', (_title, text, expected) => {
  expect(valuesOf({ 'build.gradle': application + text })['java.version']).toBe(expected);
});

test.each([
  ['toolchain', 'java { toolchain { languageVersion.set(JavaLanguageVersion.of(17)) } }'],
  ['toolchain by assignment', 'java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }'],
  ['a constant', 'val level = 17\nkotlin { jvmToolchain(level) }'],
  [
    'a property',
    'val level: String by project\njava { toolchain { languageVersion.set(JavaLanguageVersion.of(level)) } }',
  ],
  [
    'a property converted',
    'java { toolchain { languageVersion.set(JavaLanguageVersion.of(property("level").toString().toInt())) } }',
  ],
  [
    'a provider',
    'java { toolchain { languageVersion.set(JavaLanguageVersion.of(providers.gradleProperty("level").get().toInt())) } }',
  ],
  [
    'compatibility',
    'java { sourceCompatibility = JavaVersion.VERSION_17\n targetCompatibility = JavaVersion.VERSION_17 }',
  ],
  [
    'jvmTarget of Kotlin',
    'kotlin { compilerOptions { jvmTarget.set(org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_17) } }',
  ],
  ['jvmTarget by assignment', 'tasks.withType<KotlinCompile> { kotlinOptions { jvmTarget = "17" } }'],
  ['release', 'tasks.withType<JavaCompile>().configureEach { options.release = 17 }'],
])('Gradle in Kotlin: %s', (_title, text) => {
  const files = { 'build.gradle.kts': `plugins {\n  application\n}\n${text}`, 'gradle.properties': 'level=17\n' };
  expect(valuesOf(files)['java.version']).toBe('17');
});

test('a toolchain whose version is computed is asked for', () => {
  const files = { 'build.gradle': `${application}java { toolchain { languageVersion = companyLevel() } }` };
  expect(refusalOf(files)).toEqual({
    code: 'detect.ambiguous',
    where: 'build.gradle:4',
    candidates: ['17', '21', '25'],
  });
});

const kotlin = 'plugins {\n  application\n}\n';

test.each([
  ['get().toInt()', 'kotlin { jvmToolchain(libs.versions.jdk.get().toInt()) }'],
  ['map', 'java { toolchain { languageVersion = libs.versions.jdk.map { JavaLanguageVersion.of(it) } } }'],
  ['of(…)', 'java { toolchain { languageVersion.set(JavaLanguageVersion.of(libs.versions.jdk.get())) } }'],
  ['toVersion', 'java { sourceCompatibility = JavaVersion.toVersion(libs.versions.jdk.get()) }'],
])('Gradle: a version catalog by %s', (_title, text) => {
  const files = { 'build.gradle.kts': kotlin + text, 'gradle/libs.versions.toml': '[versions]\njdk = "17"\n' };
  expect(valuesOf(files)['java.version']).toBe('17');
});

test.each([
  ['subprojects', 'subprojects {\n  apply plugin: "java"\n  sourceCompatibility = 17\n}'],
  ['allprojects', 'allprojects {\n  tasks.withType(JavaCompile) { options.release = 17 }\n}'],
  ['a file that is applied', 'subprojects {\n  apply from: "$rootDir/gradle/java.gradle"\n}'],
])('Gradle: what a root says of all projects by %s counts for the module', (_title, root) => {
  const files = {
    'settings.gradle': "include 'app'",
    'build.gradle': root,
    'gradle/java.gradle': 'sourceCompatibility = 17',
    'app/build.gradle': application,
  };
  expect(valuesOf(files)['java.version']).toBe('17');
});

test.each(['4', '0', 'latest'])('Java %s is refused', (version) => {
  const files = { 'pom.xml': pom({ properties: `<maven.compiler.release>${version}</maven.compiler.release>` }) };
  expect(refusalOf(files).code).toBe('detect.ambiguous');
});
