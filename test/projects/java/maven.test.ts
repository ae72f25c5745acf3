import { expect, test } from 'vitest';
import { detectProject } from '../../../src/projects/detect-project.js';
import { java } from '../../../src/projects/java/index.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { dependency, detect, gson, hint, parent, plugin, pom, refusalOf, runs, shade, valuesOf } from './detect.js';

const main = '<archive><manifest><mainClass>a.Main</mainClass></manifest></archive>';
const jarWithPath =
  '<configuration><archive><manifest><addClasspath>true</addClasspath><mainClass>a.Main</mainClass></manifest></archive></configuration>';
const modules = (...names: readonly string[]): string =>
  `<modules>${names.map((name) => `<module>${name}</module>`).join('')}</modules>`;
const root = (...names: readonly string[]): string =>
  pom({ packaging: 'pom', artifact: 'root', plugins: '', more: modules(...names) });
const boot = plugin('spring-boot-maven-plugin', runs('repackage'), 'org.springframework.boot');

test('a shaded jar gives every fact with its line', () => {
  expect(detect({ 'pom.xml': pom({ properties: '<maven.compiler.release>17</maven.compiler.release>' }) })).toEqual({
    name: 'app',
    claim: 'primary',
    because: { file: 'pom.xml', line: 5, because: 'maven-shade-plugin makes a jar that starts a.Main' },
    facts: {
      'java.version': {
        value: '17',
        from: [{ file: 'pom.xml', line: 3, because: '<maven.compiler.release> is 17' }],
        rejected: [],
      },
      'java.build-tool': {
        value: 'maven',
        from: [{ file: 'pom.xml', because: 'pom.xml is at the root' }],
        rejected: [],
      },
      'java.wrapper': { value: false, from: [{ because: 'there is no mvnw' }], rejected: [] },
      'java.distribution': {
        value: 'jar',
        from: [{ file: 'pom.xml', line: 5, because: 'maven-shade-plugin makes a jar that starts a.Main' }],
        rejected: [],
      },
      'java.output': {
        value: 'target',
        from: [{ file: 'pom.xml', line: 5, because: 'maven-shade-plugin makes a jar that starts a.Main' }],
        rejected: [],
      },
    },
  });
});

test.each([
  [
    'a shaded jar beside the plain one',
    plugin(
      'maven-shade-plugin',
      runs('shade', '<shadedArtifactAttached>true</shadedArtifactAttached><mainClass>a.Main</mainClass>'),
    ),
    'jar',
    'target',
    'shaded',
  ],
  [
    'a shaded jar with a name of its own',
    plugin(
      'maven-shade-plugin',
      runs(
        'shade',
        '<shadedArtifactAttached>true</shadedArtifactAttached><shadedClassifierName>all</shadedClassifierName><mainClass>a.Main</mainClass>',
      ),
    ),
    'jar',
    'target',
    'all',
  ],
  [
    'the main class in the entries of the manifest',
    plugin(
      'maven-shade-plugin',
      runs(
        'shade',
        '<transformers><transformer><manifestEntries><Main-Class>a.Main</Main-Class></manifestEntries></transformer></transformers>',
      ),
    ),
    'jar',
    'target',
    undefined,
  ],
  [
    'the main class of the plain jar, which shading keeps',
    plugin('maven-shade-plugin', runs('shade')) + plugin('maven-jar-plugin', `<configuration>${main}</configuration>`),
    'jar',
    'target',
    undefined,
  ],
  [
    'jar-with-dependencies',
    plugin(
      'maven-assembly-plugin',
      runs('single', `<descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs>${main}`),
    ),
    'jar',
    'target',
    'jar-with-dependencies',
  ],
  [
    'jar-with-dependencies in place of the plain jar',
    plugin(
      'maven-assembly-plugin',
      runs(
        'single',
        `<appendAssemblyId>false</appendAssemblyId><descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs>${main}`,
      ),
    ),
    'jar',
    'target',
    undefined,
  ],
  [
    'libraries beside the jar',
    plugin('maven-jar-plugin', jarWithPath) + plugin('maven-dependency-plugin', runs('copy-dependencies')),
    'jar-with-libraries',
    'target',
    undefined,
  ],
  [
    'start scripts',
    plugin(
      'appassembler-maven-plugin',
      runs('assemble', '<assembleDirectory>${project.build.directory}/dist</assembleDirectory>'),
      'org.codehaus.mojo',
    ),
    'distribution',
    'target/dist',
    undefined,
  ],
  [
    'Quarkus',
    plugin('quarkus-maven-plugin', runs('build'), 'io.quarkus.platform'),
    'quarkus-app',
    'target/quarkus-app',
    undefined,
  ],
])('%s', (_title, plugins, distribution, output, classifier) => {
  const values = valuesOf({ 'pom.xml': pom({ plugins, dependencies: gson }) });
  expect([values['java.distribution'], values['java.output'], values['java.classifier']]).toEqual([
    distribution,
    output,
    classifier,
  ]);
});

