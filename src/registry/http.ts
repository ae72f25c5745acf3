import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';

/** A registry's answer, its body read (at most 4 MiB: manifests, image configurations, errors). */
export interface RegistryReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A body that is streamed, and opened again where it has to be sent again. */
export interface StreamedBody {
  /** Bytes: a registry wants to know them before (distribution-spec, "Single POST/PUT"). */
  readonly size: number;
  open(): Readable;
}

export type RequestBody = string | Uint8Array | StreamedBody;

/** One request of HTTP. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  /** Gets the body of a 200, of any length, in the place of the reply. */
  readonly sink?: ((chunk: Buffer) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const largestBody = 4 * 1024 * 1024;
/** Milliseconds in which nothing moves on the connection. A registry that has got a layer may work on it for a while. */
const patience = { ask: 20_000, upload: 120_000 };

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export function isStreamed(body: RequestBody | undefined): body is StreamedBody {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** One request, its answer read whole. Rejects with the system's error when nothing moves for a while, or the signal ends it. */
export function send(call: Call, agent: Agent): Promise<RegistryReply> {
  const { method, url, body, sink, signal } = call;
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const headers = { ...lengthOf(method, body), ...call.headers };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal }, (response) => {
      const collected = sink && response.statusCode === 200 ? drain(response, sink) : collect(response);
      collected.then((content) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content });
        // A registry may refuse before it has read all that it is sent.
        if (!sent.writableFinished) sent.destroy();
      }, reject);
    });
    sent.setTimeout(isStreamed(body) ? patience.upload : patience.ask, () => {
      sent.destroy(Object.assign(new Error(`${url.host} does not answer`), { code: 'ETIMEDOUT' }));
    });
    sent.once('error', reject);
    if (!isStreamed(body)) sent.end(body);
    else {
      const source = body.open();
      source.once('error', (error) => sent.destroy(error));
      sent.once('close', () => source.destroy());
      source.pipe(sent);
    }
  });
}

function lengthOf(method: string, body: RequestBody | undefined): Record<string, string> {
  if (method === 'GET' || method === 'HEAD') return {};
  return { 'content-length': String(isStreamed(body) ? body.size : Buffer.byteLength(body ?? '')) };
}

async function drain(response: IncomingMessage, sink: (chunk: Buffer) => void): Promise<Buffer> {
  for await (const chunk of response as AsyncIterable<Buffer>) sink(chunk);
  return Buffer.alloc(0);
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw Object.assign(new Error('the answer is longer than 4 MiB'), { code: 'EMSGSIZE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
