import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

/** The argv, or why it is refused. */
function startOf(manifest: object, files: Files = {}): unknown {
  const tree = memoryTree({ '.nvmrc': '22', 'package.json': JSON.stringify(manifest), ...files });
  try {
    return node.detect(tree, {})?.facts['node.start']?.value;
  } catch (error) {
    const { message, where } = error as { message: string; where: string };
    return `${where}: ${message.split(': ').slice(2).join(': ') || message}`;
  }
}

/** What the static file server is told, or anything else that was found. */
function siteOf(manifest: object, files: Files = {}): unknown {
  const start = startOf(manifest, files);
  const isSite = Array.isArray(start) && start[1] === '.slipway/static-server.mjs';
  return isSite ? start.slice(2).join(' ') : start;
}

const using = (build: string, ...names: readonly string[]) => ({
  scripts: { build },
  dependencies: Object.fromEntries(names.map((name) => [name, '1'])),
});

describe('a framework starts by its own production server', () => {
  test.each([
    [using('nuxt build', 'nuxt'), {}, ['node', '.output/server/index.mjs']],
    [using('nitro build', 'nitropack'), {}, ['node', '.output/server/index.mjs']],
    [{ scripts: { build: 'nuxt build' }, dependencies: { nuxt: '^2.18.1' } }, {}, ['node_modules/.bin/nuxt', 'start']],
    [using('next build', 'next'), {}, ['node_modules/.bin/next', 'start']],
    [
      { ...using('next build', 'next'), scripts: { build: 'next build', start: 'next start' } },
      { 'next.config.mjs': "export default { output: 'standalone' }" },
      ['node', '.next/standalone/server.js'],
    ],
    [using('nest build', '@nestjs/core'), {}, ['node', 'dist/main.js']],
    [
      using('nest build', '@nestjs/core'),
      { 'src/main.ts': '', 'tsconfig.json': '{"compilerOptions":{"outDir":"./out","rootDir":"."}}' },
      ['node', 'out/src/main.js'],
    ],
    [
      using('react-router build', '@react-router/node', '@react-router/serve'),
      {},
      ['node_modules/.bin/react-router-serve', './build/server/index.js'],
    ],
    [
      using('remix vite:build', '@remix-run/node', '@remix-run/serve'),
      {},
      ['node_modules/.bin/remix-serve', './build/server/index.js'],
    ],
    [
      using('vite build', '@sveltejs/kit'),
      {
        'svelte.config.js':
          "import adapter from '@sveltejs/adapter-node';\nexport default { kit: { adapter: adapter() } }",
      },
      ['node', 'build'],
    ],
    [
      using('astro build', 'astro'),
      {
        'astro.config.mjs': "import node from '@astrojs/node';\n({ adapter: node({ mode: 'standalone' }) })",
        'src/pages/blog/[id].astro': '---\nexport const prerender = false;\n---',
      },
      ['node', './dist/server/entry.mjs'],
    ],
    [
      {
        ...using('node ace build', '@adonisjs/core'),
        type: 'module',
        scripts: { build: 'node ace build', start: 'node bin/server.js' },
      },
      { 'bin/server.ts': '' },
      ['node', 'build/bin/server.js'],
    ],
    [
      using('ng build', '@angular/core', 'express'),
      {
        'angular.json':
          '{"projects":{"a":{"architect":{"build":{"builder":"x:application","options":{"ssr":{"entry":"s.ts"}}}}}}}',
      },
      ['node', 'dist/a/server/server.mjs'],
    ],
  ])('%j %j', (manifest, files: Files, argv) => {
    expect(startOf(manifest, files)).toEqual(argv);
  });
});

