import { describeError, errorCode, Failure } from '../core/failure.js';
import type { Authorizer } from './authorizer.js';
import type { CredentialSearch } from './credential.js';
import { refusalFailure } from './errors.js';
import { isInner, isLoopback, type RegistryPlace } from './hosts.js';
import { proxyCode, type RegistryReply, type RequestBody, tooLongCode } from './http.js';
import { againCode, corruptCode, type Patience, Refused, withRetries, wordsOf } from './retry.js';
import type { Transport } from './transport.js';

/** What a client works with. */
export interface ClientParts {
  readonly place: RegistryPlace;
  readonly search: CredentialSearch;
  readonly authorizer: Authorizer;
  readonly transport: Transport;
  readonly patience: Patience;
}

export interface RegistryCall {
  readonly method: string;
  /** Below `/v2/<path>/`, or where the registry said (`Location`), which carries its state. */
  readonly to: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Gets the body of a 200, of any length, in the place of the reply. */
  readonly sink?: (chunk: Buffer) => void;
}

/** An answer, and the address that gave it: what a relative `Location` or `Link` is relative to. */
export interface LocatedReply extends RegistryReply {
  readonly url: URL;
}

/**
 * Asks one repository of a registry's HTTP API. Credentials go to the registry and to the token service it names, never
 * along a redirect or to the host of an upload, and in clear text only where that was chosen or the host is this machine.
 */
