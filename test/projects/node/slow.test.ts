import { expect, test } from 'vitest';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

const manifest =
  '{"scripts":{"start":"node s.js"},"dependencies":{"ms":"2","@prisma/client":"6"},"devDependencies":{"prisma":"6"}}';

test.each([
  ['yarn.lock', `${'ms@1:\n'.repeat(280_000)}`],
  ['pnpm-lock.yaml', `lockfileVersion: '9.0'\nimporters:\n${`${' '.repeat(6)}a:\n`.repeat(200_000)}`],
  ['package-lock.json', `{"packages":{${'"node_modules/ms":{},'.repeat(100_000)}"x":{}}}`],
  ['prisma/schema.prisma', '\n'.repeat(200_000)],
  ['.yarnrc.yml', `a ${' '.repeat(190_000)}"`],
  ['.npmrc', '${NPM_'.repeat(15_000)],
])('%s made to take long is read within a second', (file, text) => {
  const tree = memoryTree({ '.nvmrc': '22', 's.js': '', 'package.json': manifest, [file]: text });
  const start = performance.now();
  expect(node.detect(tree, {})?.facts['node.start']?.value).toEqual(['node', 's.js']);
  expect(performance.now() - start).toBeLessThan(1000);
});
