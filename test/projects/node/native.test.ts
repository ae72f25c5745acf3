import { describe, expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

type Files = Readonly<Record<string, string>>;

function recipeOf(manifest: object, files: Files = {}, base?: string) {
  const text = JSON.stringify({ scripts: { start: 'node server.js' }, ...manifest }, null, 1);
  const facts =
    node.detect(memoryTree({ '.nvmrc': '22', 'server.js': '', 'package.json': text, ...files }), {})?.facts ?? {};
  return node.recipe(
    { name: 'x', facts },
    { platform: 'linux/amd64', version: '1', ...(base !== undefined && { base }) },
  );
}

function imagesOf(manifest: object, files: Files = {}) {
  const { builder, base, env } = recipeOf(manifest, files);
  return [builder, base, env.npm_config_nodedir];
}

describe('what may be compiled is built in the full image and runs in the slim one', () => {
  const compiled = ['node:22', 'node:22-slim', '/usr/local'];
  test.each<[string, object, Files]>([
    ['an add-on of its own', {}, { 'binding.gyp': '{}' }],
    ['npm', {}, { 'package-lock.json': '{"packages":{\n"node_modules/node-addon-api": {"version":"1"}}}' }],
    [
      'npm, nested and scoped',
      {},
      { 'package-lock.json': '{"packages":{"node_modules/a/node_modules/@mapbox/node-pre-gyp": {}}}' },
    ],
    ['pnpm', {}, { 'pnpm-lock.yaml': "lockfileVersion: '9.0'\npackages:\n\n  prebuild-install@7.1.3:\n" }],
    ['yarn classic', {}, { 'yarn.lock': 'nan@^2.14.0:\n  version "2.22.0"\n' }],
    ['yarn 4', {}, { 'yarn.lock': '__metadata:\n  version: 8\n\n"node-gyp@npm:latest":\n  version: 11\n' }],
    ['bun', {}, { 'bun.lock': '{"packages":{"node-addon-api": ["node-addon-api@7.1.1"]}}' }],
    ['no lockfile, and a well-known package', { dependencies: { 'better-sqlite3': '12' } }, {}],
  ])('%s', (_what, manifest, files) => {
    expect(imagesOf(manifest, files)).toEqual(compiled);
  });

  test.each<[string, object, Files]>([
    ['nothing', {}, { 'package-lock.json': '{}' }],
    [
      'sharp, which brings its own',
      { dependencies: { sharp: '0.34.5' } },
      { 'package-lock.json': '{"packages":{"node_modules/sharp": {"dependencies":{"detect-libc":"2"}}}}' },
    ],
    [
      'names that only look alike',
      {},
      { 'package-lock.json': '{"packages":{"node_modules/nanoid": {},"node_modules/node-gyp-build": {}}}' },
    ],
  ])('not %s', (_what, manifest, files) => {
    expect(imagesOf(manifest, files)).toEqual(['node:22-slim', 'node:22-slim', undefined]);
  });
});

describe("Prisma's engine needs OpenSSL, in the builder and in the image", () => {
  const prisma = (version: string) => ({ dependencies: { '@prisma/client': version } });
  const schema = 'generator client {\n  provider = "prisma-client-js"\n  engineType = "client"\n}\n';
  test('until 7, unless the schema chooses the client without an engine', () => {
    expect([
      imagesOf(prisma('^6.19.0')).slice(0, 2),
      imagesOf(prisma('5.0.0')).slice(0, 2),
      imagesOf(prisma('^7.0.0')).slice(0, 2),
      imagesOf(prisma('^6.19.0'), { 'prisma/schema.prisma': schema }).slice(0, 2),
      imagesOf({ ...prisma('^6.19.0'), prisma: { schema: 'db/s.prisma' } }, { 'db/s.prisma': schema }).slice(0, 2),
    ]).toEqual([
      ['node:22', 'node:22'],
      ['node:22', 'node:22'],
      ['node:22-slim', 'node:22-slim'],
      ['node:22-slim', 'node:22-slim'],
      ['node:22-slim', 'node:22-slim'],
    ]);
  });
});

describe("Prisma's client is made from the schema before the build", () => {
  const manifest = { dependencies: { '@prisma/client': '7' }, devDependencies: { prisma: '7' } };
  const schema = { 'prisma/schema.prisma': 'generator client {\n  output = "../src/generated"\n}\n' };
  const isMade = (more: object, files: Files) =>
    recipeOf({ ...manifest, ...more }, files).steps.some((step) => 'argv' in step && step.argv[1] === 'generate');
  test.each<[string, object, Files, boolean]>([
    ['where no script does', {}, schema, true],
    [
      'not where a script does',
      { scripts: { start: 'node server.js', prebuild: 'prisma db x; npx prisma generate' } },
      schema,
      false,
    ],
    ['not without a schema', {}, {}, false],
    ['not without the command', { devDependencies: {} }, schema, false],
    ['not where it is checked in', {}, { ...schema, 'src/generated/client.ts': '' }, false],
  ])('%s', (_what, more, files, made) => {
    expect(isMade(more, files)).toBe(made);
  });
});

describe('a browser is in no image of Node', () => {
  test('refused with what to set, and taken with a base that has one', () => {
    const manifest = { dependencies: { puppeteer: '24' } };
    expect(() => recipeOf(manifest)).toThrow(
      expect.objectContaining({
        code: 'detect.unsupported',
        where: 'package.json:6',
        remedy: expect.stringContaining('image.base'),
      }),
    );
    expect(recipeOf(manifest, {}, 'example.com/with-browser:1').base).toBe('example.com/with-browser:1');
  });

  test('for tests alone it is no matter, and is not downloaded', () => {
    const { env } = recipeOf({ devDependencies: { playwright: '1' } });
    expect([env.PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD, env.PUPPETEER_SKIP_DOWNLOAD]).toEqual(['1', 'true']);
  });
});
