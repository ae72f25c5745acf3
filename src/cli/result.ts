/** What a command ends with: for people, for programs, and for a CI's outputs. */
export interface CommandResult {
  /** Printed on stdout, with a newline at its end; empty: nothing to print. */
  readonly text: string;
  /** Printed on stdout instead, with `--json`: one object with `format: 1`. */
  readonly json: object;
  /** A run that ended well may say more than 0: `check` found errors. */
  readonly exitCode?: number;
  /** Single-line values for a CI's outputs. */
  readonly outputs?: Readonly<Partial<Record<OutputName, string>>>;
}

/** The action's outputs (`action.yml`). */
export type OutputName = 'version' | 'tags' | 'digest' | 'image' | 'kind';
