import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import type { Detection } from '../../../src/core/project.js';
import { renderRuntimeDockerfile, renderStandaloneDockerfile } from '../../../src/dockerfile/index.js';
import { springBoot } from '../../../src/projects/spring-boot/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { bootPlugin, type Files, pom, web } from './detect.js';

/** A detection, "not mine" or a Failure, within a second of this process's own time; anything else fails the test. */
function answer(files: Files): Detection | Failure | undefined {
  const started = process.cpuUsage();
  try {
    return springBoot.detect(memoryTree(files), {});
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  } finally {
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1000);
  }
}

const resources = 'src/main/resources';
const good = pom({ properties: '<java.version>17</java.version>' });
const gradle = "plugins { id 'org.springframework.boot' version '3.4.0' }\n";
const catalog = 'gradle/libs.versions.toml';

test.each<[string, Files]>([
  ['an empty pom', { 'pom.xml': '' }],
  ['a pom of blanks', { 'pom.xml': ' \n ' }],
  ['a pom that is JSON', { 'pom.xml': '{}' }],
  ['a truncated pom', { 'pom.xml': good.slice(0, good.length / 2) }],
  ['a deep pom', { 'pom.xml': `<project>${'<a>'.repeat(50_000)}` }],
  ['a pom of 3 MB', { 'pom.xml': `<project>${'<a/>'.repeat(750_000)}</project>` }],
  [
    'a pom with an entity bomb',
    { 'pom.xml': `<!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${good.replace('>17<', '>&b;<')}` },
  ],
  [
    'a pom with an external entity',
    { 'pom.xml': `<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>${good.replace('>17<', '>&a;<')}` },
  ],
  ['a catalog that is no TOML', { 'build.gradle': gradle, [catalog]: '[[[' }],
  ['a huge catalog', { 'build.gradle': gradle, [catalog]: '#'.repeat(600_000) }],
  ['a huge build script', { 'build.gradle': gradle + ' '.repeat(600_000) }],
  ['a huge configuration', { 'pom.xml': good, [`${resources}/application.yml`]: 'a: b\n'.repeat(50_000) }],
  ['a deep configuration', { 'pom.xml': good, [`${resources}/application.yml`]: '['.repeat(100_000) }],
])('%s is refused within a second', (_title, files) => {
  expect(answer(files)).toMatchObject({ code: expect.stringMatching(/^detect\./) });
});

test('an XML file that is no pom is not this kind', () => {
  expect(answer({ 'pom.xml': '<a><project/></a>' })).toBeUndefined();
});

const manyProperties = Array.from(
  { length: 15_000 },
  (_, index) => `<p${index}>\${p${index + 1}}\${p${index + 2}}</p${index}>`,
).join('');
const manyNames = Array.from({ length: 5000 }, (_, index) => `def v${index} = v${index + 1}\n`.repeat(2)).join('');

