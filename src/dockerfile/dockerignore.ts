import type { Recipe } from '../core/recipe.js';

/**
 * What no build of any kind needs, and what must never be in a layer. Certificates (`*.pem`) stay in: programs embed them.
 * Patterns are Docker's, not git's: anchored at the context's root.
 */
const always: readonly (readonly [comment: string, patterns: readonly string[]])[] = [
  ['History and tools', ['.git', '.github', '.gitlab', '.idea', '.vscode', '**/.DS_Store']],
  [
    "Secrets stay on the developer's machine",
    ['**/.env', '**/.env.*', '!**/.env.example', '**/*.key', '**/id_rsa*', '**/id_ed25519*', '**/.netrc'],
  ],
  [
    'How it is packed and deployed is no input of the build',
    [
      'Dockerfile',
      'Dockerfile.*',
      '.dockerignore',
      'compose*.y*ml',
      'docker-compose*.y*ml',
      'slipway.y*ml',
      '.slipway',
    ],
  ],
];

/**
 * The .dockerignore that goes with a standalone Dockerfile. A kind adds patterns of its own as a list of texts
 * in `recipe.data.dockerignore`; patterns that are not one line are left out.
 */
export function renderDockerignore(recipe: Pick<Recipe, 'data'>): string {
  const own = textsOf(recipe.data.dockerignore).filter((pattern) => /^[^\p{Cc}\u2028\u2029]+$/u.test(pattern));
  const groups = own.length > 0 ? [...always, ['Made by the build', own] as const] : always;
  return groups.map(([comment, patterns]) => `# ${comment}\n${patterns.join('\n')}\n`).join('\n');
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((element): element is string => typeof element === 'string') : [];
}
