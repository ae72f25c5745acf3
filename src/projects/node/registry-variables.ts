import { type Fact, fact } from '../../core/project.js';
import type { Step } from '../../core/recipe.js';
import type { SourceTree } from '../../core/source-tree.js';

const files = ['.npmrc', '.yarnrc.yml', '.yarnrc', 'bunfig.toml'];

/** In UTF-16 units. */
const maxSize = 100_000;

/**
 * A name that is about packages. Any other is left alone: a project must not learn what else the host's environment holds by
 * naming it in its settings.
 */
const aboutPackages =
  /^(?:\w*(?:NPM|NODE|YARN|PNPM|BUN|REGISTRY|PACKAGE|ARTIFACTORY|NEXUS|VERDACCIO)\w*|CI_JOB_TOKEN|GITHUB_TOKEN|GH_TOKEN|GITLAB_TOKEN)$/i;

/**
 * The variables that the project's own client settings refer to, as `${NPM_TOKEN}`, `${NPM_TOKEN-}` or, for bun, `$NPM_TOKEN`;
 * undefined where there is none. Names only: no value is ever a fact.
 */
export function detectRegistryVariables(tree: SourceTree): Fact | undefined {
  const found = new Map<string, { readonly file: string; readonly line: number }>();
  for (const file of files) {
    const lines = (tree.read(file) ?? '').slice(0, maxSize).split(/\r?\n/);
    for (const [index, line] of lines.entries()) {
      if (/^\s*[#;]/.test(line)) continue;
      const pattern = file === 'bunfig.toml' ? /\$\{?([A-Za-z_]\w{0,80})/g : /\$\{([A-Za-z_]\w{0,80})[^}\s]{0,100}\}/g;
      for (const [, name = ''] of line.matchAll(pattern)) {
        if (aboutPackages.test(name) && !found.has(name)) found.set(name, { file, line: index + 1 });
      }
    }
  }
  if (found.size === 0) return undefined;
  const evidence = [...found].map(([name, place]) => ({
    ...place,
    because: `\${${name}} of the host, where build.mounts.npmrc is on`,
  }));
  return fact([...found.keys()].sort(), evidence);
}

const program =
  'if [ -n "${SLIPWAY_NPM_VARIABLES:-}" ]; then set -a; . "$SLIPWAY_NPM_VARIABLES"; set +a; fi; exec "$@"';

/** The step with the variables in its own environment, read from the mounted file: in no layer, and in no container's configuration. */
export function withRegistryVariables(step: Step): Step {
  if (!('argv' in step)) return step;
  return { title: step.title, argv: ['sh', '-c', program, 'with-variables', ...step.argv] };
}
