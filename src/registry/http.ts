import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A registry's answer, its body read (at most 4 MiB: manifests, image configurations, errors). */
export interface RegistryReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const largestBody = 4 * 1024 * 1024;
const patience = 20_000;

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** A name of this machine, to which clear text is no disclosure; the engine treats the same names so. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
}

/** One request, and up to three redirects of a read; a redirect to another host goes without credentials (distribution-spec). */
export async function follow(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body?: string | Buffer,
  signal?: AbortSignal,
  left = 3,
): Promise<RegistryReply> {
  const reply = await send(method, url, headers, body, signal);
  const location = reply.headers.location;
  if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined || left === 0) return reply;
  if (method !== 'GET' && method !== 'HEAD') return reply;
  const next = new URL(location, url);
  const { authorization, ...others } = headers;
  const stays = next.host === url.host && next.protocol === url.protocol;
  return follow(
    method,
    next,
    stays && authorization ? { ...others, authorization } : others,
    undefined,
    signal,
    left - 1,
  );
}

/** One request, its answer read whole. Rejects with the system's error when nobody answers for 20 s, or the signal ends it. */
export function send(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body?: string | Buffer,
  signal?: AbortSignal,
): Promise<RegistryReply> {
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const length =
      method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(Buffer.byteLength(body ?? '')) };
    const call = request(url, { method, headers: { ...length, ...headers }, agent: false, signal }, (response) => {
      collect(response).then((content) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content });
      }, reject);
    });
    call.setTimeout(patience, () => {
      call.destroy(Object.assign(new Error(`${url.host} does not answer`), { code: 'ETIMEDOUT' }));
    });
    call.once('error', reject);
    call.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new Error('the registry’s answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
