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

describe('a shell runs what is more than one command or has a variable, and then becomes the service', () => {
  test.each([
    ['node dist/x.js $PORT', 'exec node dist/x.js $PORT'],
    ['PORT=${PORT:-80} cross-env A="b c" node dist/x.js', "PORT=${PORT:-80} A='b c' exec node dist/x.js"],
    ['node migrate.js && node dist/x.js', 'node migrate.js && exec node dist/x.js'],
    ['tsc && mkdir -p /tmp/a && node dist/x.js', 'mkdir -p /tmp/a && exec node dist/x.js'],
    ['npm run migrate && npm run serve -- -v', 'next info && exec node dist/serve.js -v'],
    ['cd dist && node x.js', 'cd dist && exec node x.js'],
    ['next info && NODE_ENV=production next start', 'next info && exec next start'],
  ])('%s', (start, line) => {
    const scripts = { ...built, start, migrate: 'next info', serve: 'node dist/serve.js' };
    const written = line.replaceAll(/(?<=^|exec |&& )next/g, 'node_modules/.bin/next');
    expect(startOf({ scripts, dependencies: { next: '15' } })).toEqual(['sh', '-c', written]);
  });

  test('also where another script has to go before it, unless that one only builds', () => {
    const start = 'node dist/x.js';
    const line = 'node migrate.js && exec node dist/x.js';
    expect(startOf({ scripts: { ...built, start, prestart: 'node migrate.js' } })).toEqual(['sh', '-c', line]);
    expect(startOf({ scripts: { ...built, start, prestart: 'npm run build' } })).toEqual(['node', 'dist/x.js']);
  });

  test('and a file that none of its commands makes is missed like any other', () => {
    const start = 'node migrate.js && node x.js';
    expect(refusalOf({ scripts: { start } }, { 'x.js': '' })).toBe('detect.unsupported');
  });
});

describe('what needs more of a shell stays with npm', () => {
  test.each(['node dist/a.js & node dist/b.js', 'node dist/*.js', 'node "$FILE"', 'node dist/x.js ${PORT:=80}'])(
    '%s',
    (start) => {
      expect(startOf({ scripts: { ...built, start } })).toEqual(['npm', 'start']);
    },
  );

  test('also where a script has to come after it', () => {
    const scripts = { ...built, start: 'node dist/x.js', poststart: 'node after.js' };
    expect(startOf({ scripts })).toEqual(['npm', 'start']);
  });
});

describe('what serves only developers is dropped from a command', () => {
  test.each([
    ['node --inspect=0.0.0.0:9229 dist/x.js', ['node', 'dist/x.js']],
    ['dotenv -e .env -- node dist/x.js', ['node', 'dist/x.js']],
    ['dotenvx run -f .env -- node dist/x.js', ['node', 'dist/x.js']],
    ['pm2 start dist/x.js --no-daemon', ['node', 'dist/x.js']],
    ['fastify start -l info dist/x.js', ['node_modules/.bin/fastify', 'start', '-l', 'info', 'dist/x.js']],
    ['pm2-runtime dist/x.js', ['node_modules/.bin/pm2-runtime', 'dist/x.js']],
    ['ts-node src/x.ts', ['node_modules/.bin/ts-node', 'src/x.ts']],
  ])('%s', (start, argv) => {
    const dependencies = { pm2: '6', 'ts-node': '10', 'dotenv-cli': '8', 'fastify-cli': '8' };
    expect(startOf({ scripts: { ...built, start }, dependencies })).toEqual(argv);
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
    'cd server && npm start',
    'bun run src/x.ts',
    'pm2 start dist/x.js',
    'node --import=tsx src/x.ts',
    'node -r tsx/cjs src/x.ts',
    'docusaurus start',
    'craco start',
    'python app.py',
  ])('%s', (start) => {
    const manifest = {
      scripts: { ...built, start },
      devDependencies: { tsx: '4' },
      dependencies: { hapi: '1', pm2: '6' },
    };
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
  expect(startOf({ scripts: migrate, dependencies: { prisma: '6' } })).toEqual([
    'sh',
    '-c',
    'node_modules/.bin/prisma migrate deploy && exec node dist/x.js',
  ]);
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

test('a hint is the start, whatever the scripts say', () => {
  const tree = memoryTree({ 'package.json': '{"scripts":{"start":"nodemon x"}}' });
  const hints = { 'node.start': { value: ['node', 'x.js'], origin: 'slipway.yml' } };
  expect(node.detect(tree, hints)?.facts['node.start']).toEqual({
    value: ['node', 'x.js'],
    from: [{ because: 'set by slipway.yml' }],
    rejected: [],
  });
});
