import type { ProjectKind } from '../../core/kind.js';
import { detectGo } from './detect.js';
import { goRecipe } from './recipe.js';

/** Programs in Go modules and workspaces. */
export const go: ProjectKind = {
  name: 'go',
  title: 'Go',
  manifests: ['go.mod', 'go.work'],
  memory: 128,
  detect: detectGo,
  recipe: goRecipe,
};
