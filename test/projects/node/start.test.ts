import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

interface Given {
  readonly scripts?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly [member: string]: unknown;
}

function startOf(manifest: Given, files: Record<string, string> = {}): unknown {
  const tree = memoryTree({ '.nvmrc': '22', 'package.json': JSON.stringify(manifest, null, 2), ...files });
  return node.detect(tree, {})?.facts['node.start']?.value;
}

function refusalOf(manifest: Given, files: Record<string, string> = {}): unknown {
  try {
    return startOf(manifest, files);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const built = { build: 'tsc' };

describe('a start script becomes an argv without npm and without a shell', () => {
  test.each([
    ['node dist/server.js', ['node', 'dist/server.js']],
    ['NODE_ENV=production node dist/server.js', ['node', 'dist/server.js']],
    ['cross-env NODE_ENV=production PORT=80 node dist/x.js', ['env', 'PORT=80', 'node', 'dist/x.js']],
    ['exec node --enable-source-maps dist/x.js', ['node', '--enable-source-maps', 'dist/x.js']],
    ['node -r dotenv/config "dist/a file.js"', ['node', '-r', 'dotenv/config', 'dist/a file.js']],
    ['node --env-file=.env --env-file .env.local dist/x.js', ['node', 'dist/x.js']],
    ['npm run build && node dist/x.js', ['node', 'dist/x.js']],
    ['tsc && node dist/x.js', ['node', 'dist/x.js']],
    ['npm run serve -- --port 90', ['node', 'dist/serve.js', '--port', '90']],
    ['yarn serve', ['node', 'dist/serve.js']],
    ['node --run serve', ['node', 'dist/serve.js']],
    ['./bin/www', ['node', './bin/www']],
    ['next start -p 4000', ['node_modules/.bin/next', 'start', '-p', '4000']],
    ['npx next start', ['node_modules/.bin/next', 'start']],
  ])('%s', (start, argv) => {
    const scripts = { ...built, start, serve: 'node dist/serve.js' };
    expect(startOf({ scripts, dependencies: { next: '15' } })).toEqual(argv);
  });
});

describe('what needs a shell stays with npm', () => {
  test.each([
    'node dist/a.js & node dist/b.js',
    'node dist/x.js $PORT',
    'node dist/*.js',
    'node migrate.js && node dist/x.js',
  ])('%s', (start) => {
    expect(startOf({ scripts: { ...built, start } })).toEqual(['npm', 'start']);
  });

  test('also where another script has to go before it', () => {
    const start = 'node dist/x.js';
    expect(startOf({ scripts: { ...built, start, prestart: 'node migrate.js' } })).toEqual(['npm', 'start']);
    expect(startOf({ scripts: { ...built, start, prestart: 'npm run build' } })).toEqual(['node', 'dist/x.js']);
  });
});

describe('a start script for developers is passed over', () => {
  test.each([
    'nodemon src/x.js',
    'ts-node src/x.ts',
    'tsx watch src/x.ts',
    'node --watch dist/x.js',
    'vite',
    'nest start',
    'concurrently "tsc -w" "node dist/x.js"',
    'next dev',
    'npm start',
    'bun run src/x.ts',
    'python app.py',
  ])('%s', (start) => {
    const manifest = { scripts: { ...built, start }, devDependencies: { tsx: '4' }, dependencies: { hapi: '1' } };
    expect(refusalOf(manifest)).toBe('detect.unsupported');
    expect(startOf({ ...manifest, scripts: { ...manifest.scripts, 'start:prod': 'node dist/x.js' } })).toEqual([
      'node',
      'dist/x.js',
    ]);
  });
});

test('what was passed over is rejected with its reason', () => {
  const scripts = { build: 'nest build', start: 'nest start', 'start:prod': 'node dist/main' };
  const tree = memoryTree({ '.nvmrc': '22', 'package.json': JSON.stringify({ scripts }, null, 2) });
  expect(node.detect(tree, {})?.facts['node.start']).toEqual({
    value: ['node', 'dist/main'],
    from: [{ file: 'package.json', line: 5, because: 'scripts.start:prod is "node dist/main"' }],
    rejected: [
      {
        file: 'package.json',
        line: 4,
        because: 'scripts.start is "nest start": nest start is for development',
        value: 'nest start',
      },
    ],
  });
});

test('a command of a development dependency would not be in the image', () => {
  const scripts = { start: 'serve dist' };
  expect(refusalOf({ scripts, devDependencies: { serve: '14' } })).toBe('detect.unsupported');
  expect(startOf({ scripts, dependencies: { serve: '14' } })).toEqual(['node_modules/.bin/serve', 'dist']);
  const migrate = { ...built, start: 'prisma migrate deploy && node dist/x.js' };
  expect(refusalOf({ scripts: migrate, devDependencies: { prisma: '6' } })).toBe('detect.unsupported');
  expect(startOf({ scripts: migrate, dependencies: { prisma: '6' } })).toEqual(['npm', 'start']);
});

test('a file that is not there and that nothing builds is no start', () => {
  expect(refusalOf({ scripts: { start: 'node server.js' } })).toBe('detect.unsupported');
  expect(startOf({ scripts: { start: 'node server' } }, { 'server.js': '' })).toEqual(['node', 'server']);
  expect(startOf({ scripts: { start: 'node .' } }, { 'index.js': '' })).toEqual(['node', '.']);
});

test('main, a single bin and the usual files follow, in this order', () => {
  const files = { 'a.js': '', 'b.js': '', 'server.js': '' };
  expect(startOf({ main: 'a.js', bin: 'b.js' }, files)).toEqual(['node', 'a.js']);
  expect(startOf({ main: 'index.js', bin: { b: 'b.js' } }, files)).toEqual(['node', 'b.js']);
  expect(startOf({}, files)).toEqual(['node', 'server.js']);
  expect(startOf({ scripts: built, main: 'dist/main.js' })).toEqual(['node', 'dist/main.js']);
});

test('Angular with server-side rendering starts by the script that it was given', () => {
  const scripts = { build: 'ng build', start: 'ng serve', 'serve:ssr:shop': 'node dist/shop/server/server.mjs' };
  const angular = '{"projects":{"shop":{"architect":{"build":{"options":{"ssr":{"entry":"server.ts"}}}}}}}';
  const manifest = { scripts, dependencies: { '@angular/core': '20' } };
  expect(startOf(manifest, { 'angular.json': angular })).toEqual(['node', 'dist/shop/server/server.mjs']);
});

test('a library is not a service', () => {
  expect(refusalOf({ scripts: built, main: 'dist/main.js', types: 'dist/main.d.ts' })).toBe('detect.unsupported');
});

describe('frameworks start by their own production server', () => {
  test.each([
    [{ dependencies: { nuxt: '3' } }, {}, ['node', '.output/server/index.mjs']],
    [{ devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-node': '5' } }, {}, ['node', 'build']],
    [{ dependencies: { astro: '5', '@astrojs/node': '9' } }, {}, ['node', './dist/server/entry.mjs']],
    [{ dependencies: { '@nestjs/core': '11' } }, {}, ['node', 'dist/main.js']],
    [
      { dependencies: { '@react-router/node': '7', '@react-router/serve': '7' } },
      {},
      ['node_modules/.bin/react-router-serve', './build/server/index.js'],
    ],
    [{ dependencies: { next: '15' } }, {}, ['node_modules/.bin/next', 'start']],
    [
      { dependencies: { next: '15' }, scripts: { build: 'next build', start: 'next start' } },
      { 'next.config.mjs': "export default { output: 'standalone' }" },
      ['node', '.next/standalone/server.js'],
    ],
  ])('%j', (manifest: Given, files, argv) => {
    expect(startOf({ scripts: { build: 'build' }, ...manifest }, files)).toEqual(argv);
  });
});

describe('a build that makes only files is served by the static file server', () => {
  test.each([
    [{ devDependencies: { vite: '6' }, scripts: { build: 'vite build', start: 'vite' } }, {}, 'dist'],
    [
      { devDependencies: { vite: '6' } },
      { 'vite.config.ts': "export default { build: { outDir: 'public/out' } }" },
      'public/out',
    ],
    [{ dependencies: { 'react-scripts': '5' }, scripts: { build: 'x', start: 'react-scripts start' } }, {}, 'build'],
    [{ devDependencies: { '@vue/cli-service': '5' } }, {}, 'dist'],
    [
      { dependencies: { '@angular/core': '20' }, scripts: { build: 'ng build', start: 'ng serve' } },
      { 'angular.json': '{"projects":{"shop":{"architect":{"build":{"builder":"@angular/build:application"}}}}}' },
      'dist/shop/browser',
    ],
    [
      { dependencies: { '@angular/core': '15' }, scripts: { build: 'ng build', start: 'ng serve' } },
      {
        'angular.json':
          '{"projects":{"a":{"architect":{"build":{"builder":"x:browser","options":{"outputPath":"www"}}}}}}',
      },
      'www',
    ],
    [{ dependencies: { astro: '5' }, scripts: { build: 'astro build', start: 'astro dev' } }, {}, 'dist'],
    [{ dependencies: { next: '15' } }, { 'next.config.js': "module.exports = { output: 'export' }" }, 'out'],
  ])('%j', (manifest: Given, files, site) => {
    expect(startOf({ scripts: { build: 'build' }, ...manifest }, files)).toEqual([
      'node',
      '.slipway/static-server.mjs',
      site,
    ]);
  });
});

test('a hint is the start, whatever the scripts say', () => {
  const tree = memoryTree({ 'package.json': '{"scripts":{"start":"nodemon x"}}' });
  const hints = { 'node.start': { value: ['node', 'x.js'], origin: 'slipway.yml' } };
  expect(node.detect(tree, hints)?.facts['node.start']).toEqual({
    value: ['node', 'x.js'],
    from: [{ because: 'set by slipway.yml' }],
    rejected: [],
  });
});
