import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProject } from '../../src/io/project-root.js';
import { git } from '../support/fixture-project.js';

let directory = '';

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-test-place-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(path: string): string {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

test('a directory is the project itself', () => {
  expect(findProject(directory)).toEqual({ root: directory });
});

test('a file that is no jar is refused, with the directory to name instead', () => {
  const pom = write('shop/pom.xml');
  expect(() => findProject(pom)).toThrow(
    expect.objectContaining({ code: 'settings.usage', remedy: `Name the project's directory: ${dirname(pom)}` }),
  );
});

test('a jar outside of any repository belongs to its own directory, also when a link names it', () => {
  const jar = write('build/app.jar');
  write('slipway.yml');
  symlinkSync(jar, join(directory, 'latest.jar'));
  const place = { root: join(directory, 'build'), jar: 'app.jar' };
  expect([findProject(jar), findProject(join(directory, 'latest.jar'))]).toEqual([place, place]);
});

test('a jar in a repository belongs to its top, or to the nearest directory with settings below it', () => {
  git(directory, 'init', '--quiet');
  const jar = write('services/shop/target/app.jar');
  expect(findProject(jar)).toEqual({ root: directory, jar: 'services/shop/target/app.jar' });
  write('services/shop/slipway.yml');
  expect(findProject(jar)).toEqual({ root: join(directory, 'services/shop'), jar: 'target/app.jar' });
});

test('what is not there is refused', () => {
  expect(() => findProject(join(directory, 'app.jar'))).toThrow(expect.objectContaining({ code: 'settings.usage' }));
});
