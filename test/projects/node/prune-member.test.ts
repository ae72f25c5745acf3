import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { pruneMemberSteps } from '../../../src/projects/node/prune-member.js';

const made: string[] = [];

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true });
});

type Files = Readonly<Record<string, string>>;

/** What is left of a workspace; values that begin with `->` are links. */
function keep(files: Files, service: string, members: readonly string[]): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-prune-'));
  made.push(directory);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(directory, path));
    else writeFileSync(join(directory, path), text);
  }
  for (const step of pruneMemberSteps(service, members)) {
    const [program = '', ...args] = 'argv' in step ? step.argv : ['sh', '-euc', step.script.join(' && ')];
    execFileSync(program, args, { cwd: directory, stdio: 'pipe' });
  }
  const found = execFileSync('find', ['.', '!', '-type', 'd', '!', '-path', './.slipway/*', '-printf', '%P\n'], {
    cwd: directory,
    encoding: 'utf8',
  });
  return found.trim().split('\n').sort();
}

const root = '{"devDependencies":{"tsc":"1"}}';
const pkg = (dependencies: readonly string[], more: object = {}) =>
  JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])), ...more });

test('hoisted: packages, nested versions, links and commands of others go', () => {
  const left = keep(
    {
      'package.json': root,
      'apps/a/package.json': pkg(['@x/core', 'used']),
      'apps/a/.turbo/log': '',
      'apps/b/package.json': pkg(['other']),
      'packages/core/package.json': '\uFEFF{"name":"@x/core","optionalDependencies":{"maybe":"1","absent":"1"}}',
      'packages/lone/package.json': '{}',
      'node_modules/@x/core': '->../../packages/core',
      'node_modules/@x/lone': '->../../packages/lone',
      'node_modules/@types/node/package.json': '{}',
      'node_modules/b': '->../apps/b',
      'node_modules/used/package.json': pkg(['deep', 'nested']),
      'node_modules/used/cli.js': '',
      'node_modules/used/node_modules/nested/package.json': '{}',
      'node_modules/used/node_modules/extra/package.json': '{}',
      'node_modules/nested/package.json': '{}',
      'node_modules/deep/package.json': '{}',
      'node_modules/maybe/package.json': '{}',
      'node_modules/other/package.json': '{}',
      'node_modules/tsc/bin.js': '',
      'node_modules/.bin/tsc': '->../tsc/bin.js',
      'node_modules/.bin/used': '->../used/cli.js',
      'node_modules/.prisma/client.js': '',
    },
    'apps/a',
    ['apps/a', 'apps/b', 'packages/core', 'packages/lone'],
  );
  expect(left).toEqual([
    'apps/a/package.json',
    'node_modules/.bin/used',
    'node_modules/.prisma/client.js',
    'node_modules/@x/core',
    'node_modules/deep/package.json',
    'node_modules/maybe/package.json',
    'node_modules/used/cli.js',
    'node_modules/used/node_modules/nested/package.json',
    'node_modules/used/package.json',
    'package.json',
    'packages/core/package.json',
  ]);
});

test("pnpm's virtual store: what is reached through links stays, with its peers that are not optional", () => {
  const peers = { peerDependencies: { peer: '*', hint: '*' }, peerDependenciesMeta: { hint: { optional: true } } };
  const left = keep(
    {
      'package.json': root,
      'apps/a/package.json': pkg(['used']),
      'apps/a/node_modules/used': '->../../../node_modules/.pnpm/used@1/node_modules/used',
      'apps/a/node_modules/tsc': '->../../../node_modules/.pnpm/tsc@1/node_modules/tsc',
      'apps/a/node_modules/.bin/tsc': 'exec node  "$basedir/../tsc/bin.js" "$@"\n',
      'apps/a/node_modules/.bin/used': 'exec node  "$basedir/../used/cli.js" "$@"\n',
      'apps/b/package.json': pkg([]),
      'node_modules/.pnpm/used@1/node_modules/used/package.json': pkg([], peers),
      'node_modules/.pnpm/used@1/node_modules/used/cli.js': '',
      'node_modules/.pnpm/used@1/node_modules/peer': '->../../peer@1/node_modules/peer',
      'node_modules/.pnpm/used@1/node_modules/hint': '->../../hint@1/node_modules/hint',
      'node_modules/.pnpm/peer@1/node_modules/peer/package.json': '{}',
      'node_modules/.pnpm/hint@1/node_modules/hint/package.json': '{}',
      'node_modules/.pnpm/tsc@1/node_modules/tsc/bin.js': '',
      'node_modules/.pnpm/node_modules/peer': '->../peer@1/node_modules/peer',
      'node_modules/.pnpm/node_modules/tsc': '->../tsc@1/node_modules/tsc',
      'node_modules/.pnpm/lock.yaml': '',
    },
    'apps/a',
    ['apps/a', 'apps/b'],
  );
  expect(left).toEqual([
    'apps/a/node_modules/.bin/used',
    'apps/a/node_modules/used',
    'apps/a/package.json',
    'node_modules/.pnpm/lock.yaml',
    'node_modules/.pnpm/node_modules/peer',
    'node_modules/.pnpm/peer@1/node_modules/peer/package.json',
    'node_modules/.pnpm/used@1/node_modules/peer',
    'node_modules/.pnpm/used@1/node_modules/used/cli.js',
    'node_modules/.pnpm/used@1/node_modules/used/package.json',
    'package.json',
  ]);
});

describe('what stays beside the packages', () => {
  test("the root's own dependencies, which an integrated monorepo has for all", () => {
    const files = {
      'package.json': '{"dependencies":{"shared":"1"}}',
      'apps/a/package.json': '{}',
      'node_modules/shared/package.json': '{}',
    };
    expect(keep(files, 'apps/a', ['apps/a'])).toEqual(Object.keys(files).sort());
  });

  test('a member that lies in the service, and one that the service lies in', () => {
    const files = {
      'package.json': '{}',
      'apps/package.json': '{}',
      'apps/a/package.json': '{}',
      'apps/a/plugins/p/package.json': '{}',
    };
    expect(keep(files, 'apps/a', ['apps', 'apps/a', 'apps/a/plugins/p'])).toEqual(Object.keys(files).sort());
  });
});