test('a jar with a main class and no libraries is a program', () => {
  const plugins = plugin('maven-jar-plugin', `<configuration>${main}</configuration>`);
  const dependencies = dependency('junit:junit', '<scope>test</scope>') + dependency('a:b', '<scope>provided</scope>');
  expect(valuesOf({ 'pom.xml': pom({ plugins, dependencies }) })['java.distribution']).toBe('jar');
});

test('the parent of Helidon brings what makes the program', () => {
  const parts = {
    parent: parent('io.helidon.applications', 'helidon-se'),
    properties: '<mainClass>a.Main</mainClass>',
    plugins: '',
  };
  const files = { 'pom.xml': pom(parts), 'src/main/resources/application.yaml': 'server:\n  port: 8085\n' };
  const withServer = {
    ...files,
    'pom.xml': pom({ ...parts, dependencies: dependency('io.helidon.webserver:helidon-webserver') }),
  };
  expect(valuesOf(files)['java.distribution']).toBe('jar-with-libraries');
  expect(valuesOf(withServer).port).toBe('8085');
});

test.each([
  ['a library', '', 'pom.xml'],
  ['shading without a main class', plugin('maven-shade-plugin', runs('shade')), 'pom.xml:5'],
  [
    'shading that is no part of the build',
    plugin(
      'maven-shade-plugin',
      '<executions><execution><phase>none</phase><goals><goal>shade</goal></goals></execution></executions>',
    ),
    'pom.xml:5',
  ],
  [
    'an assembly that only its own command makes',
    plugin(
      'maven-assembly-plugin',
      `<configuration><descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs>${main}</configuration>`,
    ),
    'pom.xml:5',
  ],
  [
    'an assembly by a descriptor',
    plugin('maven-assembly-plugin', runs('single', '<descriptors><descriptor>src/dist.xml</descriptor></descriptors>')),
    'pom.xml:5',
  ],
  ['libraries that nothing copies', plugin('maven-jar-plugin', jarWithPath), 'pom.xml:5'],
  [
    'a plugin that is told to skip',
    plugin('maven-shade-plugin', runs('shade', '<skip>true</skip><mainClass>a.Main</mainClass>')),
    'pom.xml',
  ],
])('%s is refused', (_title, plugins, where) => {
  expect(refusalOf({ 'pom.xml': pom({ plugins, dependencies: gson }) })).toEqual({
    code: 'detect.unsupported',
    where,
    candidates: undefined,
  });
});

test.each(['war', 'ear', 'bundle', 'hpi', 'maven-plugin', 'eclipse-plugin'])(
  'the packaging %s is refused',
  (packaging) => {
    expect(refusalOf({ 'pom.xml': pom({ packaging }) }).code).toBe('detect.unsupported');
  },
);

test('a main class that a person sets makes a program of a shaded jar without one', () => {
  const files = { 'pom.xml': pom({ plugins: plugin('maven-shade-plugin', runs('shade')) }) };
  expect(valuesOf(files, { 'java.main': hint('a.Main') })['java.main']).toBe('a.Main');
});

test('of several modules the one that is a program is taken, with the libraries of the modules it needs', () => {
  const files = {
    'pom.xml': root('model', 'service'),
    'model/pom.xml': pom({
      artifact: 'model',
      plugins: '',
      dependencies: dependency('io.micronaut:micronaut-http-server-netty'),
    }),
    'service/pom.xml': pom({ artifact: 'service', dependencies: dependency('com.example:model') }),
  };
  const values = valuesOf(files);
  expect([values['java.module'], values['java.output'], values.port]).toEqual(['service', 'service/target', '8080']);
});

