import type Docker from 'dockerode';
import { withDeadline } from '../../core/deadline.js';
import { describeError } from '../../core/failure.js';

/** One call of the Engine API. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly auth?: RegistryAuth;
  /** The answer is a byte stream, returned as one Buffer. */
  readonly raw?: boolean;
}

/** What the engine hands on to the nodes that pull: an AuthConfig, or its finished header. */
export type RegistryAuth = { readonly serveraddress: string } & (
  | { readonly username: string; readonly password: string }
  | { readonly base64: string }
);

/** The engine answered with an error, or not at all. */
export class EngineRefusal extends Error {
  /** HTTP status; undefined when there was no answer: then it is not known whether the call was carried out. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause: unknown) {
    super(message, { cause });
    this.name = 'EngineRefusal';
    this.status = status;
  }
}

/** Make one call. Throws `EngineRefusal`, or the signal's reason. */
export async function callEngine(docker: Docker, request: EngineRequest, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  try {
    return await withDeadline(60_000, signal, async (limit) => {
      const answer = await dial(docker, request, limit);
      return request.raw ? await readAll(answer, limit) : answer;
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new EngineRefusal(describeEngineError(error), statusOf(error), error);
  }
}

function dial(docker: Docker, request: EngineRequest, abortSignal: AbortSignal): Promise<unknown> {
  const options = {
    path: `${request.path}?`,
    method: request.method,
    abortSignal,
    isStream: request.raw ?? false,
    statusCodes: { 200: true, 201: true, 204: true },
    ...(request.auth && { authconfig: request.auth }),
    options: { _query: request.query ?? {}, _body: request.body ?? {} },
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(options, (error: unknown, data: unknown) => (error ? reject(error) : resolve(data)));
  });
}

async function readAll(stream: unknown, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** The daemon's own sentence, without the client's `(HTTP code …)` around it. */
function describeEngineError(error: unknown): string {
  const json = typeof error === 'object' && error !== null && 'json' in error ? error.json : undefined;
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : undefined;
  return typeof message === 'string' ? message.trim() : describeError(error);
}
