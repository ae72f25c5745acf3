import { expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

const app = '{"name":"@x/api","scripts":{"build":"tsc","start":"node dist/x.js"},"dependencies":{"a":"*","b":"*"}}';
const members = {
  'apps/api/package.json': app,
  'libs/a/package.json': '{"name":"a","scripts":{"build":"tsc"},"devDependencies":{"c":"*"}}',
  'libs/b/package.json': '{"name":"b","dependencies":{"a":"*"},"scripts":{"build":"tsc"}}',
  'libs/c/package.json': '{"name":"c","scripts":{"build":"tsc"},"dependencies":{"a":"*"}}',
  'libs/lone/package.json': '{"name":"lone","scripts":{"build":"tsc"}}',
};

function buildOf(scripts: object, files: Readonly<Record<string, string>> = {}) {
  const root = JSON.stringify({ workspaces: ['apps/*', 'libs/*'], scripts });
  const facts =
    node.detect(memoryTree({ '.nvmrc': '22', 'package.json': root, ...members, ...files }), {})?.facts ?? {};
  const { steps } = node.recipe({ name: 'x', facts }, { platform: 'linux/amd64', version: '1' });
  return steps.flatMap((step) => ('argv' in step && step.argv.includes('build') ? [step.argv.join(' ')] : []));
}

test('without a script of the root the members that are needed are built first, each after what it needs, circles or not', () => {
  expect(buildOf({})).toEqual([
    'npm run build --workspace libs/c',
    'npm run build --workspace libs/a',
    'npm run build --workspace libs/b',
    'npm run build --workspace apps/api',
  ]);
  const pnpm = { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\nimporters: {}\n" };
  expect(buildOf({}, pnpm).at(-1)).toBe('pnpm --filter ./apps/api run build');
});

test.each([
  ['turbo run build', 'npm run build -- --filter=@x/api...'],
  ['npm run lint && turbo build', 'npm run build -- --filter=@x/api...'],
  ['nx run-many -t build', 'npm run build -- --projects=@x/api'],
  ['lerna run build', 'npm run build -- --scope=@x/api --include-dependencies'],
  ['turbo run build --filter=web', 'npm run build'],
  ['nx build api', 'npm run build'],
  ['tsc -b', 'npm run build'],
])("the root's %s is run as %s", (script, command) => {
  expect(buildOf({ build: script })).toEqual([command]);
});
