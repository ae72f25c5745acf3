import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { solveNodeVersion } from '../../../src/projects/node/solve-version.js';
import { builtInTable } from '../../../src/projects/node/version-table.js';
import { memoryTree } from '../../support/memory-tree.js';

function versionFact(files: Record<string, string>, manifest: object = {}) {
  const tree = memoryTree({ 'index.js': '', 'package.json': JSON.stringify(manifest, null, 2), ...files });
  return node.detect(tree, {})?.facts['node.version'];
}

describe('a specification becomes a major', () => {
  test.each([
    ['22', '22'],
    ['v20', '20'],
    ['20.11.1', '20'],
    ['v20.11.1', '20'],
    ['=20.11.1', '20'],
    ['18.x', '18'],
    ['18.*', '18'],
    ['lts/jod', '22'],
    ['lts/Iron', '20'],
    ['hydrogen', '18'],
    ['lts/*', '26'],
    ['lts', '26'],
    ['lts-jod', '22'],
    ['lts/latest', '26'],
    ['stable', '26'],
    ['11.5.x', '11'],
    ['18 || 20', '20'],
    ['lts/-1', '24'],
    ['lts/-2', '22'],
    ['node', '26'],
    ['latest', '26'],
    ['*', '24'],
    ['>=18', '24'],
    ['>=22 <23', '22'],
    ['^20.19.0 || >=22.12.0', '24'],
    ['^18 || ^20', '20'],
    ['<=18', '18'],
    ['>= 14.0.0 < 17', '16'],
    ['>=26', '26'],
    ['^21', '21'],
    ['>=20.1 <20.5', '20'],
    ['~22.4', '22'],
  ])('%s is %s', (spec, major) => {
    expect(solveNodeVersion(spec, builtInTable)?.major).toBe(major);
  });

  test.each([
    '',
    'garbage value',
    '>=99',
    '0',
    '$(id)',
    'lts/nobody',
    'iojs',
    'system',
    'argon',
    '>=30 <31',
    'lts/-99',
    '$NODE_VERSION',
    '1'.repeat(300),
  ])('%j is not understood', (spec) => {
    expect(solveNodeVersion(spec, builtInTable)).toBeUndefined();
  });
});

test('without any statement the preferred LTS is taken and said to be a default', () => {
  expect(versionFact({})).toEqual({
    value: '24',
    from: [
      { because: 'no file states a version of Node: the preferred LTS' },
      { because: "by Slipway's table of Node releases of 2026-11-01" },
    ],
    rejected: [],
  });
});

test('volta goes before .nvmrc, which goes before engines, and contradictions are shown', () => {
  const manifest = { engines: { node: '>=18 <19' }, volta: { node: '20.11.1' } };
  expect(versionFact({ '.nvmrc': '# team\nlts/jod\n' }, manifest)).toEqual({
    value: '20',
    from: [
      { file: 'package.json', line: 6, because: 'volta.node is 20.11.1' },
      { because: 'end of life: Node 20 gets no security fixes since 2026-04-30' },
    ],
    rejected: [
      { value: '22', file: '.nvmrc', line: 2, because: 'its version is lts/jod, but volta.node is 20.11.1' },
      { value: '18', file: 'package.json', line: 3, because: 'engines.node is >=18 <19, but volta.node is 20.11.1' },
    ],
  });
});

test('statements that agree are all evidence', () => {
  expect(versionFact({ '.node-version': '22.1.0\r\n', '.tool-versions': 'java 21\nnodejs 22.1.0 20.0.0\n' })).toEqual({
    value: '22',
    from: [
      { file: '.node-version', line: 1, because: 'its version is 22.1.0' },
      { file: '.tool-versions', line: 2, because: 'nodejs is 22.1.0' },
    ],
    rejected: [],
  });
});

test('mise.toml and devEngines are read, as an object and as an array', () => {
  const runtime = { name: 'node', version: '^20.4.0' };
  expect(versionFact({ 'mise.toml': '[tools]\nnode = "22"\n' })?.value).toBe('22');
  expect(versionFact({ 'mise.toml': '[tools]\nnode = ["18", "20"]\n' })?.value).toBe('18');
  expect(versionFact({}, { devEngines: { runtime } })?.value).toBe('20');
  expect(versionFact({}, { devEngines: { runtime: [{ name: 'deno', version: '2' }, runtime] } })?.value).toBe('20');
});

test('what is not understood is rejected in favour of what is', () => {
  expect(versionFact({ '.nvmrc': '$NODE' }, { engines: { node: '22' } })).toEqual({
    value: '22',
    from: [{ file: 'package.json', line: 3, because: 'engines.node is 22' }],
    rejected: [
      { value: '$NODE', file: '.nvmrc', line: 1, because: 'its version is $NODE: not a version that is known' },
    ],
  });
});

test('a version that nobody released is refused, not replaced by a default', () => {
  expect(() => versionFact({}, { engines: { node: '>=99' } })).toThrow(
    expect.objectContaining({ code: 'detect.unsupported', where: 'package.json:3' }),
  );
});

