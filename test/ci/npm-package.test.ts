import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packSlipway } from './npm-package.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-pack-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the package holds what was compiled, the templates, the schema, README and LICENSE, and nothing else', async () => {
  const { files } = await packSlipway(directory);
  const compiled = filesBelow('src').map((path) => path.replace(/^src\//, 'dist/').replace(/\.ts$/, '.js'));
  const expected = [
    ...compiled,
    ...filesBelow('templates'),
    ...filesBelow('schema'),
    'LICENSE',
    'README.md',
    'package.json',
  ];
  expect(files).toEqual(expected.sort());
});

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
