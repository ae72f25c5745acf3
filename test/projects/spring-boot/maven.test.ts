import { expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { bootPlugin, detect, factOf, plugin, pom, valuesOf, web } from './detect.js';

function java(parts: Parameters<typeof pom>[0], files: Readonly<Record<string, string>> = {}): unknown {
  return valuesOf({ 'pom.xml': pom(parts), ...files })['java.version'];
}

function compiler(configuration: string): string {
  return bootPlugin + plugin('maven-compiler-plugin', `<configuration>${configuration}</configuration>`);
}

test('a plain Spring Boot pom gives every fact with its line', () => {
  expect(detect({ 'pom.xml': pom({ properties: '<java.version>21</java.version>' }) })).toEqual({
    name: 'app',
    claim: 'primary',
    because: { file: 'pom.xml', line: 5, because: 'spring-boot-maven-plugin makes it runnable' },
    facts: {
      'java.version': {
        value: '21',
        from: [{ file: 'pom.xml', line: 3, because: '<java.version> is 21' }],
        rejected: [],
      },
      'java.build-tool': {
        value: 'maven',
        from: [{ file: 'pom.xml', because: 'pom.xml is at the root' }],
        rejected: [],
      },
      'java.wrapper': { value: false, from: [{ because: 'there is no mvnw' }], rejected: [] },
      'spring-boot.version': {
        value: '3',
        from: [{ file: 'pom.xml', line: 2, because: 'spring-boot-starter-parent 3.5.0' }],
        rejected: [],
      },
      'spring-boot.release': {
        value: '3.5.0',
        from: [{ file: 'pom.xml', line: 2, because: 'spring-boot-starter-parent 3.5.0' }],
        rejected: [],
      },
      port: { value: '8080', from: [{ because: 'Spring Boot default' }], rejected: [] },
    },
  });
});

test('a pom without Spring Boot is not this kind', () => {
  const text = '<project><artifactId>a</artifactId><dependencies/></project>';
  expect(springBoot.detect(memoryTree({ 'pom.xml': text }), {})).toBeUndefined();
  expect(springBoot.detect(memoryTree({ 'pom.xml': '<html/>' }), {})).toBeUndefined();
  expect(springBoot.detect(memoryTree({}), {})).toBeUndefined();
});

test('a library that only has the plugin managed is not this kind', () => {
  const management = `<build><pluginManagement><plugins>${bootPlugin}</plugins></pluginManagement></build>`;
  const text = pom({ plugins: '', dependencies: '', more: management });
  expect(springBoot.detect(memoryTree({ 'pom.xml': text }), {})).toBeUndefined();
});

test('a starter parent with a web starter is an application without the plugin too', () => {
  expect(valuesOf({ 'pom.xml': pom({ plugins: '' }) })['spring-boot.release']).toBe('3.5.0');
});

test.each([
  ['java.version', { properties: '<java.version>21</java.version>' }, '21'],
  [
    'release property over java.version',
    { properties: '<java.version>17</java.version><maven.compiler.release>21</maven.compiler.release>' },
    '21',
  ],
  [
    'target property over java.version',
    { properties: '<java.version>17</java.version><maven.compiler.target>21</maven.compiler.target>' },
    '21',
  ],
  [
    'plugin release over properties',
    { properties: '<java.version>17</java.version>', plugins: compiler('<release>21</release>') },
    '21',
  ],
  [
    'plugin target over properties',
    { properties: '<java.version>17</java.version>', plugins: compiler('<source>21</source><target>21</target>') },
    '21',
  ],
  [
    'toolchain over the compiler',
    {
      plugins:
        compiler('<release>17</release>') +
        plugin(
          'maven-toolchains-plugin',
          '<configuration><toolchains><jdk><version>[21,22)</version></jdk></toolchains></configuration>',
        ),
    },
    '21',
  ],
  ['indirection', { properties: '<jdk>21</jdk><level>${jdk}</level><java.version>${level}</java.version>' }, '21'],
  ['plugin indirection', { properties: '<jdk>21</jdk>', plugins: compiler('<release>${jdk}</release>') }, '21'],
  ['1.8 with Spring Boot 2', { boot: '2.7.18', properties: '<java.version>1.8</java.version>' }, '8'],
  ['Spring Boot 2 without any', { boot: '2.7.18' }, '8'],
  ['Spring Boot 3 without any', {}, '17'],
  ['less than Spring Boot 3 runs on', { properties: '<java.version>11</java.version>' }, '17'],
  [
    'an execution of the compiler',
    {
      plugins:
        bootPlugin +
        plugin(
          'maven-compiler-plugin',
          '<executions><execution><id>default-compile</id><configuration><release>21</release></configuration></execution><execution><id>default-testCompile</id><configuration><release>25</release></configuration></execution></executions>',
        ),
    },
    '21',
  ],
])('the Java version: %s', (_title, parts, expected) => {
  expect(java(parts)).toBe(expected);
});

test.each([
  '<java.version>${nowhere}</java.version>',
  '<a>${b}</a><b>${a}</b><java.version>${a}</java.version>',
  '<java.version>seventeen</java.version>',
])('a Java version that the tree does not resolve is refused, and a hint decides: %s', (properties) => {
  const files = { 'pom.xml': pom({ properties }) };
  expect(failureOf(() => detect(files))).toEqual({ code: 'detect.ambiguous', candidates: ['17', '21', '25'] });
  expect(valuesOf(files, { 'java.version': { value: '1.8', origin: '--set' } })['java.version']).toBe('8');
});

test('a release that javac is called with wins over a lower target that Maven then ignores', () => {
  const parts = { properties: '<java.version>21</java.version><maven.compiler.target>17</maven.compiler.target>' };
  expect(factOf({ 'pom.xml': pom(parts) }, 'java.version')).toEqual({
    value: '21',
    from: [{ file: 'pom.xml', line: 3, because: '<java.version> is 21' }],
    rejected: [{ file: 'pom.xml', line: 3, because: '<maven.compiler.target> is 17', value: '17' }],
  });
});

test('a profile that is active by default wins, one that is not says nothing', () => {
  const profile = (active: boolean, version: string): string =>
    `<profile><activation><activeByDefault>${active}</activeByDefault></activation><properties><java.version>${version}</java.version></properties></profile>`;
  const more = `<profiles>${profile(false, '25')}${profile(true, '21')}</profiles>`;
  expect(java({ properties: '<java.version>17</java.version>', more })).toBe('21');
});

test('a user property of .mvn/maven.config wins over the pom', () => {
  const files = { '.mvn/maven.config': '-B\n-Djava.version=21\n' };
  expect(java({ properties: '<java.version>17</java.version>' }, files)).toBe('21');
});

test('files of version managers are rejected beside the build file and decide without it', () => {
  const files = {
    '.java-version': 'temurin-21.0.2\n',
    '.sdkmanrc': '# comment\njava=17.0.9-tem\n',
    '.tool-versions': 'nodejs 22\njava openjdk64-11.0.2\n',
    'system.properties': 'java.runtime.version=25\n',
    'mise.toml': '[tools]\njava = "zulu-17.42"\n',
  };
  const said = { 'pom.xml': pom({ properties: '<java.version>17</java.version>' }), ...files };
  expect(factOf(said, 'java.version')).toEqual({
    value: '17',
    from: [
      { file: 'pom.xml', line: 3, because: '<java.version> is 17' },
      { file: '.sdkmanrc', line: 2, because: '.sdkmanrc says 17.0.9-tem' },
      { file: 'mise.toml', line: 2, because: 'mise.toml says zulu-17.42' },
    ],
    rejected: [
      { file: '.java-version', line: 1, because: '.java-version says temurin-21.0.2', value: '21' },
      { file: '.tool-versions', line: 2, because: '.tool-versions says openjdk64-11.0.2', value: '11' },
      { file: 'system.properties', line: 1, because: 'system.properties says 25', value: '25' },
    ],
  });
  expect(valuesOf({ 'pom.xml': pom(), ...files })['java.version']).toBe('21');
});

test('the evidence of an indirection leads to the literal', () => {
  const properties = '<jdk>\n21</jdk>\n<java.version>${jdk}</java.version>';
  expect(factOf({ 'pom.xml': pom({ properties }) }, 'java.version')?.from).toEqual([
    { file: 'pom.xml', line: 5, because: '<java.version> is ${jdk}, which is 21' },
    { file: 'pom.xml', line: 3, because: '<jdk> is 21' },
  ]);
});

const bom = (version: string): string =>
  `<dependencyManagement><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-dependencies</artifactId><version>${version}</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement>`;

const repackaging = (more: string): string =>
  plugin(
    'spring-boot-maven-plugin',
    `${more}<executions><execution><goals><goal>repackage</goal></goals></execution></executions>`,
    'org.springframework.boot',
  );

test.each([
  [
    'the BOM',
    { parent: '', plugins: repackaging(''), properties: '<boot>3.1.4</boot>', more: bom('${boot}') },
    '3.1.4',
  ],
  ['the plugin', { parent: '', plugins: repackaging('<version>3.0.1</version>') }, '3.0.1'],
  ['the parent over the BOM', { more: bom('3.1.4') }, '3.5.0'],
])('the Spring Boot version of %s', (_title, parts, expected) => {
  expect(valuesOf({ 'pom.xml': pom(parts) })['spring-boot.release']).toBe(expected);
});

test('a parent outside of the tree leaves the release open: then nothing stands in for a Java version, and none is raised', () => {
  const parent =
    '<parent><groupId>com.example</groupId><artifactId>company</artifactId><version>1</version><relativePath>../../x/pom.xml</relativePath></parent>';
  expect(() => detect({ 'pom.xml': pom({ parent }) })).toThrow(
    expect.objectContaining({ code: 'detect.ambiguous', where: 'java.version' }),
  );
  expect(valuesOf({ 'pom.xml': pom({ parent, properties: '<java.version>11</java.version>' }) })).toEqual({
    'java.version': '11',
    'java.build-tool': 'maven',
    'java.wrapper': false,
    port: '8080',
  });
});

const child = (artifact: string, more = '', relativePath = ''): string =>
  `<project><parent><groupId>com.example</groupId><artifactId>app</artifactId><version>1</version>${relativePath}</parent><artifactId>${artifact}</artifactId>${more}</project>`;
const withPlugin = `<build><plugins>${bootPlugin}</plugins></build>`;
const aggregate = (modules: readonly string[], plugins = ''): string =>
  pom({
    plugins,
    dependencies: '',
    properties: '<java.version>21</java.version>',
    more: `<packaging>pom</packaging><modules>${modules.map((name) => `<module>${name}</module>`).join('')}</modules>`,
  });
const application = '@SpringBootApplication class A {}';

test('the one runnable module is found, with what its parents in the tree say', () => {
  const files = {
    'pom.xml': aggregate(['core', 'services']),
    'core/pom.xml': child('core', `<dependencies>${web}</dependencies>`),
    'services/pom.xml': child('services', '<packaging>pom</packaging><modules><module>./web/</module></modules>'),
    'services/web/pom.xml': child('web', withPlugin, '<relativePath>../..</relativePath>'),
  };
  expect({ name: detect(files).name, ...valuesOf(files) }).toEqual({
    name: 'web',
    'java.version': '21',
    'java.build-tool': 'maven',
    'java.wrapper': false,
    'java.module': 'services/web',
    'spring-boot.version': '3',
    'spring-boot.release': '3.5.0',
    port: '8080',
  });
});

test('of modules that inherit the plugin the one with an application class is taken', () => {
  const files = {
    'pom.xml': aggregate(['lib', 'web'], bootPlugin),
    'lib/pom.xml': child('lib'),
    'lib/src/main/java/com/example/Lib.java': 'class Lib {}',
    'web/pom.xml': child('web'),
    'web/src/main/java/com/example/A.java': application,
  };
  expect(factOf(files, 'java.module')).toEqual({
    value: 'web',
    from: [{ file: 'pom.xml', line: 5, because: 'spring-boot-maven-plugin makes it runnable' }],
    rejected: [{ value: 'lib', because: 'has no application class' }],
  });
});

const several = {
  'pom.xml': aggregate(['orders', 'billing']),
  'orders/pom.xml': child('orders', withPlugin),
  'orders/src/main/java/O.java': application,
  'billing/pom.xml': child('billing', withPlugin),
  'billing/src/main/kotlin/B.kt': application,
};

function failureOf(run: () => unknown): Pick<Failure, 'code' | 'candidates'> {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, candidates: error.candidates };
    throw error;
  }
  throw new Error('did not fail');
}

