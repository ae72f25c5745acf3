import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

function detect(files: Files, manifest: object = {}) {
  const tree = memoryTree({ '.nvmrc': '22', 'server.js': '', 'package.json': JSON.stringify(manifest), ...files });
  return node.detect(tree, {})?.facts ?? {};
}

function recipeOf(files: Files, manifest: object = {}) {
  return node.recipe({ name: 'x', facts: detect(files, manifest) }, { platform: 'linux/amd64', version: '1' });
}

describe("variables in the project's own client settings", () => {
  test.each<[Files, readonly string[] | undefined]>([
    [{ '.npmrc': '; ${NPM_OLD}\n//r.example.com/:_authToken=${NPM_TOKEN}\n' }, ['NPM_TOKEN']],
    [
      { '.npmrc': '//r/:_authToken=${NODE_AUTH_TOKEN?}\n@a:registry=https://${NEXUS_HOST}/\n' },
      ['NEXUS_HOST', 'NODE_AUTH_TOKEN'],
    ],
    [{ '.yarnrc.yml': 'npmAuthToken: "${YARN_TOKEN:-}"\n' }, ['YARN_TOKEN']],
    [{ 'bunfig.toml': '[install.scopes]\na = { token = "$NPM_TOKEN" }\n' }, ['NPM_TOKEN']],
    [{ '.npmrc': '//r/:_authToken=${AWS_SECRET_ACCESS_KEY}${HOME}\n' }, undefined],
    [{ '.npmrc': 'engine-strict=true\n' }, undefined],
  ])('%j', (files, names) => {
    expect(detect(files)['node.registry-variables']?.value).toEqual(names);
  });

  test('are named by the recipe, and only its installing steps get them', () => {
    const { steps, variables } = recipeOf(
      { '.npmrc': 'a=${NPM_TOKEN}\n', 'package-lock.json': '{}' },
      { scripts: { build: 'x' } },
    );
    expect(variables).toEqual(['NPM_TOKEN']);
    const wrapped = steps.filter((step) => 'argv' in step && step.argv[3] === 'with-variables');
    expect(wrapped.map((step) => ('argv' in step ? step.argv.slice(4).join(' ') : ''))).toEqual([
      'npm ci --include=dev',
      'npm prune --omit=dev --ignore-scripts',
    ]);
  });
});

describe("yarn's settings", () => {
  const berry = { 'yarn.lock': '__metadata:\n  version: 8\n' };

  test('a release that is checked in is the version, whatever packageManager says', () => {
    const files = { '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-4.1.0.cjs # pinned\n' };
    const facts = detect({ ...berry, ...files }, { packageManager: 'yarn@4.9.4' });
    expect([facts['node.package-manager.exact']?.value, facts['node.package-manager']?.from[0]]).toEqual([
      '@yarnpkg/cli-dist@4.1.0',
      { file: '.yarnrc.yml', line: 1, because: 'yarnPath is .yarn/releases/yarn-4.1.0.cjs' },
    ]);
    const classic = { '.yarnrc': 'yarn-path "./.yarn/releases/yarn-1.22.19.js"\n', 'yarn.lock': '' };
    expect(detect(classic)['node.package-manager.exact']?.value).toBe('yarn@1.22.19');
  });

  test("Plug'n'Play is laid out as node_modules, and that is said", () => {
    expect(detect(berry)['node.linker']).toEqual({
      value: 'node-modules',
      from: [{ because: "Plug'n'Play is laid out as node_modules, so that node alone starts the image" }],
      rejected: [{ value: 'pnp', because: "yarn's own default" }],
    });
    const recipe = recipeOf(berry, { scripts: { start: 'node -r ./.pnp.cjs --loader=./.pnp.loader.mjs server.js' } });
    expect([recipe.entrypoint, recipe.env.YARN_NODE_LINKER]).toEqual([
      ['/app/.slipway/init', 'node', 'server.js'],
      'node-modules',
    ]);
  });

  test('another linker stays', () => {
    const files = { ...berry, '.yarnrc.yml': 'nodeLinker: pnpm\n' };
    expect([detect(files)['node.linker']?.value, recipeOf(files).env.YARN_NODE_LINKER]).toEqual(['pnpm', 'pnpm']);
  });

  test('archives that are checked in are what is installed', () => {
    const recipe = recipeOf({ ...berry, '.yarn/cache/ms-npm-2.1.3.zip': '' });
    expect([recipe.env.YARN_CACHE_FOLDER, recipe.caches.map(({ name }) => name), recipe.early]).toEqual([
      undefined,
      ['npm'],
      undefined,
    ]);
    expect(recipe.data.dockerignore).not.toContain('.yarn/cache');
    expect(recipeOf(berry).data.dockerignore).toContain('.yarn/cache');
  });
});

test('pnpm, which was fetched at its version, does not want its own pin in the lockfile', () => {
  const recipe = recipeOf({ 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" }, { packageManager: 'pnpm@12.21.0' });
  expect(recipe.env.pnpm_config_pm_on_fail).toBe('ignore');
});
