import { z } from 'zod';
import type { ChildEnd } from './child.js';
import { type Verdict, verdict } from './verdict.js';

const failureSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    where: z.string().nullable(),
    remedy: z.string().nullable(),
    candidates: z.array(z.string()),
    lastLines: z.array(z.string()).optional(),
  }),
});

export type SlipwayFailure = z.output<typeof failureSchema>['error'];

/** What a command with `--json` answered: its value, its failure, or neither, which is a crash. */
export type SlipwayEnd =
  | { readonly value: unknown }
  | { readonly exitCode: number; readonly failure: SlipwayFailure }
  | { readonly crash: Verdict };

const stackTrace = /^\s+at .{1,300}:\d+:\d+\)?$/m;

/** Read how a command ended. Exit code 70, a stack trace, a signal, a time that is over, and words that are no JSON are crashes. */
export function readEnd(end: ChildEnd): SlipwayEnd {
  const crash = crashOf(end);
  if (crash !== undefined) return { crash: verdict('crashed', crash) };
  const answer = parse(end.stdout);
  if (end.code === 0)
    return answer === undefined ? { crash: verdict('crashed', 'its answer is no JSON') } : { value: answer };
  const failure = failureSchema.safeParse(answer);
  if (failure.success) return { exitCode: end.code ?? -1, failure: failure.data.error };
  return { crash: verdict('crashed', `exit code ${end.code} without a failure: ${lastLine(end.stderr)}`) };
}

function crashOf(end: ChildEnd): string | undefined {
  if (end.late) return `not done after ${Math.round(end.milliseconds / 1000)} s`;
  if (end.signal !== undefined) return `ended by ${end.signal}`;
  if (end.code === 70) return `a bug: ${lastLine(end.stderr.split('\n  last lines:')[0] ?? '')}`;
  // A foreign build's own output may hold a stack trace, after a bar.
  const own = end.stderr.replace(/^.*\|.*$/gm, '');
  return stackTrace.test(own) && end.code !== 31 ? `a stack trace: ${lastLine(own)}` : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A failure in one line: code, message, place, what to do. */
export function describeFailure({ code, message, where, remedy, candidates }: SlipwayFailure): string {
  const choices = candidates.length > 0 ? ` [${candidates.slice(0, 12).join(', ')}]` : '';
  return `${code}${where === null ? '' : ` (${where})`}: ${message}${choices}${remedy === null ? '' : ` → ${remedy}`}`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
