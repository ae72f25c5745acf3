import { describe, expect, test } from 'vitest';
import { readFact, refusalOf } from '../../support/node-project.js';

const server = { dependencies: { express: '4' } };

describe('a file that happens to lie there is no start', () => {
  test.each([
    ['sources that are compiled', { scripts: { build: 'webpack' }, ...server }],
    ['what a compiling runner starts', { scripts: { start: 'babel-node index.js' }, ...server }],
    ['beside a tool that serves other files', { main: 'index.js', scripts: { start: 'grunt dev' } }],
    ['half of what is started', { scripts: { start: 'concurrently "node api" "vite"' }, main: 'index.js' }],
    ['an editor extension', { main: 'index.js', engines: { vscode: '^1.90.0' } }],
    [
      'a desktop application',
      { main: 'index.js', scripts: { start: 'electron .' }, devDependencies: { electron: '30' } },
    ],
    ['functions for Firebase', { main: 'index.js', dependencies: { 'firebase-functions': '6' } }],
  ])('%s', (_what, manifest) => {
    const files = { 'package.json': manifest, 'index.js': '' };
    expect(refusalOf(files)).toMatchObject({ code: 'detect.unsupported' });
  });

  test.each([
    ['cdk.json', { bin: 'index.js' }],
    ['serverless.yml', {}],
    ['wrangler.jsonc', { scripts: { start: 'wrangler dev' } }],
    ['.meteor/release', { main: 'index.js' }],
  ])('%s says that something else starts it', (file, manifest) => {
    const files = { 'package.json': manifest, 'index.js': '', [file]: '' };
    expect(refusalOf(files)).toEqual({ code: 'detect.unsupported', where: file });
  });

  test('a command that is a script for a shell is none for node', () => {
    const files = { 'package.json': { bin: './run.sh' }, 'run.sh': '' };
    expect(refusalOf(files)).toEqual({ code: 'detect.unsupported', where: 'package.json' });
  });

  test('what a developer restarts by itself is one', () => {
    expect(
      readFact('node.start', { 'package.json': { scripts: { start: 'nodemon index.js' } }, 'index.js': '' }),
    ).toEqual(['node', 'index.js']);
  });
});

describe('a package inside of another', () => {
  const nested = (scripts: object) => ({
    'package.json': { scripts, dependencies: { express: '4' } },
    'server/package.json': { dependencies: { pg: '8' } },
    'server/src/x.js': '',
  });

  test.each(['node server/src/x.js', 'cd server && node src/x.js'])(
    'is not started without its dependencies: %s',
    (start) => {
      expect(refusalOf(nested({ start }))).toEqual({ code: 'detect.unsupported', where: 'package.json:3' });
    },
  );

  test.each([
    { postinstall: 'npm ci --prefix server' },
    { build: 'npm run build:server', 'build:server': 'cd server && npm ci' },
  ])('is started where something installs them: %j', (scripts) => {
    const files = nested({ ...scripts, start: 'node server/src/x.js' });
    expect(readFact('node.start', files)).toEqual(['node', 'server/src/x.js']);
  });

  test('is started where it needs no more than the root has', () => {
    const files = {
      ...nested({ start: 'node server/src/x.js' }),
      'server/package.json': { dependencies: { express: '4' } },
    };
    expect(readFact('node.start', files)).toEqual(['node', 'server/src/x.js']);
  });
});

describe('a Procfile', () => {
  const web = (Procfile: string) => ({
    'package.json': { scripts: { build: 'tsc' }, ...server },
    'index.js': '',
    Procfile,
  });

  test('says what starts where no script does', () => {
    expect(readFact('node.start', web('worker: node w.js\nweb: NODE_ENV=production node dist/web.js\n'))).toEqual([
      'node',
      'dist/web.js',
    ]);
  });

  test.each(['web: npm start', 'web: node dist/web.js | tee log', 'web: nodemon x.js'])('%s is refused', (text) => {
    expect(refusalOf(web(text))).toEqual({ code: 'detect.unsupported', where: 'Procfile:1' });
  });
});

test('a Node that cannot run TypeScript is not given any', () => {
  const files = (nvmrc: string) => ({
    '.nvmrc': nvmrc,
    'package.json': { scripts: { start: 'node src/x.ts' }, ...server },
    'src/x.ts': '',
  });
  expect(refusalOf(files('20'))).toEqual({ code: 'detect.unsupported', where: 'package.json:3' });
  expect(readFact('node.start', files('24'))).toEqual(['node', 'src/x.ts']);
});

describe('a site is where its own tool puts it', () => {
  const quasar = (build: string) => ({
    'package.json': { scripts: { build }, devDependencies: { '@quasar/app-vite': '2', vite: '5' } },
    'index.html': '',
  });

  test('Quasar has a folder for each mode', () => {
    const folders = ['quasar build', 'quasar build -m pwa'].map((build) => readFact('node.start', quasar(build)));
    const serve = ['node', '.slipway/static-server.mjs'];
    expect(folders).toEqual([
      [...serve, 'dist/spa', '--fallback=index.html'],
      [...serve, 'dist/pwa', '--fallback=index.html'],
    ]);
    expect(refusalOf(quasar('quasar build -m ssr'))).toMatchObject({ code: 'detect.unsupported' });
  });

  test('Vite makes none where no script runs it', () => {
    const files = {
      'package.json': { scripts: { build: 'max build' }, devDependencies: { vite: '5' } },
      'index.html': '',
    };
    expect(refusalOf(files)).toMatchObject({ code: 'detect.unsupported' });
  });
});
