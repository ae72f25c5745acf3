import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';
import { type Files, factsOf, readFact, refusalOf, remedyOf } from '../../support/node-project.js';

const server = { dependencies: { express: '4' } };

describe('of a workspace, a member wins only where no other could be meant', () => {
  const workspace = { 'package.json': { workspaces: ['*'] } };
  const site = { scripts: { build: 'vitepress build' }, devDependencies: { vitepress: '1' } };

  test('a site does not win over a server or a command whose start is not known', () => {
    const files = {
      ...workspace,
      'api/package.json': { name: 'api', main: 'dist/index.js', exports: './dist/index.js', ...server },
      'cli/package.json': { name: 'cli', bin: { cli: 'cli.js', more: 'more.js' } },
      'docs/package.json': site,
    };
    const expected = { code: 'detect.ambiguous', where: 'package.json:2', candidates: ['api', 'cli', 'docs'] };
    expect(refusalOf(files)).toEqual(expected);
  });

  test('a server does not win over one whose start script needs what is not in the image', () => {
    const files = {
      ...workspace,
      'api/package.json': {
        ...server,
        scripts: { start: 'node -r esbuild-register src/index.ts' },
        devDependencies: { 'esbuild-register': '3' },
      },
      'web/package.json': { dependencies: { next: '15' } },
    };
    const expected = { code: 'detect.ambiguous', where: 'package.json:2', candidates: ['api', 'web'] };
    expect(refusalOf(files)).toEqual(expected);
  });

  test('what the only service depends on is no other service', () => {
    const files = {
      ...workspace,
      'kit/package.json': { name: 'kit', bin: 'kit.js', ...server },
      'docs/package.json': { ...site, devDependencies: { vitepress: '1', kit: '*' } },
    };
    expect(readFact('node.workspace', files)).toBe('docs');
  });

  test('a failure in a member names its file as it is seen from the root', () => {
    const files = { ...workspace, 'api/package.json': { scripts: { start: 'nodemon' }, ...server } };
    const wanted = memoryTree(
      Object.fromEntries(Object.entries(files).map(([path, one]) => [path, JSON.stringify(one, null, 1)])),
    );
    const hints = { 'node.workspace': { value: 'api', origin: 'slipway.yml:1' } };
    expect(() => node.detect(wanted, hints)).toThrow(expect.objectContaining({ where: 'api/package.json:3' }));
  });
});

test('an example does not win over the workspace that it shows', () => {
  const files = {
    'package.json': { workspaces: ['app', 'examples/*'], devDependencies: { vite: '5' } },
    'app/package.json': { scripts: { build: 'vite build', start: 'vite --host' } },
    'examples/next/package.json': { dependencies: { next: '15' } },
  };
  const expected = { code: 'detect.ambiguous', where: 'package.json:2', candidates: ['app', 'examples/next'] };
  expect(refusalOf(files)).toEqual(expected);
});

describe('an Nx repository with one package.json', () => {
  const api = {
    name: 'api',
    targets: { build: { executor: '@nx/webpack:webpack', options: { outputPath: 'dist/apps/api' } } },
  };
  const nx = (build: string) => ({
    'package.json': { scripts: { start: 'nx serve', build }, dependencies: { '@nestjs/core': '10' } },
    'nx.json': {},
    'apps/api/project.json': api,
    'apps/shop/web/project.json': { name: 'web' },
    'apps/api-e2e/project.json': { name: 'api-e2e' },
    'packages/lib/project.json': { projectType: 'library' },
  });

  test('is refused where its scripts do not name the application', () => {
    const expected = { code: 'detect.ambiguous', where: 'nx.json', candidates: ['apps/api', 'apps/shop/web'] };
    expect(refusalOf(nx('nx build'))).toEqual(expected);
  });

  test('starts what the named application is built to', () => {
    expect(readFact('node.start', nx('nx build api --prod'))).toEqual(['node', 'dist/apps/api/main.js']);
    expect(readFact('node.start', nx('nx run api:build'))).toEqual(['node', 'dist/apps/api/main.js']);
  });

  test('is refused where the named application does not say what it is built to', () => {
    expect(refusalOf(nx('nx build web'))).toEqual({
      code: 'detect.unsupported',
      where: 'apps/shop/web/project.json:1',
    });
  });
});

describe('node is never given TypeScript that a build compiles', () => {
  const manifest = { main: 'src/app.ts', scripts: { build: 'tsc', start: 'nodemon' }, ...server };

  test('main is what it is compiled to', () => {
    const compiler = { compilerOptions: { outDir: './build', rootDir: './src' } };
    const files = { 'package.json': manifest, 'src/app.ts': '', 'tsconfig.json': compiler };
    expect(readFact('node.start', files)).toEqual(['node', 'build/app.js']);
  });

  test('main is refused where that cannot be told', () => {
    const expected = { code: 'detect.unsupported', where: 'package.json:5' };
    expect(refusalOf({ 'package.json': manifest, 'src/app.ts': '' })).toEqual(expected);
  });
});

