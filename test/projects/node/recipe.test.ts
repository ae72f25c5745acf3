import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Hints } from '../../../src/core/project.js';
import type { Recipe, Step } from '../../../src/core/recipe.js';
import { gatherServer } from '../../../src/projects/node/gather.js';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

const options = { platform: 'linux/amd64', version: '1.0.0' };

function recipeOf(manifest: object, files: Record<string, string> = {}, hints: Hints = {}): Recipe {
  const tree = memoryTree({ '.nvmrc': '22', 'package.json': JSON.stringify(manifest), ...files });
  const detection = node.detect(tree, hints);
  return node.recipe({ name: 'x', facts: detection?.facts ?? {} }, options);
}

function commandsOf(recipe: Recipe): readonly string[] {
  return recipe.steps.map((step) => ('argv' in step ? step.argv.join(' ') : step.title));
}

const service = { scripts: { build: 'tsc', start: 'node dist/x.js' } };
const check = 'node -e require.resolve(require("path").resolve(process.argv[1])) -- .slipway-out/app/dist/x.js';
const gather = 'Gather the application and its dependencies';
const init = 'Write the init, which passes signals on to a service that does not handle them';

describe('each manager installs frozen, builds, and leaves production dependencies', () => {
  test.each([
    [
      'package-lock.json',
      '{}',
      ['npm ci --include=dev', 'npm run build', 'npm prune --omit=dev --ignore-scripts', gather, check, init],
    ],
    [
      'yarn.lock',
      '',
      [
        'npm install --global --force yarn@1',
        'yarn install --non-interactive --production=false --frozen-lockfile',
        'yarn run build',
        'yarn install --non-interactive --production --ignore-scripts --prefer-offline --frozen-lockfile',
        gather,
        check,
        init,
      ],
    ],
    [
      'yarn.lock',
      '__metadata:\n  version: 8\n',
      [
        'npm install --global --force @yarnpkg/cli-dist@4',
        'yarn install --immutable',
        'yarn run build',
        'yarn workspaces focus --all --production',
        gather,
        check,
        init,
      ],
    ],
    [
      'pnpm-lock.yaml',
      "lockfileVersion: '9.0'",
      [
        'npm install --global --force pnpm@10',
        'pnpm install --frozen-lockfile --store-dir /root/.pnpm-store',
        'pnpm run build',
        'pnpm install --prod --ignore-scripts --frozen-lockfile --store-dir /root/.pnpm-store --config.confirmModulesPurge=false --config.modules-cache-max-age=0',
        gather,
        check,
        init,
      ],
    ],
    [
      'bun.lock',
      '{}',
      [
        'npm install --global --force bun@1',
        'bun install --frozen-lockfile',
        'bun run build',
        'Write the program that finds what the service needs to run',
        'node .slipway/keep-service.cjs .',
        gather,
        check,
        init,
      ],
    ],
  ])('%s %j', (lockfile, text, commands) => {
    expect(commandsOf(recipeOf(service, { [lockfile]: text }))).toEqual(commands);
  });

  test('without a lockfile the step says that the versions are those of today', () => {
    expect(recipeOf(service).steps[0]).toEqual({
      title: 'Install the dependencies: there is no lockfile, so the versions are those of today',
      argv: ['npm', 'install', '--include=dev'],
    });
  });
});

test('builder and base are one slim image, the user is not root, and the mounts are named', () => {
  const { builder, base, user, caches, mounts, entrypoint, outputs, template } = recipeOf(service);
  expect({ builder, base, user, caches, mounts, entrypoint, outputs, template }).toEqual({
    builder: 'node:22-slim',
    base: 'node:22-slim',
    user: '1000:1000',
    caches: [{ name: 'npm', path: '/root/.npm' }],
    mounts: ['npmrc', 'ca'],
    entrypoint: ['/app/.slipway/init', 'node', 'dist/x.js'],
    outputs: [
      { from: '.slipway-out/node_modules', to: 'node_modules', type: 'directory', optional: true },
      { from: '.slipway-out/app', to: 'app', type: 'directory' },
    ],
    template: 'node',
  });
});

