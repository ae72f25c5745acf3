import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

/** Why the lockfile is not frozen; undefined where it is. */
function gapOf(manifest: object, files: Files): string | undefined {
  const text = JSON.stringify({ scripts: { start: 'node server.js' }, ...manifest }, null, 1);
  const facts = node.detect(memoryTree({ '.nvmrc': '22', 'server.js': '', 'package.json': text, ...files }), {})?.facts;
  const frozen = facts?.['node.lockfile.frozen'];
  return frozen && `${frozen.from[0]?.file}:${frozen.from[0]?.line} ${frozen.from[0]?.because.split(':')[0]}`;
}

const asks = (...names: readonly string[]) => ({
  dependencies: Object.fromEntries(names.map((one) => one.split('@') as [string, string])),
});
const npm = (packages: object) => ({ 'package-lock.json': JSON.stringify({ lockfileVersion: 3, packages }) });
const pnpm = (specifiers: string, more = '') => ({
  'pnpm-lock.yaml': `lockfileVersion: '9.0'\n${more}\nimporters:\n\n  .:\n    dependencies:\n${specifiers}\npackages:\n\n  x@1.0.0: {}\n`,
});
const specifier = (name: string, text: string) =>
  `      ${name}:\n        specifier: ${text}\n        version: 1.0.0\n`;

describe('a lockfile that has what the manifest asks for is frozen', () => {
  test.each<[string, object, Files]>([
    ['npm: another text, and a version that fits', asks('ms@^2.1.0'), npm({ 'node_modules/ms': { version: '2.1.3' } })],
    ['npm: a link', asks('lib@file:lib'), npm({ 'node_modules/lib': { link: true } })],
    [
      'npm: a version that overrides chose',
      { ...asks('ms@1'), overrides: { ms: '2' } },
      npm({ 'node_modules/ms': { version: '2.1.3' } }),
    ],
    ['npm: a tag', asks('ms@latest'), npm({ 'node_modules/ms': { version: '2.1.3' } })],
    ['npm: the format of npm 6, which is not compared', asks('ms@1'), { 'package-lock.json': '{"dependencies":{}}' }],
    ['npm: what is no JSON', asks('ms@1'), { 'package-lock.json': '{' }],
    ['pnpm', asks('ms@^2'), pnpm(specifier('ms', '^2'))],
    ['pnpm: quoted', asks('ms@>=2'), pnpm(specifier("'ms'", "'>=2'"))],
    ['pnpm: a catalog', asks('ms@catalog:'), pnpm(specifier('ms', "'catalog:'"))],
    ['pnpm: an override', asks('ms@1'), pnpm(specifier('ms', '2'), 'overrides:\n  ms: 2\n')],
    ['pnpm: a hook', asks('ms@1'), { ...pnpm(specifier('ms', '2')), '.pnpmfile.cjs': '' }],
    [
      'pnpm: a pin of its own before it',
      asks('ms@2'),
      {
        'pnpm-lock.yaml': `lockfileVersion: '9.0'\nimporters:\n  .:\n    packageManagerDependencies: {}\n---\n${pnpm(specifier('ms', '2'))['pnpm-lock.yaml']}`,
      },
    ],
    [
      'pnpm 8',
      asks('ms@2'),
      {
        'pnpm-lock.yaml':
          "lockfileVersion: '6.0'\n\ndependencies:\n  ms:\n    specifier: '2'\n    version: 2.1.3\n\npackages:\n  /ms@2.1.3: {}\n",
      },
    ],
    ['yarn classic', asks('ms@^2'), { 'yarn.lock': 'ms@2, ms@^2:\n  version "2.1.3"\n' }],
    [
      'yarn 4',
      asks('ms@^2'),
      { 'yarn.lock': '__metadata:\n  version: 8\n\n"ms@npm:2, ms@npm:^2":\n  version: 2.1.3\n' },
    ],
    ['yarn: resolutions', { ...asks('ms@1'), resolutions: { ms: '2' } }, { 'yarn.lock': 'ms@2:\n  version "2.1.3"\n' }],
    ['bun', asks('ms@^2'), { 'bun.lock': '{"workspaces":{"":{"dependencies":{"ms":"^2",},},},}' }],
    ['bun: what is no JSON', asks('ms@^2'), { 'bun.lock': '{"workspaces":' }],
    ['bun: the binary format', asks('ms@^2'), { 'bun.lockb': '' }],
  ])('%s', (_what, manifest, files) => {
    expect(gapOf(manifest, files)).toBe(undefined);
  });
});