test('several runnable modules are refused with the candidates', () => {
  expect(failureOf(() => detect(several))).toEqual({ code: 'detect.ambiguous', candidates: ['orders', 'billing'] });
});

test('java.module chooses, by directory or by path', () => {
  for (const value of ['billing', './billing', ':billing']) {
    expect(factOf(several, 'java.module', { 'java.module': { value, origin: 'slipway.yml' } })).toEqual({
      value: 'billing',
      from: [{ because: 'set by slipway.yml' }],
      rejected: [{ value: 'orders', because: 'could run too' }],
    });
  }
  const unknown = { 'java.module': { value: 'shipping', origin: '--set' } };
  expect(failureOf(() => detect(several, unknown))).toEqual({
    code: 'detect.ambiguous',
    candidates: ['orders', 'billing'],
  });
});

test('modules outside of the tree, missing ones and cycles are as if they were not there', () => {
  const files = {
    'pom.xml': aggregate(['../other', '/etc', 'missing', 'web', '.', 'web']),
    'web/pom.xml': child('web', `${withPlugin}<modules><module>..</module></modules>`),
  };
  expect(valuesOf(files)['java.module']).toBe('web');
});

test('the wrapper counts when its properties are there', () => {
  const wrapper = { mvnw: '#!/bin/sh', '.mvn/wrapper/maven-wrapper.properties': '' };
  expect(factOf({ 'pom.xml': pom(), ...wrapper }, 'java.wrapper')).toEqual({
    value: true,
    from: [{ file: 'mvnw', because: 'mvnw with .mvn/wrapper/maven-wrapper.properties' }],
    rejected: [],
  });
  expect(factOf({ 'pom.xml': pom(), mvnw: '#!/bin/sh' }, 'java.wrapper')).toEqual({
    value: false,
    from: [{ because: 'mvnw has no .mvn/wrapper/maven-wrapper.properties' }],
    rejected: [{ value: true, file: 'mvnw', because: 'there is mvnw' }],
  });
});