test.each<[string, Files]>([
  ['properties that grow', { 'pom.xml': pom({ properties: `${manyProperties}<java.version>\${p0}</java.version>` }) }],
  [
    'a property of a megabyte',
    { 'pom.xml': pom({ properties: `<x>${'y'.repeat(1_000_000)}</x><java.version>\${x}\${x}</java.version>` }) },
  ],
  ['10,000 plugins', { 'pom.xml': pom({ plugins: bootPlugin.repeat(10_000) }) }],
  ['15,000 dependencies', { 'pom.xml': pom({ dependencies: web.repeat(15_000) }) }],
  [
    '30,000 modules',
    { 'pom.xml': pom({ more: `<modules>${'<module>a</module><module>${x}</module>'.repeat(15_000)}</modules>` }) },
  ],
  [
    'modules in a circle',
    {
      'pom.xml': pom({ more: '<modules><module>a</module></modules>' }),
      'a/pom.xml': pom({ more: '<modules><module>..</module><module>../a</module></modules>' }),
    },
  ],
  [
    'a parent that is itself',
    {
      'pom.xml': pom({
        parent:
          '<parent><groupId>com.example</groupId><artifactId>app</artifactId><version>1</version><relativePath>pom.xml</relativePath></parent>',
      }),
    },
  ],
  [
    'parents in a circle',
    {
      'pom.xml': pom({
        parent:
          '<parent><groupId>com.example</groupId><artifactId>app</artifactId><version>1</version><relativePath>a</relativePath></parent>',
      }),
      'a/pom.xml': pom({
        parent: '<parent><groupId>com.example</groupId><artifactId>app</artifactId><version>1</version></parent>',
      }),
    },
  ],
  ['names without end', { 'build.gradle': `${gradle}${manyNames}sourceCompatibility = v0` }],
  ['comments that do not end', { 'build.gradle': `${gradle}${'/*'.repeat(200_000)}` }],
  ['quotes that do not end', { 'build.gradle': `${gradle}"${'\\"'.repeat(200_000)}` }],
  ['quotes without end', { 'build.gradle': `${gradle}${`"'`.repeat(200_000)}` }],
  [
    'braces without end',
    {
      'build.gradle': `${gradle}${'subprojects {'.repeat(30_000)}`,
      'settings.gradle': "include 'a'",
      'a/build.gradle': gradle,
    },
  ],
  ['blanks without end', { 'build.gradle': `${gradle}sourceCompatibility${' '.repeat(400_000)}=` }],
  ['calls without end', { 'build.gradle': `${gradle}sourceCompatibility = ${'f('.repeat(200_000)}` }],
  ['statements without end', { 'build.gradle': gradle + "implementation 'a:b:1'\n".repeat(20_000) }],
  ['includes without end', { 'build.gradle': gradle, 'settings.gradle': `include ${"'a', ".repeat(60_000)}` }],
  [
    'many keys',
    {
      'pom.xml': good,
      [`${resources}/application.properties`]: Array.from({ length: 30_000 }, (_, i) => `k${i}=${i}`).join('\n'),
    },
  ],
  [
    'placeholders that grow',
    { 'pom.xml': good, [`${resources}/application.properties`]: 'a=${a}${a}${a}${a}\nserver.port=${a}${a}' },
  ],
  [
    'YAML aliases',
    {
      'pom.xml': good,
      [`${resources}/application.yml`]: `a: &a [x]\n${Array.from({ length: 2000 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`,
    },
  ],
])('%s end in an answer within a second', (_title, files) => {
  const found = answer(files);
  expect(found === undefined || found instanceof Failure || found.claim === 'primary').toBe(true);
});

test('a mutated pom, build script or configuration is an answer or a Failure', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['pom.xml', good],
    ['build.gradle', `${gradle}java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }`],
    [`${resources}/application.yml`, 'server:\n  port: ${PORT:8080}\nmanagement: {server: {port: 1}}'],
    [catalog, '[versions]\njava = "21"\n[plugins]\nboot = { id = "org.springframework.boot", version.ref = "boot" }'],
  ];
  const mutation = fc.tuple(
    fc.nat(3),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(30),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(mutation, fc.boolean(), ([which, where, remove, insert], useGradle) => {
      const files = texts.map(([file, text], index) => {
        const at = Math.floor(where * text.length);
        return [file, index === which ? text.slice(0, at) + insert + text.slice(at + remove) : text] as const;
      });
      answer(Object.fromEntries(files.filter(([file]) => file !== (useGradle ? 'pom.xml' : 'build.gradle'))));
    }),
    { numRuns: 300 },
  );
});

const template = readFileSync('templates/spring-boot/Dockerfile.ejs', 'utf8');
const buildStage = readFileSync('templates/common/build-stage.ejs', 'utf8');
const options = { platform: 'linux/amd64', version: '1.0.0' };

function instructionsOf(dockerfile: string): readonly string[] {
  return dockerfile
    .split(/(?<!\\)\n/)
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => line.split(' ')[0] ?? '');
}

function dockerfilesOf(files: Files): readonly (readonly string[])[] | undefined {
  const found = answer(files);
  if (found === undefined || found instanceof Failure) return undefined;
  const project = { kind: 'spring-boot', name: 'app', facts: found.facts };
  const input = { project, recipe: springBoot.recipe(project, options), labels: {} };
  return [renderRuntimeDockerfile(template, input), renderStandaloneDockerfile(template, buildStage, input)].map(
    instructionsOf,
  );
}

test('no name, version, path or module of a project adds an instruction to its Dockerfile', () => {
  const plain = { artifact: 'app', version: '3.5.0', base: '/actuator' };
  const filesWith = ({ artifact, version, base }: typeof plain): Files => ({
    'pom.xml': pom({
      artifact: escapeXml(artifact),
      boot: escapeXml(version),
      properties: '<java.version>17</java.version>',
      dependencies: web + web.replace('-web', '-actuator'),
    }),
    [`${resources}/application.yml`]: `server.port: 8080\nmanagement.endpoints.web.base-path: ${JSON.stringify(base)}`,
  });
  const expected = dockerfilesOf(filesWith(plain));
  expect(expected?.map((instructions) => instructions.length)).toEqual([10, 18]);
  const piece = fc.constantFrom(
    '"',
    "'",
    '\n',
    '\r',
    '\\',
    '$(x)',
    '`x`',
    '${X}',
    'RUN x',
    ' ',
    '/',
    'a',
    '1',
    '\u2028',
    '#',
    '&&',
    '<<E',
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, text, text, (artifact, version, base) => {
      const found = dockerfilesOf(filesWith({ artifact, version: `3.5.0${version}`, base: `/${base}` }));
      if (found) expect(found).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