describe('a lockfile that lacks something is said, with the place', () => {
  test.each<[string, object, Files, string]>([
    ['npm: none', asks('ms@2'), npm({}), 'package.json:6 ms is "2", and package-lock.json has none'],
    [
      'npm: another',
      asks('ms@^3'),
      npm({ 'node_modules/ms': { version: '2.1.3' } }),
      'package.json:6 ms is "^3", and package-lock.json has 2.1.3',
    ],
    ['pnpm: none', asks('ms@2'), pnpm(specifier('x', '1')), 'package.json:6 ms is "2", and pnpm-lock.yaml has none'],
    ['pnpm: another', asks('ms@3'), pnpm(specifier('ms', '2')), 'package.json:6 ms is "3", and pnpm-lock.yaml has 2'],
    [
      'yarn: none',
      asks('ms@2'),
      { 'yarn.lock': '"@x/ms@2":\n  version "1"\n' },
      'package.json:6 ms is "2", and yarn.lock has none',
    ],
    [
      'yarn: another',
      asks('ms@^3'),
      { 'yarn.lock': 'ms@^2:\n  version "2.1.3"\n' },
      'package.json:6 ms is "^3", and yarn.lock has ^2',
    ],
    [
      'bun: another',
      asks('ms@3'),
      { 'bun.lock': '{"workspaces":{"":{"dependencies":{"ms":"2"}}}}' },
      'package.json:6 ms is "3", and bun.lock has 2',
    ],
  ])('%s', (_what, manifest, files, gap) => {
    expect(gapOf(manifest, files)).toBe(gap);
  });

  test('a member of the workspace counts too, and other members are no dependencies of it', () => {
    const manifest = { workspaces: ['libs/*'] };
    const member = (ms: string) => ({
      'libs/a/package.json': JSON.stringify({ name: 'a', dependencies: { b: '*', ms } }),
      'libs/b/package.json': '{"name":"b"}',
    });
    const lock = npm({ 'node_modules/ms': { version: '1.0.0' }, 'libs/a/node_modules/ms': { version: '2.1.3' } });
    expect([gapOf(manifest, { ...lock, ...member('2') }), gapOf(manifest, { ...lock, ...member('1') })]).toEqual([
      undefined,
      'libs/a/package.json:1 ms is "1", and package-lock.json has 2.1.3',
    ]);
  });
});

test('not frozen, each manager installs what the lockfile has and adds the rest', () => {
  const install = (files: Files) => {
    const tree = memoryTree({
      '.nvmrc': '22',
      'server.js': '',
      'package.json': JSON.stringify({ ...asks('ms@9'), scripts: { start: 'node server.js' } }),
      ...files,
    });
    const recipe = node.recipe(
      { name: 'x', facts: node.detect(tree, {})?.facts ?? {} },
      { platform: 'linux/amd64', version: '1' },
    );
    const step = recipe.steps.find(({ title }) =>
      title.startsWith('Install the dependencies: the lockfile is out of step'),
    );
    return step && 'argv' in step ? step.argv.slice(0, 3).join(' ') : undefined;
  };
  expect([
    install(npm({})),
    install(pnpm(specifier('ms', '2'))),
    install({ 'yarn.lock': 'ms@2:\n' }),
    install({ 'yarn.lock': '__metadata:\n  version: 8\n"ms@npm:2":\n' }),
    install({ 'bun.lock': '{"workspaces":{"":{}}}' }),
  ]).toEqual([
    'npm install --include=dev',
    'pnpm install --no-frozen-lockfile',
    'yarn install --non-interactive',
    'yarn install --no-immutable',
    'bun install',
  ]);
});

describe('a manager that is older than the lockfile is refused', () => {
  const refused = (packageManager: string, files: Files) => () =>
    node.detect(
      memoryTree({ '.nvmrc': '22', 'server.js': '', 'package.json': JSON.stringify({ packageManager }), ...files }),
      {},
    );
  test.each<[string, Files]>([
    ['pnpm@8.15.9', { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }],
    ['pnpm@7.0.0', { 'pnpm-lock.yaml': "lockfileVersion: '6.0'\n" }],
    ['yarn@1.22.22', { 'yarn.lock': '__metadata:\n  version: 8\n' }],
    ['yarn@3.6.4', { 'yarn.lock': '__metadata:\n  version: 8\n' }],
    ['bun@1.1.0', { 'bun.lock': '{}' }],
    ['npm@6.14.0', { 'package-lock.json': '{\n  "lockfileVersion": 3\n}' }],
  ])('%s', (name, files) => {
    expect(refused(name, files)).toThrow(
      expect.objectContaining({ code: 'detect.unsupported', where: 'package.json:1' }),
    );
  });

  test('and one that is new enough is not', () => {
    expect(refused('pnpm@12.21.0', { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" })).not.toThrow();
    expect(refused('yarn@4.9.4', { 'yarn.lock': '__metadata:\n  version: 6\n' })).not.toThrow();
  });

  test('an npm that came with Node 14 is replaced by one that reads the lockfile', () => {
    const files = {
      'package.json': '{}',
      'index.js': '',
      '.nvmrc': '14',
      'package-lock.json': '{\n  "lockfileVersion": 3\n}',
    };
    expect(node.detect(memoryTree(files), {})?.facts['node.package-manager.exact']?.value).toBe('npm@8');
  });
});