describe('a site is served from where its build puts it, with the fallback and the base path of its generator', () => {
  test.each([
    [using('vite build', 'vite'), { 'index.html': '' }, 'dist --fallback=index.html'],
    [using('vite build --outDir www --base=/a/', 'vite'), { 'index.html': '' }, 'www --fallback=index.html --base=/a/'],
    [
      using('vite build', 'vite'),
      {
        'client/index.html': '',
        'vite.config.ts': "({ root: './client', base: '/b', build: { outDir: '../out/web' } })",
      },
      'out/web --fallback=index.html --base=/b/',
    ],
    [
      using('vite build', 'vite'),
      { 'index.html': '', 'vite.config.ts': "({ base: 'https://cdn.example.com/x/y/' }) // outDir: 'no'" },
      'dist --fallback=index.html --base=/x/y/',
    ],
    [using('react-scripts build', 'react-scripts'), {}, 'build --fallback=index.html'],
    [using('BUILD_PATH=./www react-scripts build', 'react-scripts'), {}, 'www --fallback=index.html'],
    [using('vue-cli-service build', '@vue/cli-service'), {}, 'dist --fallback=index.html'],
    [
      using('vue-cli-service build', '@vue/cli-service'),
      { 'vue.config.js': "module.exports = { outputDir: 'web', publicPath: '/v/' }" },
      'web --fallback=index.html --base=/v/',
    ],
    [
      using('ng build', '@angular/core'),
      { 'angular.json': '{"projects":{"a":{"architect":{"build":{"builder":"@angular/build:application"}}}}}' },
      'dist/a/browser --fallback=index.html',
    ],
    [
      using('ng build', '@angular/core'),
      {
        'angular.json':
          '{"projects":{"a":{"architect":{"build":{"builder":"x:browser","options":{"outputPath":"www"}}}}}}',
      },
      'www --fallback=index.html',
    ],
    [
      using('ng build', '@angular/core'),
      {
        'angular.json':
          '{"projects":{"a":{"targets":{"build":{"builder":"x:application","options":{"outputMode":"static","ssr":{"entry":"s.ts"},"outputPath":{"base":"o","browser":""}}}}}}}',
      },
      'o --fallback=index.csr.html --fallback=index.html',
    ],
    [
      using('ng build b', '@angular/core'),
      {
        'angular.json':
          '{"projects":{"a":{"architect":{"build":{"builder":"x:application"}}},"b":{"architect":{"build":{"builder":"x:application"}}}}}',
      },
      'dist/b/browser --fallback=index.html',
    ],
    [using('astro build', 'astro'), {}, 'dist'],
    [
      using('astro build', 'astro'),
      { 'astro.config.mjs': "({ outDir: './web', base: '/docs' })" },
      'web --base=/docs/',
    ],
    [
      using('next build', 'next'),
      { 'next.config.js': "module.exports = { output: 'export', basePath: '/n' }" },
      'out --base=/n/',
    ],
    [
      { ...using('next build', 'next'), scripts: { build: 'next build', start: 'next start' } },
      { 'next.config.js': "module.exports = { output: 'export', distDir: 'web' }" },
      'web',
    ],
    [using('nuxt generate', 'nuxt'), {}, '.output/public --fallback=200.html'],
    [
      using('vite build', '@sveltejs/kit'),
      {
        'vite.config.js':
          "import adapter from '@sveltejs/adapter-static'; adapter({ pages: 'web', fallback: '200.html' })",
      },
      'web --fallback=200.html',
    ],
    [
      using('react-router build', '@react-router/dev'),
      { 'react-router.config.ts': 'export default { ssr: false }' },
      'build/client --fallback=__spa-fallback.html --fallback=index.html',
    ],
    [using('gatsby build', 'gatsby'), {}, 'public'],
    [
      using('docusaurus build', '@docusaurus/core'),
      { 'docusaurus.config.ts': "({ baseUrl: '/d/' })" },
      'build --base=/d/',
    ],
    [using('vitepress build docs', 'vitepress'), {}, 'docs/.vitepress/dist'],
    [using('vuepress build docs', 'vuepress'), {}, 'docs/.vuepress/dist'],
    [using('eleventy', '@11ty/eleventy'), { 'eleventy.config.js': "({ dir: { output: 'web' } })" }, 'web'],
    [using('eleventy --output=www', '@11ty/eleventy'), {}, 'www'],
    [using('parcel build src/index.html --dist-dir www', 'parcel'), {}, 'www --fallback=index.html'],
    [using('storybook build -o book', 'storybook'), {}, 'book'],
    [
      { scripts: { build: 'webpack' }, devDependencies: { 'html-webpack-plugin': '5' } },
      { 'webpack.config.js': "({ output: { path: path.resolve(__dirname, 'web') } })" },
      'web --fallback=index.html',
    ],
  ])('%j %j', (manifest, files: Files, site) => {
    expect(siteOf(manifest, files)).toBe(site);
  });
});

