import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../src/core/failure.js';
import { parseRepository, parseTag } from '../src/core/image-name.js';
import type { Fact, Project } from '../src/core/project.js';
import { lintDockerfile } from '../src/dockerfile/index.js';
import { assemblePlan } from '../src/plan/assemble.js';
import { kindNamed } from '../src/projects/detect-project.js';
import { kinds } from '../src/projects/index.js';
import { detectFixture, type Fixture, readFixtures } from './support/fixtures.js';

/** Every fixture is found by its folder. `npx vitest run --update` writes the Dockerfiles anew, to be reviewed as a diff. */
const fixtures = readFixtures();

describe.each(fixtures.filter(({ refusal }) => !refusal))('the fixture $name', (fixture) => {
  const { directory } = fixture;

  it('is detected as expected', async () => {
    const expected: unknown = JSON.parse(readFileSync(join(directory, 'expected/detection.json'), 'utf8'));
    expect(valuesOf(await detectFixture(fixture))).toEqual(expected);
  });

  it('gives every fact evidence that stands in the file and line it names', async () => {
    for (const fact of factsOf(await detectFixture(fixture))) {
      expect(fact.from.length).toBeGreaterThan(0);
      for (const { file, line } of fact.from) {
        if (file === undefined || line === undefined) continue;
        expect(readFileSync(join(directory, file), 'utf8').split('\n').length).toBeGreaterThanOrEqual(line);
      }
    }
  });

  it('gets the expected Dockerfile, and our own linter has nothing to say', async () => {
    const { dockerfile } = planOf(await detectFixture(fixture)).image;
    await expect(dockerfile).toMatchFileSnapshot(`../${directory}/expected/Dockerfile`);
    expect(lintDockerfile(dockerfile)).toEqual([]);
  });
});

describe.each(fixtures.filter(({ refusal }) => refusal))('the fixture $name', (fixture) => {
  it('is refused as expected, with what to do about it', async () => {
    const failure = await failureOf(fixture);
    expect(failure).toMatchObject(fixture.refusal ?? {});
    expect(failure.remedy).toMatch(/\w{3}/);
  });
});

/** Refused by the detection, or by the recipe. */
async function failureOf(fixture: Fixture): Promise<Failure> {
  try {
    planOf(await detectFixture(fixture));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${fixture.name} is not refused`);
}

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
