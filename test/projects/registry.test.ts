import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../src/projects/index.js';

const folders = directoriesOf('src/projects');
const templates = directoriesOf('templates').filter((name) => name !== 'common');
const fixtures = directoriesOf('fixtures/projects');

describe('the registry of kinds', () => {
  it('has a line for each folder, and a folder for each line', () => {
    expect(kinds.map((kind) => kind.name).toSorted()).toEqual(folders);
  });

  it('has a template folder for each kind, and no other', () => {
    expect(templates).toEqual(folders);
  });

  it.each(kinds.map((kind) => kind.name))('has a fixture with expectations for %s', (name) => {
    const own = fixtures.filter((fixture) => fixture.startsWith(`${name.split('-')[0]}-`));
    expect(
      own.filter((fixture) => existsSync(join('fixtures/projects', fixture, 'expected/detection.json'))),
    ).not.toEqual([]);
  });

  it.each(kinds.map((kind) => [kind.name, kind] as const))(
    'gives %s a name, a title and manifests that a person can read',
    (_name, kind) => {
      expect(kind.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(kind.title).not.toBe('');
      expect(kind.manifests).not.toEqual([]);
    },
  );
});

function directoriesOf(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}