describe('what cannot be known without running the configuration is refused, and says why', () => {
  test.each([
    [using('vite build', 'vite'), {}, 'package.json:1: there is no index.html that it would build a site from'],
    [
      using('vite build', 'vite'),
      { 'index.html': '', 'vite.config.ts': '\n({ build: { outDir: process.env.OUT } })' },
      'vite.config.ts:2: the directory of its site is computed, or lies outside of the project',
    ],
    [
      using('vite build', 'vite'),
      { 'index.html': '', 'vite.config.ts': "({ build: { outDir: '../elsewhere' } })" },
      'vite.config.ts:1: the directory of its site is computed, or lies outside of the project',
    ],
    [
      using('vite build', '@sveltejs/kit'),
      { 'svelte.config.js': "import adapter from '@sveltejs/adapter-auto'" },
      'svelte.config.js:1: it makes neither a server for Node nor a site',
    ],
    [using('vite build', '@sveltejs/kit'), {}, 'package.json:1: its configuration names no adapter'],
    [
      using('astro build', 'astro'),
      { 'astro.config.mjs': "\n({ output: 'server', adapter: vercel() })" },
      'astro.config.mjs:2: without @astrojs/node there is no server for Node',
    ],
    [
      using('astro build', 'astro'),
      {
        'astro.config.mjs':
          "import node from '@astrojs/node'; ({ output: 'server', adapter: node({ mode: 'middleware' }) })",
      },
      'astro.config.mjs:1: as a middleware it is no server by itself: set its mode to standalone, or start the server that uses it',
    ],
    [
      using('next build', 'next'),
      { 'next.config.js': "module.exports = { output: process.env.X ? 'export' : undefined }" },
      'next.config.js:1: whether next makes a server is computed',
    ],
    [
      using('nuxt build', 'nuxt'),
      { 'nuxt.config.ts': "defineNuxtConfig({ nitro: { preset: 'vercel' } })" },
      'nuxt.config.ts:1: it makes no server for Node',
    ],
    [
      using('ng build', '@angular/core'),
      {
        'angular.json':
          '{"projects":{"a":{"architect":{"build":{"builder":"x:application"}}},"b":{"architect":{"build":{"builder":"x:application"}}}}}',
      },
      'angular.json: the build script must say which is built: a, b',
    ],
    [
      using('parcel build src/index.js', 'parcel'),
      {},
      'package.json:1: Nothing says how this Node project starts in production',
    ],
  ])('%j %j', (manifest, files: Files, refusal) => {
    expect(siteOf(manifest, files)).toBe(refusal);
  });
});

describe('the file that tsc makes of the source that developers start', () => {
  const compiled = (start: string, build: string, files: Files) =>
    startOf({ scripts: { start, build }, devDependencies: { tsx: '4' } }, files);

  test.each([
    [
      'tsx watch src/a.ts',
      'tsc',
      { 'tsconfig.json': '{"compilerOptions":{"outDir":"dist"},"include":["src/**/*.ts"]}' },
      'dist/a.js',
    ],
    [
      'nodemon --exec ts-node src/a.ts',
      'rm -rf x && tsc',
      { 'tsconfig.json': '{"compilerOptions":{"outDir":"dist","rootDir":"."}}' },
      'dist/src/a.js',
    ],
    [
      'ts-node-dev ./src/a.ts',
      'tsc -p tsconfig.app.json',
      {
        'tsconfig.app.json': '{"extends":"./base/tsconfig","include":["src","lib"]}',
        'base/tsconfig.json': '{"compilerOptions":{"outDir":"../out"}}',
      },
      'out/src/a.js',
    ],
  ])('%s, %s, %j', (start, build, files: Files, file) => {
    expect(compiled(start, build, { 'src/a.ts': '', ...files })).toEqual(['node', file]);
  });

  test('is unknown where tsc makes none', () => {
    const config = { 'tsconfig.json': '{"compilerOptions":{"outDir":"dist","noEmit":true}}' };
    expect(compiled('tsx watch src/a.ts', 'tsc', { 'src/a.ts': '', ...config })).toBe(
      'package.json:1: tsx watch is for development',
    );
  });
});

test('a standalone Next server of a workspace member lies below the path of the member', () => {
  const files = {
    'package.json': '{"workspaces":["apps/*"]}',
    'apps/web/package.json': JSON.stringify(using('next build', 'next')),
    'apps/web/next.config.js': "module.exports = { output: 'standalone' }",
  };
  const facts = node.detect(memoryTree(files), {})?.facts ?? {};
  const recipe = node.recipe({ name: 'web', facts }, { platform: 'linux/amd64', version: '1' });
  expect([recipe.entrypoint, recipe.data.directory]).toEqual([
    ['node', '.next/standalone/apps/web/server.js'],
    '/app/apps/web',
  ]);
  const checked = recipe.steps.flatMap((step) =>
    'argv' in step && step.title.startsWith('Check') ? step.argv.slice(-1) : [],
  );
  expect(checked).toEqual(['.slipway-out/app/apps/web/.next/standalone/apps/web/server.js']);
});
