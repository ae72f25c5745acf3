import { expect, it } from 'vitest';
import { kinds } from '../../src/projects/index.js';
import { findNestedProjects } from '../../src/projects/nested-projects.js';
import { memoryTree } from '../support/memory-tree.js';

it('finds the projects of a repository that keeps them below its root, nearest first', () => {
  const tree = memoryTree({
    'README.md': '',
    'src/frontend/go.mod': 'module example.com/frontend',
    'src/payments/package.json': '{}',
    'src/payments/web/package.json': '{}',
    'src/cart/src/cart.csproj': '',
    'api/pom.xml': '<project/>',
    'web/node_modules/left-pad/package.json': '{}',
    '.github/package.json': '{}',
  });
  expect(findNestedProjects(tree, kinds)).toEqual(['api', 'src/frontend', 'src/payments']);
});

it('looks four levels deep and no further', () => {
  const tree = memoryTree({ 'a/b/c/d/go.mod': '', 'x/a/b/c/d/go.mod': '' });
  expect(findNestedProjects(tree, kinds)).toEqual(['a/b/c/d']);
});

it('names twenty of a thousand', () => {
  const tree = memoryTree(
    Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`s${String(index).padStart(4, '0')}/go.mod`, ''])),
  );
  expect(findNestedProjects(tree, kinds)).toHaveLength(20);
});
