import { z } from 'zod';
import { lintDockerfile } from '../../src/dockerfile/index.js';
import { runChild } from './child.js';
import type { Expectation } from './expectation.js';
import { describeFailure, readEnd, type SlipwayFailure } from './slipway-end.js';
import { type Step, type Verdict, verdict } from './verdict.js';

const detectionSchema = z.object({
  kind: z.string(),
  facts: z.record(z.string(), z.object({ value: z.union([z.string(), z.boolean(), z.array(z.string())]) })),
});

const planSchema = z.object({
  builder: z.object({ from: z.union([z.object({ image: z.string() }), z.object({ dockerfile: z.string() })]) }),
  image: z.object({ dockerfile: z.string() }),
});

export type CorpusPlan = z.output<typeof planSchema>;

/** What Slipway says of a project before anything is built. */
export interface DetectionJudged {
  /** Undefined: it can be built. */
  readonly verdict?: Verdict;
  readonly plan?: CorpusPlan;
  readonly kind?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

/** Detect, plan and lint. `settings` are arguments that the plan shares with the build. */
export async function judgeDetection(
  cli: string,
  directory: string,
  expected: Expectation,
  seconds: number,
): Promise<DetectionJudged> {
  const run = (command: string) =>
    runChild(process.execPath, [cli, command, directory, '--json', '--quiet'], { seconds });
  const ended = await run('detect');
  const detected = readEnd(ended);
  const steps: Step[] = [];
  const { milliseconds } = ended;
  if ('crash' in detected) return { verdict: detected.crash, steps };
  if ('failure' in detected) return { verdict: judgeRefusal(detected, expected), steps };
  const { kind, facts } = detectionSchema.parse(detected.value);
  const values = Object.fromEntries(Object.entries(facts).map(([key, { value }]) => [key, value]));
  const known = { kind, facts: values };
  steps.push({ name: 'detect', says: kind, milliseconds });
  const contradiction = contradictionOf(kind, values, expected);
  const planned = readEnd(await run('preview'));
  if ('crash' in planned) return { verdict: planned.crash, steps, ...known };
  if ('failure' in planned) return { verdict: contradiction ?? judgeRefusal(planned, expected), steps, ...known };
  const plan = planSchema.parse(planned.value);
  const findings = lintDockerfile(plan.image.dockerfile).map(({ rule, line, message }) => `${rule}:${line} ${message}`);
  steps.push({ name: 'lint', says: findings.length === 0 ? 'ok' : findings.join('; ') });
  const wrong = contradiction ?? lintVerdict(findings);
  return { steps, plan, ...known, ...(wrong && { verdict: wrong }) };
}

function lintVerdict(findings: readonly string[]): Verdict | undefined {
  return findings.length === 0 ? undefined : verdict('wrong', `its Dockerfile: ${findings[0]}`);
}

/** A refusal is useful when it is one of detection's and says what to do. One by the project's own settings file counts too. */
function judgeRefusal(
  end: { readonly exitCode: number; readonly failure: SlipwayFailure },
  expected: Expectation,
): Verdict {
  const { exitCode, failure } = end;
  const says = describeFailure(failure);
  const isOfDetection = exitCode >= 20 && exitCode <= 29;
  const isOfSettings = exitCode >= 10 && exitCode <= 19 && /slipway\.ya?ml/.test(failure.where ?? '');
  if (!isOfDetection && !isOfSettings) return verdict('wrong', `ended with ${exitCode}, which is no refusal: ${says}`);
  if (!/\w{3}/.test(failure.remedy ?? '')) return verdict('wrong', `refused without saying what to do: ${says}`);
  if (expected.refused === true || expected.refused === failure.code)
    return verdict('right', `refused as expected: ${says}`);
  if (expected.refused !== undefined) return verdict('wrong', `refused, but not as ${expected.refused}: ${says}`);
  return verdict('refused', expected.kind === undefined ? says : `${says} (expected: ${expected.kind})`);
}

function contradictionOf(
  kind: string,
  facts: Readonly<Record<string, unknown>>,
  expected: Expectation,
): Verdict | undefined {
  if (expected.refused !== undefined)
    return verdict('wrong', `taken as ${kind}, although it must be refused (${String(expected.refused)})`);
  if (expected.kind !== undefined && expected.kind !== kind)
    return verdict('wrong', `kind is ${kind}, expected ${expected.kind}`);
  const differing = Object.entries(expected.facts ?? {}).filter(
    ([key, value]) => JSON.stringify(facts[key]) !== JSON.stringify(value),
  );
  if (differing.length === 0) return undefined;
  const said = differing.map(
    ([key, value]) => `${key} is ${JSON.stringify(facts[key]) ?? 'unknown'}, expected ${JSON.stringify(value)}`,
  );
  return verdict('wrong', said.join('; '));
}