test('Maven and Gradle side by side are refused until java.build-tool chooses', () => {
  const files = { 'pom.xml': pom(), 'build.gradle': "plugins { id 'org.springframework.boot' version '3.4.0' }" };
  expect(failureOf(() => detect(files))).toEqual({ code: 'detect.ambiguous', candidates: ['maven', 'gradle'] });
  const chosen = (value: string): unknown =>
    valuesOf(files, { 'java.build-tool': { value, origin: '--set' } })['spring-boot.release'];
  expect([chosen('maven'), chosen('gradle')]).toEqual(['3.5.0', '3.4.0']);
});

test('hints win and show what was detected', () => {
  const hints = { 'java.version': { value: '21', origin: 'slipway.yml' }, port: { value: '9000', origin: '--set' } };
  const { facts } = detect({ 'pom.xml': pom({ properties: '<java.version>17</java.version>' }) }, hints);
  expect([facts['java.version'], facts.port]).toEqual([
    {
      value: '21',
      from: [{ because: 'set by slipway.yml' }],
      rejected: [{ value: '17', file: 'pom.xml', line: 3, because: '<java.version> is 17' }],
    },
    {
      value: '9000',
      from: [{ because: 'set by --set' }],
      rejected: [{ value: '8080', because: 'Spring Boot default' }],
    },
  ]);
});

