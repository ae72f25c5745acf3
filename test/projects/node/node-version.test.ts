import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { solveNodeVersion } from '../../../src/projects/node/solve-version.js';
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
    expect(solveNodeVersion(spec)?.major).toBe(major);
  });

  test.each(['', 'garbage value', '>=99', '0', '$(id)', 'lts/nobody', 'lts/-99', '$NODE_VERSION', '1'.repeat(300)])(
    '%j is not understood',
    (spec) => {
      expect(solveNodeVersion(spec)).toBeUndefined();
    },
  );
});

test('without any statement the preferred LTS is taken and said to be a default', () => {
  expect(versionFact({})).toEqual({
    value: '24',
    from: [{ because: 'no file states a version of Node: the preferred LTS' }],
    rejected: [],
  });
});

test('volta goes before .nvmrc, which goes before engines, and contradictions are shown', () => {
  const manifest = { engines: { node: '>=18 <19' }, volta: { node: '20.11.1' } };
  expect(versionFact({ '.nvmrc': '# team\nlts/jod\n' }, manifest)).toEqual({
    value: '20',
    from: [{ file: 'package.json', line: 6, because: 'volta.node is 20.11.1' }],
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
  expect(versionFact({ '.nvmrc': '$NODE' }, { engines: { node: '20' } })).toEqual({
    value: '20',
    from: [{ file: 'package.json', line: 3, because: 'engines.node is 20' }],
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
