import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const request = z.strictObject({
  path: z.string().startsWith('/'),
  status: z.number().int().optional(),
  contains: z.string().optional(),
});

const environment = z.record(z.string(), z.string());
const facts = z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())]));

const expectationSchema = z.strictObject({
  kind: z.string().optional(),
  facts: facts.optional(),
  /** A refusal's code, or true for any. */
  refused: z.union([z.string(), z.literal(true)]).optional(),
  environment: environment.optional(),
  requests: z.array(request).optional(),
});

const answerSchema = z.object({
  in: z.string(),
  because: z.string().optional(),
  requests: z.array(request).optional(),
  environment: environment.optional(),
});

export interface Expectation extends Readonly<z.output<typeof expectationSchema>> {
  /** Why it cannot be built anywhere. */
  readonly nowhere?: string;
}

/** Files that say what is expected: they are no part of the project. */
export const expectationFiles = ['expected.json', 'expected'];

/**
 * What is expected of a project, from `PROJECT.expected.json`, `PROJECT/expected.json` or the layout of our fixtures. An
 * `expected.json` of another form belongs to the project itself. Throws where `PROJECT.expected.json` is malformed.
 */
export function readExpectation(directory: string): Expectation {
  const beside = readJson(`${directory}.expected.json`);
  if (beside !== undefined) return expectationSchema.parse(beside);
  const inside = expectationSchema.safeParse(readJson(join(directory, 'expected.json')));
  return inside.success ? inside.data : readFixtureLayout(directory);
}

function readFixtureLayout(directory: string): Expectation {
  const read = (name: string) => readJson(join(directory, 'expected', `${name}.json`));
  const detection = z.object({ kind: z.string(), facts }).safeParse(read('detection'));
  const refusal = z.object({ code: z.string() }).safeParse(read('refusal'));
  const answer = answerSchema.safeParse(read('answer'));
  return {
    ...(detection.success && { kind: detection.data.kind, facts: detection.data.facts }),
    ...(refusal.success && { refused: refusal.data.code }),
    ...(answer.success && {
      requests: answer.data.requests ?? [],
      environment: answer.data.environment ?? {},
      ...(answer.data.in === 'nowhere' && { nowhere: answer.data.because ?? 'it says so' }),
    }),
  };
}

function readJson(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
