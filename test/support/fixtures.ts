import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Project } from '../../src/core/project.js';
import type { Recipe } from '../../src/core/recipe.js';
import { openSourceTree } from '../../src/io/source-tree.js';
import { detectProject, kindNamed } from '../../src/projects/detect-project.js';
import { kinds } from '../../src/projects/index.js';
import { hintsFrom } from '../../src/settings/hints.js';
import { readSettings } from '../../src/settings/read-settings.js';

/** A request to the running image, and what must be in its answer. */
const requestSchema = z.strictObject({
  path: z.string().startsWith('/'),
  status: z.number().int().default(200),
  contains: z.string().min(1),
});

const answerSchema = z.discriminatedUnion('in', [
  z.strictObject({
    /** `test`: built and run by `make test`; `test-all`: only by `make test-all`. */
    in: z.enum(['test', 'test-all']),
    requests: z.array(requestSchema).default([]),
    /** What the container prints, where nothing can be asked or beside that. */
    prints: z.string().min(1).optional(),
    /** Environment of the container. */
    environment: z.record(z.string(), z.string()).default({}),
  }),
  /** Cannot be built on a machine of ours: why. */
  z.strictObject({ in: z.literal('nowhere'), because: z.string().min(20) }),
]);

const refusalSchema = z.strictObject({
  code: z.string(),
  where: z.string().optional(),
  candidates: z.array(z.string()).optional(),
});

export type FixtureAnswer = z.output<typeof answerSchema>;
export type FixtureRefusal = z.output<typeof refusalSchema>;

/** `fixtures/projects/<name>`: a real, tiny project and what is expected of it. */
export interface Fixture {
  readonly name: string;
  readonly directory: string;
  /** How its image answers; undefined where the project is refused. */
  readonly answer?: FixtureAnswer;
  /** Undefined where the project is taken. */
  readonly refusal?: FixtureRefusal;
}

const root = 'fixtures/projects';

/** Every folder of `fixtures/projects`. Throws for one that says neither how it answers nor how it is refused. */
export function readFixtures(): readonly Fixture[] {
  return readdirSync(root).toSorted().map(readFixture);
}

function readFixture(name: string): Fixture {
  const directory = join(root, name);
  const answer = readExpected(directory, 'answer', answerSchema);
  const refusal = readExpected(directory, 'refusal', refusalSchema);
  if ((answer === undefined) === (refusal === undefined))
    throw new Error(`${directory}/expected needs either answer.json or refusal.json`);
  return { name, directory, ...(answer && { answer }), ...(refusal && { refusal }) };
}

function readExpected<T>(directory: string, name: string, schema: z.ZodType<T>): T | undefined {
  const file = join(directory, 'expected', `${name}.json`);
  return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** What a fixture is, with the choices of its own `slipway.yml`. */
export async function detectFixture({ directory }: Fixture): Promise<Project> {
  const settings = await readSettings({ root: directory, environment: {}, flags: [] });
  const { kind, name } = settings.values;
  return detectProject(openSourceTree(directory), kinds, {
    hints: hintsFrom(settings),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
  });
}

/** The recipe of a fixture, for what does not depend on its version. */
export async function recipeOfFixture(fixture: Fixture): Promise<Recipe> {
  const project = await detectFixture(fixture);
  return kindNamed(kinds, project.kind).recipe(project, { platform: 'linux/amd64', version: '1.0.0' });
}
