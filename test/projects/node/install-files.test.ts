import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

const service = { scripts: { start: 'node server.js' }, dependencies: { express: '4' } };
const plain: Files = { '.nvmrc': '22', 'server.js': '', 'package-lock.json': '{}' };

/** The early part of the recipe; `undefined` where installing waits for all sources. */
function early(manifest: object, files: Files = {}) {
  const tree = memoryTree({ ...plain, 'package.json': JSON.stringify(manifest), ...files });
  const facts = node.detect(tree, {})?.facts ?? {};
  const found = node.recipe({ name: 'x', facts }, { platform: 'linux/amd64', version: '1.0.0' }).early;
  return found && { files: found.files.join(' '), steps: found.steps };
}

describe('the files that installing needs come first', () => {
  test('npm: the manifest, the lockfile, the settings', () => {
    expect(early(service)).toEqual({ files: 'package.json package-lock.json .npmr[c]', steps: 1 });
  });

  test('pnpm, yarn and bun: each its own, after the manager itself was fetched', () => {
    const without = { '.nvmrc': '22', 'server.js': '' };
    const by = (files: Files) => {
      const tree = memoryTree({ ...without, 'package.json': JSON.stringify(service), ...files });
      const facts = node.detect(tree, {})?.facts ?? {};
      return node.recipe({ name: 'x', facts }, { platform: 'linux/amd64', version: '1.0.0' }).early;
    };
    expect([by({ 'pnpm-lock.yaml': 'lockfileVersion: 9.0' }), by({ 'yarn.lock': '' }), by({ 'bun.lock': '' })]).toEqual(
      [
        { files: ['package.json', 'pnpm-lock.yaml', '.npmr[c]'], steps: 2 },
        { files: ['package.json', 'yarn.lock', '.npmr[c]', '.yarnr[c]', '.yarnrc.ym[l]'], steps: 2 },
        { files: ['package.json', 'bun.lock', '.npmr[c]', 'bunfig.tom[l]'], steps: 2 },
      ],
    );
  });

  test('a workspace: the manifest of every member', () => {
    const members = {
      'apps/api/package.json': JSON.stringify(service),
      'apps/api/server.js': '',
      'packages/core/package.json': '{"name":"core"}',
      'packages/notes.md': '',
    };
    expect(early({ workspaces: ['apps/*', 'packages/*'] }, members)).toEqual({
      files: 'package.json package-lock.json apps/api/package.json packages/core/package.json .npmr[c]',
      steps: 1,
    });
  });

  test('scripts that set up git hooks, or check the name of the manager, need no sources', () => {
    const scripts = { ...service.scripts, prepare: 'husky', preinstall: 'npx only-allow npm' };
    expect(early({ ...service, scripts })?.steps).toBe(1);
  });
});

describe('all sources come first where installing may need them', () => {
  const member = JSON.stringify({ ...service, bin: './cli.js' });
  test.each<[string, object, Files?]>([
    ['a lifecycle script', { ...service, scripts: { ...service.scripts, postinstall: 'patch-package' } }],
    ['a prepare script', { ...service, scripts: { ...service.scripts, prepare: 'npm run build' } }],
    ['a dependency in a directory', { ...service, dependencies: { lib: 'file:lib' } }],
    ['a dependency in a directory, without file:', { ...service, dependencies: { lib: './lib' } }],
    ['a link in the overrides', { ...service, overrides: { express: { qs: 'file:qs' } } }],
    ['a patched dependency', { ...service, pnpm: { patchedDependencies: { 'a@1': 'a.patch' } } }],
    ['Prisma, which reads the schema', { ...service, dependencies: { '@prisma/client': '6' } }],
    ['a native add-on of its own', service, { 'binding.gyp': '{}' }],
    ['a plug-in of yarn', service, { '.yarn/plugins/a.cjs': '' }],
    ['a hook of pnpm', service, { '.pnpmfile.cjs': '' }],
    ['a link in pnpm-workspace.yaml', service, { 'pnpm-workspace.yaml': 'overrides:\n  a: link:./a\n' }],
    ['members below several folders', { ...service, workspaces: ['packages/**'] }],
    ['a member with a command', { ...service, workspaces: ['apps/*'] }, { 'apps/a/package.json': member }],
    ['a member that cannot be read', { ...service, workspaces: ['apps/*'] }, { 'apps/a/package.json': '{' }],
  ])('%s', (_what, manifest, files) => {
    expect(early(manifest, files)).toBe(undefined);
  });
});
