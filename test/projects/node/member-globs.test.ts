import { expect, test } from 'vitest';
import { expandGlobs } from '../../../src/projects/node/member-globs.js';
import { memoryTree } from '../../support/memory-tree.js';

const folders = [
  'apps/web',
  'apps/api',
  'apps/old-api',
  'libs/a/core',
  'libs/b',
  'tools',
  '.hidden/x',
  'apps/web/node_modules/y',
];
const tree = memoryTree({
  ...Object.fromEntries(folders.map((folder) => [`${folder}/package.json`, '{}'])),
  'apps/notes/readme.md': '',
  'package.json': '{}',
});

test.each<[readonly string[], readonly string[]]>([
  [['apps/*'], ['apps/api', 'apps/old-api', 'apps/web']],
  [['./apps/*/'], ['apps/api', 'apps/old-api', 'apps/web']],
  [['libs/**'], ['libs/a/core', 'libs/b']],
  [['**'], ['apps/api', 'apps/old-api', 'apps/web', 'libs/a/core', 'libs/b', 'tools']],
  [['*'], ['tools']],
  [
    ['apps/*-api', 'tools'],
    ['apps/old-api', 'tools'],
  ],
  [['{apps,libs}/{web,b}'], ['apps/web', 'libs/b']],
  [
    ['apps/*', '!apps/old-*'],
    ['apps/api', 'apps/web'],
  ],
  [
    ['apps/**', '!**/web'],
    ['apps/api', 'apps/old-api'],
  ],
  [['.', 'nowhere', '../x', '/etc', 'apps/notes'], []],
])('%j', (globs, expected) => {
  expect(expandGlobs(tree, globs)).toEqual(expected);
});

test('globs made to take long end soon', () => {
  const wide = memoryTree(
    Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`a/b${i}/c/d/package.json`, '{}'])),
  );
  const start = performance.now();
  const nasty = [
    '**/*/**/*/**/*/**/*',
    `${'**/x/'.repeat(5)}*`,
    '{a,{a,{a,a}}}/**',
    '{,}'.repeat(20),
    `!${'**/'.repeat(5000)}d`,
  ];
  expect(expandGlobs(wide, nasty).length).toBeLessThanOrEqual(300);
  expect(performance.now() - start).toBeLessThan(500);
});