test('a BOM and Windows line ends change nothing', () => {
  const text = pom({ properties: '\n<java.version>21</java.version>' });
  expect(factOf({ 'pom.xml': `\uFEFF${text.replaceAll('\n', '\r\n')}` }, 'java.version')?.from).toEqual([
    { file: 'pom.xml', line: 4, because: '<java.version> is 21' },
  ]);
});

const repackage = (id: string, classifier: string): string =>
  `<execution><id>${id}</id><goals><goal>repackage</goal></goals><configuration><classifier>${classifier}</classifier></configuration></execution>`;

test('executions that repackage several archives are refused with their files, and a hint chooses', () => {
  const plugins = plugin(
    'spring-boot-maven-plugin',
    `<executions>${repackage('exec', 'exec')}${repackage('slim', 'slim')}</executions>`,
    'org.springframework.boot',
  );
  const parent = '<parent><groupId>com.example</groupId><artifactId>company</artifactId><version>1</version></parent>';
  const files = { 'pom.xml': pom({ plugins, parent, properties: '<java.version>21</java.version>' }) };
  expect(() => detect(files)).toThrow(
    expect.objectContaining({
      code: 'detect.ambiguous',
      where: 'pom.xml:5',
      candidates: ['target/app-1-exec.jar', 'target/app-1-slim.jar'],
    } satisfies Partial<Failure>),
  );
  const hint = { value: 'target/app-1-exec.jar', origin: '--set' };
  expect(valuesOf(files, { 'java.artifact': hint })['java.artifact']).toBe('target/app-1-exec.jar');
});