export class RegistryClient {
  readonly #parts: ClientParts;
  #scheme: 'https:' | 'http:';
  #settled: boolean;
  #answered = false;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#settled = parts.transport.isPlain(parts.place.host);
    this.#scheme = this.#settled ? 'http:' : 'https:';
  }

  get place(): RegistryPlace {
    return this.#parts.place;
  }

  get search(): CredentialSearch {
    return this.#parts.search;
  }

  /** Whether the settings say how this registry is to be reached. */
  get isSpecial(): boolean {
    return this.#parts.transport.isSpecial(this.#parts.place.host);
  }

  get signal(): AbortSignal {
    return this.#parts.patience.signal;
  }

  /**
   * Several requests that make one whole and are repeated together. `where`: what a failure is about. Throws `push.*`; what
   * `work` throws of its own goes through.
   */
  async transaction<T>(where: string, work: (attempts: number) => Promise<T>): Promise<T> {
    try {
      // A registry that answered before and refuses now is being started again; one that never did is not there.
      return await withRetries(
        this.#parts.patience,
        work,
        (error) => this.#answered && errorCode(error) === 'ECONNREFUSED',
      );
    } catch (error) {
      this.signal.throwIfAborted();
      throw this.#failureOf(error, where);
    }
  }

  /** As `request`, and anything but these statuses is thrown, for `transaction` to judge. */
  async expect(statuses: readonly number[], call: RegistryCall): Promise<LocatedReply> {
    const reply = await this.request(call);
    if (statuses.includes(reply.status)) return reply;
    throw new Refused(reply);
  }

  /**
   * One request, authorised, again once after a 401 to what it was shown, and along up to five redirects. Rejects with the
   * system's error.
   */
  async request(call: RegistryCall): Promise<LocatedReply> {
    const { authorizer } = this.#parts;
    let authorization = await authorizer.authorize(this.#base());
    for (let refused = 0; ; ) {
      if ('reply' in authorization) return { ...authorization.reply, url: this.#base() };
      const shown = authorization.header;
      const reply = await this.#follow(call, shown);
      // A host that we were sent on to does not know us, and is not to.
      if (reply.status !== 401 || reply.url.host !== this.#base().host) return reply;
      if (shown !== undefined) refused += 1;
      const next = refused > 1 ? undefined : await authorizer.retryAfter(reply, this.#base(), shown);
      if (next === undefined) return reply;
      authorization = next;
    }
  }

  async #follow(call: RegistryCall, authorization: string | undefined): Promise<LocatedReply> {
    let url = this.#resolve(call.to);
    for (let left = 5; ; left -= 1) {
      const reply = await this.#send({ ...call, to: url }, authorization);
      const { location } = reply.headers;
      const isRead = call.method === 'GET' || call.method === 'HEAD';
      // The others turn a PUT into a GET (RFC 9110, 15.4).
      const followed = isRead ? [301, 302, 303, 307, 308] : [307, 308];
      if (!followed.includes(reply.status) || location === undefined || left === 0) return reply;
      url = this.resolveLocation(location, reply.url);
    }
  }

  async #send(call: RegistryCall, authorization: string | undefined): Promise<LocatedReply> {
    const url = this.#resolve(call.to);
    try {
      const reply = await this.#sendOnce(call, url, authorization);
      this.#settled = true;
      return reply;
    } catch (error) {
      const { host } = this.#base();
      if (this.#settled || !isLoopback(host) || url.host !== host || !speaksPlain(error)) throw error;
      const plain = new URL(url);
      plain.protocol = 'http:';
      const reply = await this.#sendOnce(call, plain, undefined);
      // A server of TLS whose connection broke says 400 to clear text.
      if (reply.status === 400 && errorCode(error) === 'ECONNRESET') throw error;
      this.#scheme = 'http:';
      this.#settled = true;
      return reply;
    }
  }

  async #sendOnce(call: RegistryCall, url: URL, authorization: string | undefined): Promise<LocatedReply> {
    const base = this.#base();
    const isOurs = url.host === base.host && url.protocol === base.protocol;
    const headers = { ...call.headers, ...(isOurs && authorization !== undefined && { authorization }) };
    const { method, body, sink } = call;
    const reply = await this.#parts.transport.send({ method, url, headers, body, sink, signal: this.signal });
    this.#answered = true;
    return { ...reply, url };
  }

  /** Where a reply sends us. Throws `push.failed` for a place in an inner network, or in clear text, that the registry is not in itself. */
  resolveLocation(location: string, from: URL): URL {
    const base = this.#base();
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (url?.host === base.host && url.protocol === base.protocol) return url;
    const isPlain =
      url?.protocol === 'http:' && (base.protocol === 'http:' || this.#parts.transport.isPlainAllowed(url.host));
    const isStrange = url === undefined || (url.protocol !== 'https:' && !isPlain);
    if (!isStrange && (!isInner(url.host) || isInner(base.host) || url.hostname === base.hostname)) return url;
    throw new Failure('push.failed', {
      message: `The registry sends us to ${url?.origin ?? 'something that is no address'}, where a registry of its kind does not send anybody`,
      where: this.#parts.place.host,
      remedy: 'See how the registry is set up: its own address as others see it (a proxy in front of it?).',
    });
  }

  #resolve(to: string | URL): URL {
    return typeof to === 'string' ? new URL(to, this.#base()) : to;
  }

  #base(): URL {
    const { host, path } = this.#parts.place;
    return new URL(`${this.#scheme}//${host}/v2/${path}/`);
  }

  #failureOf(error: unknown, where: string): unknown {
    if (error instanceof Refused) {
      const { status } = error.reply;
      return refusalFailure({ status, said: wordsOf(error.reply) }, where, this.#parts.search, error);
    }
    const code = errorCode(error);
    if (error instanceof Failure || code === undefined) return error;
    const { host } = this.#parts.place;
    if (strangeCodes.has(code)) {
      const remedy = 'See what answers there, and what is between it and this machine.';
      return new Failure('push.failed', {
        message: `The registry answers wrongly: ${describeError(error)}`,
        where,
        remedy,
        cause: error,
      });
    }
    return new Failure('push.registry-unreachable', {
      message: `The registry cannot be reached: ${describeError(error)}`,
      where,
      remedy: reachRemedy(code, host),
      cause: error,
    });
  }
}

/** The registry was reached, and what it says cannot be used. */
const strangeCodes = new Set([corruptCode, againCode, tooLongCode]);

/** What to do about an error of the system, by its code. */
function reachRemedy(code: string, host: string): string {
  if (/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/.test(code))
    return `Its certificate is not trusted: name the authority that signed it (registry.ca: FILE, or /etc/docker/certs.d/${host}/ca.crt), or list ${host} in registry.skip-tls-verify.`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return `It does not speak TLS: if that is meant to be so, list ${host} in registry.plain-http.`;
  if (code === proxyCode) return 'See HTTPS_PROXY and HTTP_PROXY; a host in NO_PROXY is reached without.';
  return 'See whether it runs, whether its address is right, and whether it is reached over a proxy (HTTPS_PROXY, NO_PROXY).';
}

function speaksPlain(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === 'EPROTO' || code === 'ECONNRESET' || code.startsWith('ERR_SSL');
}