describe('pm2 does not stay between process 1 and the service', () => {
  const pm2 = (start: string) => ({ 'package.json': { scripts: { start }, dependencies: { pm2: '5' } }, 'x.js': '' });
  const foreground = pm2('pm2 start ecosystem.config.json --no-daemon');
  const code = "module.exports = { apps: [{ name: 'a', script: './x.js', env: { NODE_ENV: 'production' } }] };";

  test.each([
    [{ ...foreground, 'ecosystem.config.json': { apps: [{ script: 'x.js', instances: 2 }] } }, ['node', 'x.js']],
    [{ ...foreground, 'ecosystem.config.json': { script: 'x.js' } }, ['node', 'x.js']],
    [{ ...pm2('pm2-runtime start ecosystem.config.js'), 'ecosystem.config.js': code }, ['node', './x.js']],
    [{ ...pm2('pm2-runtime ecosystem.config.cjs'), 'ecosystem.config.cjs': code }, ['node', './x.js']],
    [pm2('pm2 start x.js --no-daemon'), ['node', 'x.js']],
  ])('%j', (files: Files, argv) => {
    expect(readFact('node.start', files)).toEqual(argv);
  });

  test.each([
    [{ apps: [{ script: 'x.js' }, { script: 'y.js' }] }],
    [{ apps: [{ script: 'x.js', args: 'serve' }] }],
    [{ apps: [{ script: 'x.js', env: { ROLE: 'web' } }] }],
    [{ apps: [{ script: 'npm -- start' }] }],
    [{}],
  ])('%j is refused', (ecosystem) => {
    const expected = { code: 'detect.unsupported', where: 'package.json:3' };
    expect(refusalOf({ ...foreground, 'ecosystem.config.json': ecosystem })).toEqual(expected);
  });
});

describe('what a start script builds first is built with the image', () => {
  test.each([
    [{ start: 'npm run scss && node app.js', scss: 'sass --update css:css' }, 'scss', ['node', 'app.js']],
    [{ start: 'tsc && node dist/x.js' }, ['node_modules/.bin/tsc'], ['node', 'dist/x.js']],
    [{ prestart: 'tsc -p .', start: 'node dist/x.js' }, ['node_modules/.bin/tsc', '-p', '.'], ['node', 'dist/x.js']],
    [
      { start: 'tsc && tsc-alias && node dist/x.js' },
      ['sh', '-ec', 'node_modules/.bin/tsc && node_modules/.bin/tsc-alias'],
      ['node', 'dist/x.js'],
    ],
    [
      { postinstall: 'npm run scss', start: 'npm run scss && node app.js', scss: 'sass a b' },
      undefined,
      ['node', 'app.js'],
    ],
    [{ build: 'webpack', start: 'tsc && node dist/x.js' }, 'build', ['node', 'dist/x.js']],
  ])('%j', (scripts, build, start) => {
    const files = { 'package.json': { scripts, dependencies: { express: '4' } }, 'app.js': '' };
    expect([readFact('node.build', files), readFact('node.start', files)]).toEqual([build, start]);
  });
});

describe('a platform that is a framework of its own', () => {
  test('Medusa 2 is refused with what starts it, and 1 starts', () => {
    const medusa = (version: string) => ({
      'package.json': {
        scripts: { build: 'medusa build', start: 'medusa start' },
        dependencies: { '@medusajs/medusa': version, '@medusajs/cli': version },
        devDependencies: { vite: '5' },
      },
    });
    expect(remedyOf(medusa('2.10.1'))).toContain('cd .medusa/server');
    expect([readFact('node.start', medusa('^1.20.0')), readFact('port', medusa('^1.20.0'))]).toEqual([
      ['node_modules/.bin/medusa', 'start'],
      '9000',
    ]);
  });

  test('Strapi listens on its own port', () => {
    const strapi = { scripts: { start: 'strapi start' }, dependencies: { '@strapi/strapi': '5' } };
    expect(readFact('port', { 'package.json': strapi })).toBe('1337');
  });
});

describe('a refusal says what would help', () => {
  test.each([
    ['SvelteKit without an adapter for a container', { devDependencies: { '@sveltejs/kit': '2' } }, 'adapter-node'],
    ['a program for Bun', { scripts: { dev: 'bun run --hot src/index.ts' } }, 'base image with Bun'],
    ['a program for Deno', { scripts: { start: 'deno run -A main.ts' } }, 'base image with Deno'],
  ])('%s', (_what, manifest, part) => {
    expect(remedyOf({ 'package.json': manifest })).toContain(part);
  });
});

test('the other applications of a Nest repository are said, and the port is that of the one that starts', () => {
  const facts = factsOf({
    'package.json': {
      scripts: { build: 'nest build', 'start:prod': 'node dist/apps/gateway/main' },
      dependencies: { '@nestjs/core': '10' },
    },
    'nest-cli.json': {
      monorepo: true,
      root: 'apps/gateway',
      projects: {
        gateway: { type: 'application', root: 'apps/gateway' },
        orders: { type: 'application', root: 'apps/orders' },
        common: { type: 'library', root: 'libs/common' },
      },
    },
    'apps/gateway/src/main.ts': 'await app.listen(4100);',
  });
  expect([
    facts['node.start']?.value,
    facts['node.start']?.rejected.map(({ value }) => value),
    facts.port?.value,
  ]).toEqual([['node', 'dist/apps/gateway/main'], ['orders'], '4100']);
});

test('a lockfile of an old npm is said against a version that nothing rules out', () => {
  const old = { 'package.json': { main: 'x.js', engines: { node: '>=10' } }, 'x.js': '' };
  const version = (files: Files) =>
    factsOf(files)['node.version']?.rejected.map(({ file, line, value }) => ({ file, line, value }));
  const lockfile = '{\n "lockfileVersion": 1,\n "dependencies": {}\n}';
  expect(version({ ...old, 'package-lock.json': lockfile })).toEqual([
    { file: 'package-lock.json', line: 2, value: '14' },
  ]);
  const fitting = { main: 'x.js', engines: { node: '14' } };
  expect(version({ ...old, 'package.json': fitting, 'package-lock.json': lockfile })).toEqual([]);
});
