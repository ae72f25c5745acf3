import { withDeadline } from '../../core/deadline.js';
import { describeError } from '../../core/failure.js';

/** Marathon could not be asked just now: no answer, no leader, or more calls than it takes. */
export class MarathonAway extends Error {
  /** Something answered in its place (502, 503, 504): it is there, and will have a leader again. */
  readonly isBetweenLeaders: boolean;

  constructor(message: string, options: ErrorOptions & { readonly isBetweenLeaders: boolean }) {
    super(message, options);
    this.isBetweenLeaders = options.isBetweenLeaders;
  }
}

/** One answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined: not JSON, or not all of it arrived. */
  readonly body: unknown;
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

const patience = 30_000;
/** Far above the largest list of deployments; a body that does not end must not fill the memory. */
const largestBody = 16 * 1024 * 1024;

/**
 * One call, at most 30 s with its body. Redirects are not followed: credentials go where the settings send them. Throws
 * `MarathonAway` where nobody answers, where the answer is longer than 16 MiB, and for 502, 503 and 504 (no leader, too many
 * calls at once); rejects with the signal's reason.
 */
export async function callOnce(url: URL, request: HttpRequest, signal: AbortSignal): Promise<Answer> {
  const { method, headers, body } = request;
  const json = body !== undefined && { body: JSON.stringify(body) };
  const type = body !== undefined && { 'Content-Type': 'application/json' };
  try {
    const answer = await withDeadline(patience, signal, async (ends) => {
      const init = { method, headers: { Accept: 'application/json', ...type, ...headers }, ...json };
      const reply = await fetch(url, { ...init, redirect: 'manual', signal: ends });
      return { status: reply.status, headers: reply.headers, text: await readText(reply) };
    });
    if (answer.status >= 502 && answer.status <= 504) {
      const message = `Marathon answers ${answer.status} (no leader, or overloaded)`;
      throw new MarathonAway(message, { isBetweenLeaders: true });
    }
    return { status: answer.status, headers: answer.headers, body: parseJson(answer.text) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MarathonAway) throw error;
    const message = `Marathon does not answer: ${describeFetchError(error)}`;
    throw new MarathonAway(message, { isBetweenLeaders: false, cause: error });
  }
}

async function readText(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += chunk.length;
    if (size > largestBody) throw new Error(`its answer is longer than ${largestBody / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeFetchError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return describeError(cause);
}
