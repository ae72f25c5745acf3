/**
 * Every way a run can end badly. A code names its stage first, then what went wrong; the number is the process's exit
 * code: settings 10–19, detect 20–29, build 30–39, push 40–49, deploy 50–59, a bug of ours 70. A run that a signal
 * ended exits as a shell reports it (130 for SIGINT, 143 for SIGTERM). How a rollout ended badly: 55 superseded (somebody
 * else's or a newer one holds), 56 failed and what ran before runs again, 57 failed or not converged and not undone, 58 not known;
 * 59: the orchestrator cannot be worked with or refuses, and nothing was changed.
 */
export const exitCodes = {
  'settings.invalid': 10,
  'settings.unknown-key': 11,
  'settings.unreadable': 12,
  'settings.plan-file': 13,
  'settings.usage': 14,
  'detect.nothing-found': 20,
  'detect.ambiguous-kind': 21,
  'detect.ambiguous': 22,
  'detect.unreadable': 23,
  'detect.unsupported': 24,
  'detect.no-history': 25,
  'detect.template': 26,
  'detect.hostile': 27,
  'build.engine-unreachable': 30,
  'build.command-failed': 31,
  'build.output-missing': 32,
  'build.timeout': 33,
  'build.engine-lost': 34,
  'build.disk-full': 35,
  'build.pack-failed': 36,
  'build.unhealthy': 37,
  'build.base-image': 38,
  'build.mount': 39,
  'push.registry-unreachable': 40,
  'push.unauthorized': 41,
  'push.forbidden': 42,
  'push.rate-limited': 43,
  'push.server-error': 44,
  'push.tag-exists': 45,
  'push.image-missing': 46,
  'push.no-registry': 47,
  'push.credentials': 48,
  'push.failed': 49,
  'push.unverified': 49,
  'deploy.no-template': 50,
  'deploy.no-match': 51,
  'deploy.ambiguous-match': 52,
  'deploy.template-invalid': 53,
  'deploy.repository': 54,
  'deploy.unsupported': 53,
  'deploy.superseded': 55,
  'deploy.rolled-back': 56,
  'deploy.stuck': 57,
  'deploy.unknown': 58,
  'deploy.orchestrator': 59,
  'deploy.refused': 59,
  'run.interrupted': 130,
  'run.terminated': 143,
  bug: 70,
} as const;

/** The closed set of failure codes. */
export type FailureCode = keyof typeof exitCodes;

/** What a failure tells a person and a program. */
export interface FailureDetails {
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The file, line, image, URL or setting it is about. */
  readonly where?: string;
  /** What to do about it: an imperative sentence that names the setting, flag or command. */
  readonly remedy?: string;
  /** The valid choices, when the remedy is to choose one. */
  readonly candidates?: readonly string[];
  /** Of several things that it is about, what became of each: a line for each. */
  readonly account?: readonly string[];
  /** The last lines of a command or container, oldest first. */
  readonly lastLines?: readonly string[];
  readonly cause?: unknown;
}

/** The one error class that reaches a user. Thrown where the trouble is known, printed once, in the composition root. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly where: string | undefined;
  readonly remedy: string | undefined;
  readonly candidates: readonly string[] | undefined;
  readonly account: readonly string[] | undefined;
  readonly lastLines: readonly string[] | undefined;

  constructor(code: FailureCode, details: FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Failure';
    this.code = code;
    this.where = details.where;
    this.remedy = details.remedy;
    this.candidates = details.candidates;
    this.account = details.account;
    this.lastLines = details.lastLines;
  }

  /** All that it says, for a failure that says more. */
  get details(): FailureDetails {
    return {
      message: this.message,
      ...(this.where !== undefined && { where: this.where }),
      ...(this.remedy !== undefined && { remedy: this.remedy }),
      ...(this.candidates && { candidates: this.candidates }),
      ...(this.account && { account: this.account }),
      ...(this.lastLines && { lastLines: this.lastLines }),
      ...(this.cause !== undefined && { cause: this.cause }),
    };
  }

  /** The process exit code of this failure. */
  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** What any thrown value says of itself, in one line, for wrapping as a cause's text. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message || error.name;
  return text.split('\n')[0] ?? text;
}

/** The system's code of an error, e.g. `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}
