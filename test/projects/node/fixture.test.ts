import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Facts } from '../../../src/core/project.js';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

const fixture = 'fixtures/projects/node-gateway';

function readFiles(directory: string, prefix = ''): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(directory)) {
    if (['node_modules', 'dist', 'expected'].includes(name)) continue;
    const path = join(directory, name);
    if (statSync(path).isDirectory()) Object.assign(files, readFiles(path, `${prefix}${name}/`));
    else files[`${prefix}${name}`] = readFileSync(path, 'utf8');
  }
  return files;
}

function valuesOf(facts: Facts): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, fact.value]));
}

test('the gateway is detected as its expected file has it', () => {
  const detection = node.detect(memoryTree(readFiles(fixture)), {});
  const expected: unknown = JSON.parse(readFileSync(join(fixture, 'expected/detection.json'), 'utf8'));
  expect({ kind: node.name, name: detection?.name, facts: valuesOf(detection?.facts ?? {}) }).toEqual(expected);
});
