import { expect, test } from 'vitest';
import type { Hints } from '../../../src/core/project.js';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

function detect(manifest: object, files: Record<string, string> = {}, hints: Hints = {}) {
  const tree = memoryTree({
    'index.js': '',
    '.nvmrc': '22',
    'package.json': JSON.stringify(manifest, null, 2),
    ...files,
  });
  return node.detect(tree, hints)?.facts ?? {};
}

function managerOf(manifest: object, files: Record<string, string> = {}) {
  const facts = detect(manifest, files);
  const keys = ['node.package-manager', 'node.package-manager.version', 'node.package-manager.exact', 'node.lockfile'];
  return keys.map((key) => facts[key as 'node.lockfile']?.value);
}

test('a pinned packageManager gives manager, major and exact version, without its hash', () => {
  expect(
    managerOf({ packageManager: 'pnpm@9.12.3+sha512.cce0' }, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }),
  ).toEqual(['pnpm', '9', 'pnpm@9.12.3', 'pnpm-lock.yaml']);
  expect(managerOf({ packageManager: 'yarn@4.9.1' })).toEqual(['yarn', '4', '@yarnpkg/cli-dist@4.9.1', undefined]);
  expect(managerOf({ packageManager: 'yarn@1.22.22' })).toEqual(['yarn', '1', 'yarn@1.22.22', undefined]);
  expect(managerOf({ packageManager: 'npm@11.2.0' })).toEqual(['npm', '11', 'npm@11.2.0', undefined]);
  expect(managerOf({ packageManager: 'bun@1.2.3' })).toEqual(['bun', '1', 'bun@1.2.3', undefined]);
});

test('a range within a minor stays within it', () => {
  expect(managerOf({ packageManager: 'pnpm@11.5.x' })).toEqual(['pnpm', '11', 'pnpm@11.5', undefined]);
  expect(managerOf({ engines: { pnpm: '~10.4.0' } }, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" })[2]).toBe(
    'pnpm@10.4',
  );
});

test('devEngines.packageManager counts where packageManager is not there', () => {
  const devEngines = { packageManager: { name: 'pnpm', version: '^9.1.0' } };
  expect(managerOf({ devEngines })).toEqual(['pnpm', '9', 'pnpm@9', undefined]);
  expect(managerOf({ devEngines: { packageManager: [{ name: 'yarn', version: '4.1.0' }] } })).toEqual([
    'yarn',
    '4',
    '@yarnpkg/cli-dist@4.1.0',
    undefined,
  ]);
  expect(managerOf({ packageManager: 'npm@10.9.0', devEngines })[0]).toBe('npm');
});

test('a lockfile tells its manager and, by its format, the major', () => {
  expect(managerOf({}, { 'package-lock.json': '{}' })).toEqual(['npm', '10', undefined, 'package-lock.json']);
  expect(managerOf({}, { 'npm-shrinkwrap.json': '{}' })).toEqual(['npm', '10', undefined, 'npm-shrinkwrap.json']);
  expect(managerOf({}, { 'pnpm-lock.yaml': 'lockfileVersion: 5.4\n' })).toEqual([
    'pnpm',
    '7',
    'pnpm@7',
    'pnpm-lock.yaml',
  ]);
  expect(managerOf({}, { 'pnpm-lock.yaml': "lockfileVersion: '6.0'\n" })[1]).toBe('8');
  expect(managerOf({}, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" })[1]).toBe('10');
  expect(managerOf({}, { 'yarn.lock': '# yarn lockfile v1\n' })).toEqual(['yarn', '1', 'yarn@1', 'yarn.lock']);
  expect(managerOf({}, { 'yarn.lock': '__metadata:\n  version: 8\n' })).toEqual([
    'yarn',
    '4',
    '@yarnpkg/cli-dist@4',
    'yarn.lock',
  ]);
  expect(managerOf({}, { 'yarn.lock': '__metadata:\n  version: 6\n' })[1]).toBe('3');
  expect(managerOf({}, { 'bun.lock': '{}' })).toEqual(['bun', '1', 'bun@1', 'bun.lock']);
});

test('engines decide between the pnpm majors that write the same lockfile', () => {
  expect(managerOf({ engines: { pnpm: '>=9 <10' } }, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" })[1]).toBe('9');
  expect(managerOf({ engines: { pnpm: '>=9' } }, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" })[1]).toBe('10');
});

test('nothing at all is npm, as it comes with the version of Node', () => {
  expect(detect({})['node.package-manager']).toEqual({
    value: 'npm',
    from: [{ because: 'nothing names a package manager' }],
    rejected: [],
  });
  expect(managerOf({})).toEqual(['npm', '10', undefined, undefined]);
  expect(managerOf({}, { '.nvmrc': '24' })[1]).toBe('11');
});

test('of two lockfiles one is chosen and the other is said', () => {
  const files = { 'package-lock.json': '{}', 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" };
  expect(detect({}, files)['node.package-manager']).toEqual({
    value: 'pnpm',
    from: [{ file: 'pnpm-lock.yaml', because: 'pnpm-lock.yaml is there' }],
    rejected: [{ file: 'package-lock.json', because: 'package-lock.json is there too', value: 'npm' }],
  });
  expect(detect({ packageManager: 'npm@10.8.0' }, files)['node.lockfile']?.value).toBe('package-lock.json');
});

test('of two lockfiles the one in step with the manifest is chosen', () => {
  const files = {
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies: {}\n",
    'package-lock.json': '{"packages":{"node_modules/ms":{"version":"2.1.3"}}}',
  };
  expect(detect({ dependencies: { ms: '2' } }, files)['node.package-manager']).toEqual({
    value: 'npm',
    from: [{ file: 'package-lock.json', because: 'package-lock.json is there' }],
    rejected: [
      {
        file: 'pnpm-lock.yaml',
        because: 'pnpm-lock.yaml is there too, out of step with package.json: ms is "2", and pnpm-lock.yaml has none',
        value: 'pnpm',
      },
    ],
  });
});

test('a packageManager that is a URL or nonsense never becomes an argument of an install', () => {
  expect(managerOf({ packageManager: 'pnpm@https://example.org/x.tgz' })).toEqual(['pnpm', '10', 'pnpm@10', undefined]);
  expect(managerOf({ packageManager: 'pnpm@$(id)' })).toEqual(['pnpm', '10', 'pnpm@10', undefined]);
  expect(managerOf({ packageManager: 'cargo@1.0.0' })[0]).toBe('npm');
});

test('a hint chooses the manager, and an unknown one is refused with the choices', () => {
  const files = { 'yarn.lock': '', 'package-lock.json': '{}' };
  const facts = detect({}, files, { 'node.package-manager': { value: 'npm', origin: '--set' } });
  expect([facts['node.package-manager']?.value, facts['node.lockfile']?.value]).toEqual(['npm', 'package-lock.json']);
  expect(() => detect({}, {}, { 'node.package-manager': { value: 'cargo', origin: '--set' } })).toThrow(
    expect.objectContaining({ code: 'detect.unsupported', candidates: ['npm', 'yarn', 'pnpm', 'bun'] }),
  );
});