test('a hint wins over every file, and over files that make no sense', () => {
  const hints = { 'node.version': { value: '20', origin: 'slipway.yml' } };
  const tree = memoryTree({ 'package.json': '{}', 'index.js': '', '.nvmrc': '22' });
  expect(node.detect(tree, hints)?.facts['node.version']).toEqual({
    value: '20',
    from: [{ because: 'set by slipway.yml' }],
    rejected: [{ value: '22', file: '.nvmrc', line: 1, because: 'its version is 22' }],
  });
  const broken = memoryTree({ 'package.json': '{}', 'index.js': '', '.nvmrc': 'nonsense!' });
  expect(node.detect(broken, hints)?.facts['node.version']?.value).toBe('20');
});

describe('where versions are stated', () => {
  test.each<[string, Record<string, string>, object, string]>([
    [
      'volta.extends leads to another manifest',
      { 'base/package.json': '{"volta":{"node":"18.1.0"}}' },
      { volta: { extends: './base/package.json' } },
      '18',
    ],
    [
      'volta.extends in a circle says nothing',
      {},
      { volta: { extends: './package.json' }, engines: { node: '22' } },
      '22',
    ],
    [
      'volta.extends out of the tree says nothing',
      {},
      { volta: { extends: '../package.json' }, engines: { node: '22' } },
      '22',
    ],
    ['pnpm in .npmrc', { '.npmrc': 'a=b\nuse-node-version=20.1.0\n' }, {}, '20'],
    ['pnpm in pnpm-workspace.yaml', { 'pnpm-workspace.yaml': 'useNodeVersion: "18.2.0"\n' }, {}, '18'],
    ['engines.runtime', {}, { engines: { runtime: { name: 'node', version: '^20' } } }, '20'],
    ['mise in .config', { '.config/mise.toml': '[tools]\nnode = "lts-jod"\n' }, {}, '22'],
  ])('%s', (_what, files, manifest, major) => {
    expect(versionFact(files, manifest)?.value).toBe(major);
  });

  test('of a range that no newest release is in, the line is taken and that is said', () => {
    expect(versionFact({}, { engines: { node: '>=22.1 <22.5' } })?.from[0]?.because).toBe(
      'engines.node is >=22.1 <22.5: no line has its newest release in the range, this one an older one',
    );
  });

  test("a member's other statement is rejected in favour of the root's, which installs for all", () => {
    const files = {
      'apps/a/package.json': '{"engines":{"node":"20"},"scripts":{"start":"node x.js"}}',
      'apps/a/x.js': '',
    };
    const fact = versionFact(files, { engines: { node: '22' }, workspaces: ['apps/*'] });
    expect([fact?.value, fact?.rejected]).toEqual([
      '22',
      [{ value: '20', file: 'apps/a/package.json', line: 1, because: 'engines.node is 20' }],
    ]);
  });
});

describe("the project's own table of releases", () => {
  const index = [
    { version: 'v28.1.0', date: '2028-06-01', lts: false, npm: '12.0.0', files: [] },
    { version: 'v27.4.0', date: '2028-05-01', lts: 'Magnesium' },
    { version: 'v27.0.0', date: '2027-04-20', lts: false },
    { version: 'v18.1.0', date: '2022-05-01', lts: 'Hydrogen' },
  ];
  const table = (value: unknown) => ({ '.slipway/node-versions.json': JSON.stringify(value) });

  test('replaces the built-in one, and the evidence names it', () => {
    expect(versionFact(table(index), { engines: { node: '>=18' } })).toEqual({
      value: '27',
      from: [
        { file: 'package.json', line: 3, because: 'engines.node is >=18: the LTS line taken of 18 to 28' },
        { file: '.slipway/node-versions.json', because: "the project's table of Node releases, up to 2028-06-01" },
      ],
      rejected: [],
    });
    expect(versionFact({ ...table(index), '.nvmrc': 'lts/magnesium' })?.value).toBe('27');
    expect(versionFact({ ...table(index), '.nvmrc': 'node' })?.value).toBe('28');
    expect(versionFact(table(index))?.value).toBe('27');
  });

  test('gives the npm that comes with a line', () => {
    const tree = memoryTree({ ...table(index), 'package.json': '{}', 'index.js': '', '.nvmrc': '28' });
    expect(node.detect(tree, {})?.facts['node.package-manager.version']?.value).toBe('12');
  });

  test.each<[string, string]>([
    ['no JSON', '['],
    ['an object', '{}'],
    ['nothing in it', '[]'],
    ['no version', '[{"date":"2026-01-01","lts":false}]'],
    ['a version that is a path', '[{"version":"v1.0.0/../x","date":"2026-01-01","lts":false}]'],
    ['only versions before 1', '[{"version":"v0.10.1","date":"2014-01-01","lts":false}]'],
    ['too many', JSON.stringify(Array.from({ length: 20_001 }, () => index[3]))],
  ])('is refused with %s', (_what, text) => {
    expect(() => versionFact({ '.slipway/node-versions.json': text })).toThrow(
      expect.objectContaining({ code: 'detect.unreadable', where: '.slipway/node-versions.json' }),
    );
  });
});
