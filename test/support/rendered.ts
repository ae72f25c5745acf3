import { readFileSync } from 'node:fs';
import { parseRepository, parseTag } from '../../src/core/image-name.js';
import type { Recipe } from '../../src/core/recipe.js';
import { assemblePlan, assembleStandalone, type PlanInput, planRecipe } from '../../src/plan/assemble.js';
import { kindNamed } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';
import { detectFixture, type Fixture } from './fixtures.js';

/** What is made of a fixture. */
export interface Rendered {
  readonly recipe: Recipe;
  /** The Dockerfile that packs what a builder container left. */
  readonly packed: string;
  /** The one that builds as well. */
  readonly standalone: string;
  readonly dockerignore: string;
}

/** Both Dockerfiles of a fixture, by Slipway's own templates, for a commit and a version of the tests. */
export async function renderFixture(fixture: Fixture): Promise<Rendered> {
  const project = await detectFixture(fixture);
  const template = `templates/${project.kind}/Dockerfile.ejs`;
  const input: PlanInput = {
    project,
    kind: kindNamed(kinds, project.kind),
    source: { revision: '0123456789abcdef0123456789abcdef01234567', committedAt: '2026-01-02T03:04:05Z', dirty: false },
    version: { version: '1.2.3', tags: [parseTag('1.2.3')], because: 'the commit has the tag v1.2.3' },
    choices: {
      repository: parseRepository(`registry.example.com/shop/${project.name}`),
      platform: 'linux/amd64',
      mounts: [],
      timeoutSeconds: 60,
      transfer: 'auto',
      try: { enabled: true, timeoutSeconds: 60, environment: {} },
    },
    template: { text: readFileSync(template, 'utf8'), origin: template },
    deployments: [],
  };
  const { dockerfile, dockerignore } = assembleStandalone(
    input,
    readFileSync('templates/common/build-stage.ejs', 'utf8'),
  );
  return {
    recipe: planRecipe({ ...input, version: '1.2.3' }),
    packed: assemblePlan(input).image.dockerfile,
    standalone: dockerfile,
    dockerignore,
  };
}