test.each([
  ['one classifier for the execution of the parent', repackage('repackage', 'exec'), []],
  ['an execution beside that of the parent', repackage('exec', 'exec'), ['target/app-1.jar', 'target/app-1-exec.jar']],
  ['another goal beside', '<execution><id>info</id><goals><goal>build-info</goal></goals></execution>', []],
])('the archives of spring-boot-starter-parent with %s', (_title, execution, candidates) => {
  const plugins = plugin(
    'spring-boot-maven-plugin',
    `<executions>${execution}</executions>`,
    'org.springframework.boot',
  );
  const files = { 'pom.xml': pom({ plugins }) };
  if (candidates.length === 0) expect(valuesOf(files)['spring-boot.release']).toBe('3.5.0');
  else expect(() => detect(files)).toThrow(expect.objectContaining({ candidates }));
});

const profile = (id: string, activation: string, properties: string): string =>
  `<profile><id>${id}</id><activation>${activation}</activation><properties>${properties}</properties></profile>`;
const byDefault = '<activeByDefault>true</activeByDefault>';
const profiles = `<profiles>${profile('dev', byDefault, '<java.version>21</java.version>')}${profile('prod', '', '<java.version>25</java.version>')}</profiles>`;

test('a profile that is active by default is said, and profiles that are asked for take its place', () => {
  const files = { 'pom.xml': pom({ more: profiles }) };
  expect(factOf(files, 'java.default-profiles')).toEqual({
    value: 'dev',
    from: [
      { file: 'pom.xml', line: 6, because: 'the Maven profile dev is active by default; java.profiles sets others' },
    ],
    rejected: [],
  });
  const hint = { 'java.profiles': { value: ['prod'], origin: '--set' } };
  const asked = valuesOf(files, hint);
  expect([valuesOf(files)['java.version'], asked['java.version'], asked['java.default-profiles']]).toEqual([
    '21',
    '25',
    undefined,
  ]);
  expect(valuesOf({ ...files, '.mvn/maven.config': '-Pprod\n' })['java.version']).toBe('25');
  expect(valuesOf({ ...files, '.mvn/maven.config': '-P\n!dev\n' })['java.version']).toBe('17');
});