test('the health check asks the path where one is known, and else only connects', () => {
  const files = { 'src/x.ts': 'app.get("/health"); app.listen(3000)' };
  const withPath = recipeOf(service, files);
  expect([withPath.probe, withPath.healthcheck?.slice(-2)]).toEqual([
    { port: 3000, path: '/health' },
    ['3000', '/health'],
  ]);
  const without = recipeOf(service, { 'src/x.ts': 'app.listen(3000)' });
  expect([without.probe, without.healthcheck?.slice(-1)]).toEqual([{ port: 3000 }, ['3000']]);
  const unknown = recipeOf(service);
  expect([unknown.probe, unknown.healthcheck]).toEqual([undefined, undefined]);
});

describe('the health check command', () => {
  async function ask(recipe: Recipe, port: number): Promise<number | null> {
    const [program = '', ...args] = recipe.healthcheck ?? [];
    const asking = spawn(program, args, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
    const [code] = await once(asking, 'exit');
    return code as number | null;
  }

  test('succeeds on 200, fails on 500 and where nobody listens', async () => {
    const { createServer } = await import('node:http');
    const answers = [200, 500];
    const server = createServer((_request, response) => response.writeHead(answers.shift() ?? 200).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const recipe = recipeOf(service, { 'src/x.ts': 'app.get("/health"); app.listen(3000)' });
    const tcp = recipeOf(service, { 'src/x.ts': 'app.listen(3000)' });
    const seen = [await ask(recipe, port), await ask(recipe, port), await ask(tcp, port)];
    server.close();
    expect([...seen, await ask(recipe, port), await ask(tcp, port)]).toEqual([0, 1, 0, 1, 1]);
  });
});

test('facts that no recipe has are refused', () => {
  const facts = node.detect(memoryTree({ 'package.json': JSON.stringify(service) }), {})?.facts ?? {};
  const wrong = [
    { 'node.version': 'x; id' },
    { 'node.version': 'latest' },
    { 'node.package-manager.exact': '--registry=http://x' },
    { 'node.package-manager.exact': 'pnpm@file:../x' },
    { 'node.package-manager': 'cargo' },
    { 'node.build': '--help' },
    { 'node.start': [] },
    { 'node.start': 'node x.js' },
  ];
  for (const one of wrong) {
    const set = Object.fromEntries(Object.entries(one).map(([key, value]) => [key, { value, from: [], rejected: [] }]));
    expect(() => node.recipe({ name: 'x', facts: { ...facts, ...set } }, options)).toThrow(
      expect.objectContaining({ code: 'detect.unsupported' }),
    );
  }
});

describe('steps that were executed', () => {
  function run(steps: readonly Step[], directory: string): void {
    for (const step of steps) {
      const [program = '', ...args] = 'argv' in step ? step.argv : ['sh', '-euc', step.script.join(' && ')];
      execFileSync(program, args, { cwd: directory, stdio: 'pipe' });
    }
  }

  function inDirectory<T>(files: Record<string, string>, work: (directory: string) => T): T {
    const directory = mkdtempSync(join(tmpdir(), 'slipway-node-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    return work(directory);
  }

  test('gathering keeps the application and its dependencies apart, and secrets and tests out', () => {
    const files = {
      'dist/x.js': '',
      '.env': 'SECRET=1',
      '.npmrc': 'token',
      'test/a.js': '',
      'views/a.html': '',
      '-n': '',
    };
    const modules = { 'node_modules/a/index.js': '', '.git/config': '', 'package.json': '{}' };
    const listed = inDirectory({ ...files, ...modules }, (directory) => {
      run(gatherServer().steps, directory);
      const found = execFileSync('find', ['.slipway-out', '-type', 'f', '-printf', '%P\n'], {
        cwd: directory,
        encoding: 'utf8',
      });
      rmSync(directory, { recursive: true });
      return found.trim().split('\n').sort();
    });
    expect(listed).toEqual([
      'app/-n',
      'app/dist/x.js',
      'app/package.json',
      'app/views/a.html',
      'node_modules/a/index.js',
    ]);
  });

  test('the check of the start file fails when the build did not make it', () => {
    inDirectory({ '.slipway-out/app/dist/x.js': '' }, (directory) => {
      const checking = recipeOf(service).steps.filter(({ title }) => title === 'Check that the start file is there');
      expect(checking.length).toBe(1);
      run(checking, directory);
      rmSync(join(directory, '.slipway-out/app/dist/x.js'));
      expect(() => run(checking, directory)).toThrow();
      rmSync(directory, { recursive: true });
    });
  });
});
