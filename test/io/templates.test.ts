import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadTemplate } from '../../src/io/templates.js';
import { makeDirectory } from './repository.js';

const packageRoot = () =>
  makeDirectory({ 'templates/go/Dockerfile.ejs': 'ours', 'templates/go/other.ejs': 'ours, too' });
const manifest = (version: unknown) => JSON.stringify({ name: 'x', slipway: { templates: version } });

/** What is loaded for Go, with the project's files and the setting. */
function load(files: Readonly<Record<string, string>>, setting?: string, file = 'Dockerfile.ejs', below = '') {
  const projectRoot = join(makeDirectory(files), below);
  return loadTemplate('go', file, {
    projectRoot,
    packageRoot: packageRoot(),
    ...(setting !== undefined && { setting }),
  });
}

test("a project's own template takes precedence, file by file", () => {
  const files = { '.slipway/templates/go/Dockerfile.ejs': 'theirs' };
  expect(load(files)).toEqual({ text: 'theirs', origin: '.slipway/templates/go/Dockerfile.ejs', builtIn: false });
  expect(load(files, undefined, 'other.ejs')).toEqual({
    text: 'ours, too',
    origin: 'slipway:go/other.ejs',
    builtIn: true,
  });
});

describe("a company's templates", () => {
  const company = { 'node_modules/@company/templates/package.json': manifest(1) };
  const template = { 'node_modules/@company/templates/go/Dockerfile.ejs': 'company' };

  test('come from a package, after the project and before ours', () => {
    expect(load({ ...company, ...template }, '@company/templates')).toEqual({
      text: 'company',
      origin: '@company/templates/go/Dockerfile.ejs',
      builtIn: false,
    });
    const own = { '.slipway/templates/go/Dockerfile.ejs': 'theirs' };
    expect(load({ ...company, ...template, ...own }, '@company/templates').text).toBe('theirs');
    expect(load({ ...company, ...template }, '@company/templates', 'other.ejs').text).toBe('ours, too');
  });

  test('are found where a workspace hoists its packages', () => {
    const root = { ...company, ...template, 'services/a/go.mod': '' };
    expect(load(root, '@company/templates', undefined, 'services/a').text).toBe('company');
  });

  test.each(['./ci/templates', './ci/templates/', 'ci/templates'])('come from the directory %s', (setting) => {
    expect(load({ 'ci/templates/go/Dockerfile.ejs': 'company' }, setting)).toEqual({
      text: 'company',
      origin: 'ci/templates/go/Dockerfile.ejs',
      builtIn: false,
    });
  });

  test('come from a directory beside the project, or anywhere', () => {
    const files = { 'shared/go/Dockerfile.ejs': 'company', 'services/a/go.mod': '' };
    expect(load(files, '../../shared', undefined, 'services/a').origin).toBe('../../shared/go/Dockerfile.ejs');
    const elsewhere = makeDirectory({ 'go/Dockerfile.ejs': 'far' });
    expect(load({}, elsewhere).text).toBe('far');
  });

  test.each([
    ['a package that says nothing of templates', '{}', 'does not say that it holds templates'],
    [
      'a package made for other data',
      manifest(2),
      'are made for version 2 of the data, and this Slipway gives version 1',
    ],
    ['a package whose manifest is broken', '{', 'is not JSON'],
  ])('are refused: %s', (_title, text, message) => {
    const files = { ...template, 'node_modules/@company/templates/package.json': text };
    expect(() => load(files, '@company/templates')).toThrow(
      expect.objectContaining({
        code: 'detect.template',
        message: expect.stringContaining(message),
        where: '@company/templates/package.json',
      }),
    );
  });

  test('are refused where there are none, with the places that were looked at', () => {
    expect(() => load({ 'services/a/go.mod': '' }, '@company/templates', undefined, 'services/a')).toThrow(
      expect.objectContaining({
        code: 'detect.template',
        message: expect.stringContaining(
          "'@company/templates': looked for ./@company/templates, node_modules/@company/templates, ../node_modules/@company/templates",
        ),
      }),
    );
    expect(() => load({}, './ci')).toThrow(expect.objectContaining({ code: 'detect.template' }));
  });

  test('are refused where a name means two things', () => {
    const both = { 'templates/go/Dockerfile.ejs': 'a', 'node_modules/templates/package.json': manifest(1) };
    expect(() => load(both, 'templates')).toThrow(
      expect.objectContaining({ code: 'settings.invalid', candidates: ['./templates', './node_modules/templates'] }),
    );
  });
});

test("`none` leaves Slipway's own alone, whatever the project brings", () => {
  expect(load({ '.slipway/templates/go/Dockerfile.ejs': 'a stranger’s' }, 'none').text).toBe('ours');
});

test("without being told, Slipway's own templates are found beside this module", () => {
  const { origin, text } = loadTemplate('go', 'Dockerfile.ejs', { projectRoot: makeDirectory() });
  expect([origin, text.includes('FROM')]).toEqual(['slipway:go/Dockerfile.ejs', true]);
  const url = pathToFileURL(`${packageRoot()}/`);
  expect(loadTemplate('go', 'other.ejs', { projectRoot: makeDirectory(), packageRoot: url }).text).toBe('ours, too');
});

test('a template that is nowhere, outside of its root, or not a plain name is refused', () => {
  const outside = makeDirectory({ 'Dockerfile.ejs': 'outside' });
  const projectRoot = makeDirectory({ '.slipway/templates/rust/keep': '', 'ci/keep': '', 'a.ejs': '' });
  for (const place of ['.slipway/templates/zig', 'ci/zig']) symlinkSync(outside, join(projectRoot, place));
  const places = { projectRoot, packageRoot: packageRoot(), setting: './ci' };
  for (const [kind, file] of [
    ['rust', 'Dockerfile.ejs'],
    ['zig', 'Dockerfile.ejs'],
    ['..', 'a.ejs'],
    ['go', '../../a.ejs'],
    ['', 'x'],
    ['go', ''],
  ] as const) {
    expect(() => loadTemplate(kind, file, places)).toThrow(expect.objectContaining({ code: 'detect.template' }));
  }
});