test('a profile for a property that is not set is active, and then none is by default', () => {
  const always = profile('always', '<property><name>!skip</name></property>', '<java.version>25</java.version>');
  const more = profiles.replace('<profiles>', `<profiles>${always}`);
  expect(java({ more })).toBe('25');
  expect(java({ more }, { '.mvn/maven.config': '-Dskip=true' })).toBe('21');
});

test.each([
  ['<maven.compiler.release>8</maven.compiler.release>', '', '11'],
  ['<maven.compiler.target>8</maven.compiler.target>', '', undefined],
  ['<maven.compiler.release>11</maven.compiler.release>', '', undefined],
  ['<java.version>8</java.version>', '[17,)', '17'],
  ['<java.version>17</java.version>', '[11,)', undefined],
])('the JDK that compiles %s where the enforcer wants %j is %j', (properties, enforced, jdk) => {
  const rule = `<configuration><rules><requireJavaVersion><version>${enforced}</version></requireJavaVersion></rules></configuration>`;
  const plugins = enforced === '' ? bootPlugin : bootPlugin + plugin('maven-enforcer-plugin', rule);
  expect(valuesOf({ 'pom.xml': pom({ boot: '2.7.18', properties, plugins }) })['java.jdk']).toBe(jdk);
});

test('a plugin whose goal is no part of the build is refused before it is built', () => {
  expect(() => detect({ 'pom.xml': pom({ parent: '', properties: '<java.version>17</java.version>' }) })).toThrow(
    expect.objectContaining({ code: 'detect.unsupported', where: 'pom.xml:5' }),
  );
});

test.each([
  ['<directory>${project.basedir}/out</directory>', '', 'out'],
  ['', '<outputDirectory>${project.build.directory}/boot</outputDirectory>', 'target/boot'],
  ['', '', undefined],
])('an archive in a directory of its own is looked for there: %j %j', (directory, configuration, output) => {
  const plugins = plugin(
    'spring-boot-maven-plugin',
    `<configuration>${configuration}</configuration>`,
    'org.springframework.boot',
  );
  const text = pom({ plugins }).replace('<build>', `<build>${directory}`);
  expect(valuesOf({ 'pom.xml': text })['java.output']).toBe(output);
});

test('a directory that only the environment tells is refused', () => {
  const text = pom().replace('<build>', '<build><directory>${env.OUT}</directory>');
  expect(() => detect({ 'pom.xml': text })).toThrow(
    expect.objectContaining({ code: 'detect.unsupported', where: 'pom.xml:5' }),
  );
});

test.each([
  '<compilerArgs><arg>--enable-preview</arg></compilerArgs>',
  '<compilerArgument>-Xlint --enable-preview</compilerArgument>',
  '<enablePreview>true</enablePreview>',
])('what is compiled with preview features is run with them: %s', (configuration) => {
  expect(valuesOf({ 'pom.xml': pom({ plugins: compiler(configuration) }) })['java.options']).toBe('--enable-preview');
});

test('a module that the property of the plugin leaves out is none that runs', () => {
  const files = {
    'pom.xml': aggregate(['api', 'common'], bootPlugin),
    'api/pom.xml': child('api'),
    'common/pom.xml': child(
      'common',
      '<properties><spring-boot.repackage.skip>true</spring-boot.repackage.skip></properties>',
    ),
  };
  expect(valuesOf(files)['java.module']).toBe('api');
  expect(factOf(files, 'java.module')?.rejected).toEqual([]);
});