test('two programs are refused with the candidates, and a hint chooses', () => {
  const files = { 'pom.xml': root('a', 'b'), 'a/pom.xml': pom({ artifact: 'a' }), 'b/pom.xml': pom({ artifact: 'b' }) };
  expect(refusalOf(files)).toEqual({ code: 'detect.ambiguous', where: 'java.module', candidates: ['a', 'b'] });
  expect(valuesOf(files, { 'java.module': hint('b') })['java.output']).toBe('b/target');
  expect(refusalOf(files, { 'java.module': hint('c') })).toEqual({
    code: 'detect.ambiguous',
    where: 'slipway.yml:1',
    candidates: ['a', 'b'],
  });
});

test('a hint that names a library is refused', () => {
  const files = {
    'pom.xml': root('a', 'b'),
    'a/pom.xml': pom({ artifact: 'a', plugins: '' }),
    'b/pom.xml': pom({ artifact: 'b' }),
  };
  expect(refusalOf(files, { 'java.module': hint('a') }).code).toBe('detect.unsupported');
});

test('each kind takes its own module, and a hint names the module and with it the kind', () => {
  const tree = memoryTree({
    'pom.xml': root('shop', 'worker'),
    'shop/pom.xml': pom({
      artifact: 'shop',
      properties: '<java.version>17</java.version>',
      plugins: boot,
      dependencies: dependency('org.springframework.boot:spring-boot-starter-web'),
    }),
    'worker/pom.xml': pom({ artifact: 'worker' }),
  });
  expect(java.detect(tree, {})?.name).toBe('worker');
  expect(springBoot.detect(tree, {})?.name).toBe('shop');
  expect(java.detect(tree, { 'java.module': hint('shop') })).toBeUndefined();
  expect(springBoot.detect(tree, { 'java.module': hint('worker') })).toBeUndefined();
  expect(java.detect(tree, { 'java.module': hint('worker') })?.name).toBe('worker');
});

test('a build that is Spring Boot alone is not this kind', () => {
  const tree = memoryTree({ 'pom.xml': pom({ plugins: boot }), 'lib/pom.xml': pom({ plugins: '' }) });
  expect(java.detect(tree, {})).toBeUndefined();
});

test('an application of Spring Boot that is shaded instead of repackaged is this kind', () => {
  const starter = parent('org.springframework.boot', 'spring-boot-starter-parent');
  const tree = memoryTree({
    'pom.xml': pom({ parent: starter, dependencies: dependency('org.springframework.boot:spring-boot-starter-web') }),
  });
  expect(java.detect(tree, {})?.facts['java.distribution']?.value).toBe('jar');
  expect(springBoot.detect(tree, {})).toBeUndefined();
});

test('a toolchain is handed to the recipe', () => {
  const jdk =
    '<configuration><toolchains><jdk><version>17</version><vendor>temurin</vendor></jdk></toolchains></configuration>';
  const values = valuesOf({ 'pom.xml': pom({ plugins: shade + plugin('maven-toolchains-plugin', jdk) }) });
  expect([values['java.toolchain'], values['java.toolchain.vendor']]).toEqual(['17', 'temurin']);
});

test('a tree that neither Maven nor Gradle builds is not this kind', () => {
  expect(java.detect(memoryTree({ 'README.md': 'x' }), {})).toBeUndefined();
  expect(java.detect(memoryTree({ 'pom.xml': '<html/>' }), {})).toBeUndefined();
});

test.each([
  ['pom.yml', 'modelVersion: 4.0.0'],
  ['build.sbt', 'name := "a"'],
  ['build.xml', '<project><javac srcdir="src"/></project>'],
  ['MODULE.bazel', 'bazel_dep(name = "rules_java", version = "8.0.0")'],
])('a build by %s is named and refused', (file, text) => {
  expect(refusalOf({ [file]: text })).toEqual({ code: 'detect.unsupported', where: file, candidates: undefined });
});

test.each([
  ['build.xml', '<project name="php"><phingcall target="x"/></project>'],
  ['MODULE.bazel', 'bazel_dep(name = "rules_go", version = "0.50.1")'],
])('%s of another language says nothing', (file, text) => {
  expect(java.detect(memoryTree({ [file]: text }), {})).toBeUndefined();
});

test('a pom that neither kind can read is one refusal, and no choice between the two', () => {
  const tree = memoryTree({ 'pom.xml': '<project>' });
  expect(() => detectProject(tree, [springBoot, java], { hints: {} })).toThrow(
    expect.objectContaining({ code: 'detect.unreadable', where: 'pom.xml' }),
  );
});
