import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { errorCode } from '../core/failure.js';

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
  /** Told of the bytes that go. */
  sent?(bytes: number): void;
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

/** Over what a request goes. */
export interface Connection {
  readonly agent: Agent;
  readonly tls?: { readonly secureContext?: SecureContext; readonly rejectUnauthorized?: boolean };
  /** The proxy's address, without its login. */
  readonly proxy?: string;
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

/** The code of the error of an answer that is longer than any that we ask for. */
export const tooLongCode = 'EMSGSIZE';

/** The code of the error of a proxy that does not let us through. */
export const proxyCode = 'EPROXY';

/**
 * One request, its answer read whole. Rejects with the system's error when nothing moves for a while, or the signal ends it. */
export function send(call: Call, connection: Connection): Promise<RegistryReply> {
  const { method, url, body, sink, signal } = call;
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const headers = { ...lengthOf(method, body), ...call.headers };
  const { agent, tls, proxy } = connection;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal, ...tls }, (response) => {
      const collected = sink && response.statusCode === 200 ? drain(response, sink) : collect(response);
      collected.then((content) => {
        if (response.statusCode === 407 && proxy !== undefined) reject(proxyError(proxy, url, 407));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content });
        // A registry may refuse before it has read all that it is sent.
        if (!sent.writableFinished) sent.destroy();
      }, reject);
    });
    // Its word is not the registry's: a 403 of a proxy says nothing of our login.
    sent.on('proxyConnect', ({ statusCode }: { readonly statusCode?: number }) => {
      // Where clear text is asked of the proxy, there is no tunnel to have a status.
      if (statusCode !== undefined && statusCode !== 200) sent.destroy(proxyError(proxy ?? '', url, statusCode));
    });
    sent.setTimeout(isStreamed(body) ? patience.upload : patience.ask, () => {
      sent.destroy(Object.assign(new Error(`${url.host} does not answer`), { code: 'ETIMEDOUT' }));
    });
    sent.once('error', (error) => {
      if (proxy !== undefined && errorCode(error) !== proxyCode) error.message += ` (over the proxy ${proxy})`;
      reject(isStale(error, sent) ? Object.assign(error, { code: staleCode }) : error);
    });
    if (!isStreamed(body)) sent.end(body);
    else stream(body, sent);
  });
}

/** A kept connection that the other side closed just as we used it: nothing is wrong, and nothing was done. */
export const staleCode = 'ESTALE';

function isStale(error: Error, sent: ClientRequest): boolean {
  const code = errorCode(error);
  const isRead = sent.method === 'GET' || sent.method === 'HEAD';
  return isRead && sent.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

function stream(body: StreamedBody, sent: ClientRequest): void {
  const source = body.open();
  source.once('error', (error) => sent.destroy(error));
  sent.once('close', () => source.destroy());
  if (body.sent) source.on('data', (chunk: Buffer) => body.sent?.(chunk.length));
  source.pipe(sent);
}

function proxyError(proxy: string, url: URL, status: number): Error {
  const why = status === 407 ? 'asks for a login (407)' : `answers ${status}`;
  return Object.assign(new Error(`the proxy ${proxy} ${why} when asked for ${url.host}`), { code: proxyCode });
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
    if (size > largestBody) throw Object.assign(new Error('the answer is longer than 4 MiB'), { code: tooLongCode });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
