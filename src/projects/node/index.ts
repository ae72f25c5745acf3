import type { ProjectKind } from '../../core/kind.js';
import { detectNode } from './detect.js';
import { nodeRecipe } from './recipe.js';

/** Node services and sites: anything with a `package.json` that starts in production. */
export const node: ProjectKind = {
  name: 'node',
  title: 'Node',
  manifests: ['package.json'],
  memory: 256,
  detect: detectNode,
  recipe: ({ facts }, options) => nodeRecipe(facts, options),
};
