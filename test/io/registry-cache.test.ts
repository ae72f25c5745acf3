import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withCache } from '../../src/io/registry-cache.js';
import { readRepository } from '../../src/releases/read-repository.js';
import { MemoryRegistry } from '../support/memory-registry.js';
import { makeDirectory } from './repository.js';

function registry(): MemoryRegistry {
  const made = new MemoryRegistry();
  for (const version of ['1.0.0', '1.1.0']) made.addImage({ labels: { version }, seed: version }, version);
  return made;
}

async function versionsOf(made: MemoryRegistry, directory: string): Promise<readonly (string | undefined)[]> {
  made.calls.length = 0;
  const { images } = await readRepository(withCache(made.open(), directory));
  return images.map(({ version }) => version);
}

test('the second time only the tags are asked for, and what they name', async () => {
  const made = registry();
  const directory = join(makeDirectory({}), 'registry');
  await versionsOf(made, directory);
  expect(await versionsOf(made, directory)).toEqual(['1.1.0', '1.0.0']);
  expect(made.calls).toEqual(['list', 'head 1.0.0', 'head 1.1.0']);
});

test('what is kept and has another digest than its name is read again', async () => {
  const made = registry();
  const directory = makeDirectory({});
  await versionsOf(made, directory);
  for (const name of readdirSync(directory)) writeFileSync(join(directory, name), '{"mediaType":"forged"}');
  expect(await versionsOf(made, directory)).toEqual(['1.1.0', '1.0.0']);
});

test('a directory that is none keeps nothing, and harms nothing', async () => {
  const made = registry();
  const file = join(makeDirectory({ file: '' }), 'file');
  chmodSync(file, 0o400);
  expect(await versionsOf(made, file)).toEqual(['1.1.0', '1.0.0']);
});
