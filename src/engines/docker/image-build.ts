import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { RunContext } from '../../core/engine.js';
import { textMember } from '../../formats/json-member.js';
import { readBuildStatus } from './buildkit-trace.js';
import { unlessAborted } from './cleanup.js';
import type { Connection } from './connect.js';
import { statusOf } from './engine-error.js';
import { readJsonLines } from './json-lines.js';
import { LineSplitter, Tail } from './output-lines.js';

export interface ImageBuild {
  /** A fresh archive for each attempt. */
  readonly context: () => Readable;
  /** Path of the Dockerfile in the context. */
  readonly dockerfile: string;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly platform?: string;
}

/** The engine built it, or says why not. */
export type ImageBuildResult =
  | { readonly built: true; readonly id: string | undefined }
  | { readonly built: false; readonly error: string; readonly lastLines: readonly string[] };

/**
 * `POST /build`, with BuildKit and no session where the engine has it: a session would offer a credential to whatever
 * host asks, and its endpoint is deprecated. The classic builder is the fallback for engines that refuse BuildKit.
 */
export async function buildImage(
  connection: Connection,
  build: ImageBuild,
  context: RunContext,
): Promise<ImageBuildResult> {
  if (!connection.buildKit) return follow(await postBuild(connection, build, context, false), context);
  try {
    return await follow(await postBuild(connection, build, context, true), context);
  } catch (error) {
    if (statusOf(error) !== 400 && statusOf(error) !== 501) throw error;
    return follow(await postBuild(connection, build, context, false), context);
  }
}

function postBuild(
  connection: Connection,
  build: ImageBuild,
  context: RunContext,
  buildKit: boolean,
): Promise<IncomingMessage> {
  const query = {
    ...(buildKit && { version: '2' }),
    dockerfile: build.dockerfile,
    t: build.tags,
    labels: JSON.stringify(build.labels),
    rm: true,
    forcerm: true,
    ...(build.platform && { platform: build.platform }),
  };
  const body = build.context();
  const request = {
    path: '/build?',
    method: 'POST',
    file: body,
    options: query,
    isStream: true,
    abortSignal: context.signal,
    statusCodes: { 200: true, 400: 'bad request', 500: 'server error', 501: 'not implemented' },
  };
  return new Promise((resolve, reject) => {
    connection.docker.modem.dial(request, (error, response) => {
      if (error) {
        body.destroy();
        reject(error);
      } else resolve(response as IncomingMessage);
    });
  });
}

async function follow(stream: IncomingMessage, context: RunContext): Promise<ImageBuildResult> {
  const tail = new Tail();
  const show = (line: string) => {
    tail.push(line);
    context.progress.output(line);
  };
  const trace = new TracePrinter(show);
  const plain = new LineSplitter(show);
  let id: string | undefined;
  let failure: string | undefined;
  const read = async () => {
    for await (const event of readJsonLines(stream)) {
      failure = textMember(event, 'errorDetail', 'message') ?? textMember(event, 'error') ?? failure;
      id = textMember(event, 'aux', 'ID') ?? id;
      if (textMember(event, 'id') === 'moby.buildkit.trace') trace.print(textMember(event, 'aux') ?? '');
      const text = textMember(event, 'stream');
      if (text !== undefined) plain.write(Buffer.from(text));
    }
  };
  await unlessAborted(read(), context.signal);
  trace.end();
  plain.end();
  return failure === undefined ? { built: true, id } : { built: false, error: failure, lastLines: tail.lines };
}

/** Prints the name of each vertex when it begins, and the output of its commands. */
class TracePrinter {
  readonly #show: (line: string) => void;
  readonly #seen = new Set<string>();
  readonly #output = new Map<string, LineSplitter>();

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  print(base64: string): void {
    const status = this.#read(base64);
    for (const vertex of status?.vertices ?? []) {
      if (!vertex.started || this.#seen.has(vertex.digest)) continue;
      this.#seen.add(vertex.digest);
      if (!vertex.name.startsWith('[internal]')) this.#show(`${vertex.name}${vertex.cached ? ' (cached)' : ''}`);
    }
    for (const { vertex, message } of status?.logs ?? []) this.#splitterOf(vertex).write(message);
  }

  end(): void {
    for (const splitter of this.#output.values()) splitter.end();
  }

  #read(base64: string) {
    try {
      return readBuildStatus(Buffer.from(base64, 'base64'));
    } catch {
      // Progress alone: a message of a later version that cannot be read must not end a build that works.
      return undefined;
    }
  }

  #splitterOf(vertex: string): LineSplitter {
    const splitter = this.#output.get(vertex) ?? new LineSplitter(this.#show);
    this.#output.set(vertex, splitter);
    return splitter;
  }
}
