import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRepository, parseTag } from '../src/core/image-name.js';
import type { Fact, Project } from '../src/core/project.js';
import { lintDockerfile } from '../src/dockerfile/index.js';
import { openSourceTree } from '../src/io/source-tree.js';
import { assemblePlan } from '../src/plan/assemble.js';
import { detectProject, kindNamed } from '../src/projects/detect-project.js';
import { kinds } from '../src/projects/index.js';

/** Every fixture is found by its folder. `npx vitest run --update` writes the Dockerfiles anew, to be reviewed as a diff. */
const root = 'fixtures/projects';
const fixtures = readdirSync(root).toSorted();

describe.each(fixtures)('the fixture %s', (name) => {
  const directory = join(root, name);
  const project = detectProject(openSourceTree(directory), kinds, { hints: {} });

  it('is detected as expected', () => {
    const expected: unknown = JSON.parse(readFileSync(join(directory, 'expected/detection.json'), 'utf8'));
    expect(valuesOf(project)).toEqual(expected);
  });

  it('gives every fact evidence that stands in the file and line it names', () => {
    for (const fact of factsOf(project)) {
      expect(fact.from.length).toBeGreaterThan(0);
      for (const { file, line } of fact.from) {
        if (file === undefined || line === undefined) continue;
        expect(readFileSync(join(directory, file), 'utf8').split('\n').length).toBeGreaterThanOrEqual(line);
      }
    }
  });

  it('gets the expected Dockerfile, and our own linter has nothing to say', async () => {
    const { dockerfile } = planOf(project).image;
    await expect(dockerfile).toMatchFileSnapshot(`../${directory}/expected/Dockerfile`);
    expect(lintDockerfile(dockerfile)).toEqual([]);
  });
});

function planOf(project: Project) {
  return assemblePlan({
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
    template: {
      text: readFileSync(`templates/${project.kind}/Dockerfile.ejs`, 'utf8'),
      origin: `templates/${project.kind}/Dockerfile.ejs`,
    },
    deployments: [],
  });
}

function factsOf(project: Project): readonly Fact[] {
  return Object.values(project.facts);
}

function valuesOf(project: Project): object {
  const facts = Object.entries(project.facts).map(([key, fact]) => [key, fact.value]);
  return { kind: project.kind, name: project.name, facts: Object.fromEntries(facts) };
}
