import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packSlipway } from './npm-package.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-pack-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the package holds the command line and what it loads, the templates, the schema, README and LICENSE, and nothing else', async () => {
  const { files } = await packSlipway(directory);
  const program = [...reachable('dist/cli/main.js')];
  const licenses = filesBelow('dist').filter((path) => path.endsWith('.txt'));
  const expected = [...program, ...licenses, ...filesBelow('templates'), ...filesBelow('schema')];
  expect(program.length).toBeGreaterThan(8);
  expect(files).toEqual([...expected, 'LICENSE', 'README.md', 'package.json'].sort());
});

/** A module and all that it imports from beside it, statically or when asked. */
function reachable(path: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  const imports = readFileSync(path, 'utf8').matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}\/[^"']+)["']/g);
  for (const [, name = ''] of imports) reachable(join(dirname(path), name), found);
  return found;
}

function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
