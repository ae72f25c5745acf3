/** The ways a project of the corpus can end. */
export type Outcome = 'right' | 'detected' | 'refused' | 'wrong' | 'crashed' | 'build failed' | 'not judged';

/** An end, and why in one line. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly because: string;
}

/** One thing that was done, and what came of it. */
export interface Step {
  readonly name: 'detect' | 'lint' | 'build' | 'run' | 'answer' | 'stop' | 'note';
  readonly says: string;
  readonly milliseconds?: number;
}

/** A project with its verdict: one entry of the report. */
export interface Judged extends Verdict {
  readonly name: string;
  readonly kind?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export function verdict(outcome: Outcome, because: string): Verdict {
  return { outcome, because };
}
