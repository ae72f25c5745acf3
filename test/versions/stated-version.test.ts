import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import { normaliseVersion } from '../../src/versions/normalise-version.js';
import { readStatedVersion } from '../../src/versions/stated-version.js';
import { memoryTree } from '../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

function stated(files: Files, file?: string) {
  return readStatedVersion(memoryTree(files), file);
}

function refusal(files: Files, file?: string): Failure {
  try {
    stated(files, file);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

function pom(body: string): string {
  return `<project>\n  <groupId>shop</groupId>\n  <artifactId>app</artifactId>\n  ${body}\n</project>\n`;
}

const friendly = pom(
  '<version>${revision}${sha1}${changelist}</version>\n  <properties><revision>1.4.0</revision><sha1/><changelist>-SNAPSHOT</changelist></properties>',
);

const cases: readonly (readonly [string, Files, string, string, number | undefined])[] = [
  ['a pom', { 'pom.xml': pom('<version>1.4.0</version>') }, '1.4.0', '1.4.0', 4],
  ['a snapshot', { 'pom.xml': pom('<version>1.4.0-SNAPSHOT</version>') }, '1.4.0', '1.4.0-SNAPSHOT', 4],
  ['two numbers', { 'pom.xml': pom('<version>1.4-SNAPSHOT</version>') }, '1.4.0', '1.4-SNAPSHOT', 4],
  [
    "the parent's",
    { 'pom.xml': pom('<parent><groupId>a</groupId><artifactId>b</artifactId><version>2.1.0</version></parent>') },
    '2.1.0',
    '2.1.0',
    4,
  ],
  ['Maven, CI-friendly', { 'pom.xml': friendly }, '1.4.0', '1.4.0-SNAPSHOT', 4],
  [
    'Maven, CI-friendly by its configuration',
    { 'pom.xml': friendly, '.mvn/maven.config': '-Drevision=2.0.0\n-Dchangelist=\n' },
    '2.0.0',
    '2.0.0-SNAPSHOT',
    4,
  ],
  [
    'a property',
    { 'pom.xml': pom('<version>${app.version}</version><properties><app.version>3.0.0</app.version></properties>') },
    '3.0.0',
    '3.0.0',
    4,
  ],
  [
    'a property of a parent in the tree',
    {
      'app/pom.xml':
        '<project><parent><groupId>shop</groupId><artifactId>app</artifactId><version>${revision}</version></parent><artifactId>x</artifactId></project>',
      'pom.xml': pom('<version>${revision}</version><properties><revision>5.0.1</revision></properties>'),
    },
    '5.0.1',
    '5.0.1',
    1,
  ],
  [
    'package.json',
    { 'package.json': '{\n  "name": "x",\n  "version": "1.4.0-rc.1"\n}' },
    '1.4.0-rc.1',
    '1.4.0-rc.1',
    3,
  ],
  ['Cargo.toml', { 'Cargo.toml': '[package]\nname = "x"\nversion = "0.3.0"\n' }, '0.3.0', '0.3.0', 3],
  [
    'a Cargo workspace',
    { 'Cargo.toml': '[workspace.package]\nversion = "0.3.0"\n[package]\nversion.workspace = true\n' },
    '0.3.0',
    '0.3.0',
    2,
  ],
  [
    'gradle.properties',
    { 'gradle.properties': 'group=shop\nversion = 1.4.0-SNAPSHOT\n' },
    '1.4.0',
    '1.4.0-SNAPSHOT',
    2,
  ],
  ['pyproject.toml', { 'pyproject.toml': '[project]\nname = "x"\nversion = "1.4rc2"\n' }, '1.4.0-rc.2', '1.4rc2', 3],
  ['Poetry', { 'pyproject.toml': '[tool.poetry]\nversion = "1.4.0.dev3"\n' }, '1.4.0', '1.4.0.dev3', 2],
];

test.each(cases.map(([name, files, version, written, line]) => ({ name, files, version, written, line })))(
  '$name',
  ({ files, version, written, line }) => {
    const [file = ''] = Object.keys(files);
    expect(stated(files, file)).toEqual({ version, written, file, ...(line !== undefined && { line }), warnings: [] });
  },
);

describe('among several files', () => {
  test('the only one that states a version is taken', () => {
    expect(
      stated({ 'pom.xml': '<html/>', 'package.json': '{}', 'Cargo.toml': '[package]\nversion = "1.0.0"' })?.file,
    ).toBe('Cargo.toml');
    expect(
      stated({ 'package.json': '{"version": 5}', 'pyproject.toml': '[project]\ndynamic = ["version"]' }),
    ).toBeUndefined();
  });

  test('equal versions are one, different ones are refused, and the setting chooses', () => {
    const files = { 'pom.xml': pom('<version>1.0.0-SNAPSHOT</version>'), 'package.json': '{"version":"1.0.0"}' };
    expect(stated(files)?.file).toBe('pom.xml');
    const differ = { ...files, 'package.json': '{"version":"2.0.0"}' };
    expect([refusal(differ).code, refusal(differ).candidates]).toEqual([
      'detect.ambiguous',
      ['pom.xml', 'package.json'],
    ]);
    expect(stated(differ, 'package.json')?.version).toBe('2.0.0');
  });
});

test('what only the command line of Maven would set is taken for empty, and told', () => {
  const open = pom(
    '<version>${revision}${sha1}${changelist}</version><properties><revision>1.4.0</revision></properties>',
  );
  expect(stated({ 'pom.xml': open })).toMatchObject({
    version: '1.4.0',
    warnings: [
      'pom.xml:4 has ${sha1}, which nothing in the tree sets: it is taken for empty.',
      'pom.xml:4 has ${changelist}, which nothing in the tree sets: it is taken for empty.',
    ],
  });
});

test.each([
  ['an open revision', { 'pom.xml': pom('<version>${revision}</version>') }, 'detect.unsupported'],
  ['a release train', { 'pom.xml': pom('<version>1.0.0.Final</version>') }, 'detect.unsupported'],
  ['four numbers', { 'gradle.properties': 'version=1.2.3.4' }, 'detect.unsupported'],
  ['a post-release', { 'pyproject.toml': '[project]\nversion = "1.0.post1"' }, 'detect.unsupported'],
  ['broken XML', { 'pom.xml': '<project>' }, 'detect.unreadable'],
  ['broken JSON', { 'package.json': '{' }, 'detect.unreadable'],
  ['broken TOML', { 'Cargo.toml': '[package' }, 'detect.unreadable'],
  ['what no person wrote, in TOML', { 'Cargo.toml': '#'.repeat(3_000_000) }, 'detect.unreadable'],
  ['what no person wrote, in JSON', { 'package.json': '['.repeat(3_000_000) }, 'detect.unreadable'],
  ['tables in tables without end', { 'Cargo.toml': `a = ${'['.repeat(100_000)}` }, 'detect.unreadable'],
  ['a file of another kind', { 'VERSION.txt': '1.0.0' }, 'settings.invalid'],
] as const)('%s is refused', (_name, files: Files, code) => {
  expect(refusal(files, Object.keys(files)[0]).code).toBe(code);
});

test.each([
  ['v1.2.3', '1.2.3'],
  ['1', '1.0.0'],
  ['1.2.3-SNAPSHOT', '1.2.3'],
  ['1.2.3+build', '1.2.3'],
  ['1.2b1', '1.2.0-b.1'],
  ['1.2.3_rc4', '1.2.3-rc.4'],
  ['01.2.3', undefined],
  ['1.2.3.4', undefined],
  ['latest', undefined],
  ['', undefined],
  ['9'.repeat(400), undefined],
])('%s is %s in SemVer', (written, version) => {
  expect(normaliseVersion(written)).toBe(version);
});
