import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { loadTemplate } from '../../src/io/templates.js';
import { makeDirectory } from './repository.js';

const packageRoot = () =>
  makeDirectory({ 'templates/go/Dockerfile.ejs': 'ours', 'templates/go/other.ejs': 'ours, too' });

test("a project's own template takes precedence, file by file", () => {
  const places = {
    projectRoot: makeDirectory({ '.slipway/templates/go/Dockerfile.ejs': 'theirs' }),
    packageRoot: packageRoot(),
  };
  expect(loadTemplate('go', 'Dockerfile.ejs', places)).toEqual({
    text: 'theirs',
    origin: '.slipway/templates/go/Dockerfile.ejs',
  });
  expect(loadTemplate('go', 'other.ejs', places)).toEqual({ text: 'ours, too', origin: 'slipway:go/other.ejs' });
});

test('the directory of their templates can be set, and ours be given as a URL', () => {
  const projectRoot = makeDirectory({
    'ci/go/Dockerfile.ejs': 'theirs',
    '.slipway/templates/go/Dockerfile.ejs': 'not asked',
  });
  const places = { projectRoot, overrideDirectory: './ci/', packageRoot: pathToFileURL(`${packageRoot()}/`) };
  expect(loadTemplate('go', 'Dockerfile.ejs', places)).toEqual({ text: 'theirs', origin: 'ci/go/Dockerfile.ejs' });
  expect(loadTemplate('go', 'other.ejs', places).text).toBe('ours, too');
});

test("without being told, Slipway's own templates are found beside this module", () => {
  const { origin, text } = loadTemplate('go', 'Dockerfile.ejs', { projectRoot: makeDirectory() });
  expect([origin, text.includes('FROM')]).toEqual(['slipway:go/Dockerfile.ejs', true]);
});

test('a template that is nowhere, outside of the project, or not a plain name is refused', () => {
  const outside = makeDirectory({ 'Dockerfile.ejs': 'outside' });
  const projectRoot = makeDirectory({ '.slipway/templates/rust/keep': '', 'a.ejs': '' });
  symlinkSync(outside, join(projectRoot, '.slipway/templates/zig'));
  const places = { projectRoot, packageRoot: packageRoot() };
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
