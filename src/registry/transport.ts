import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { SecureContext } from 'node:tls';
import { errorCode } from '../core/failure.js';
import { isLoopback } from './hosts.js';
import { type Call, type Connection, type RegistryReply, send, staleCode } from './http.js';
import { proxyFor } from './proxy.js';
import { type TrustSettings, trustFor } from './trust.js';

/** How registries are reached. Every host is `host[:port]`, as images name it. */
export interface TransportSettings {
  /** These speak HTTP without TLS, and are shown credentials all the same. */
  readonly plainHttp: readonly string[];
  /** Whose certificates are not proved. */
  readonly skipTlsVerify: readonly string[];
  readonly trust: TrustSettings;
}

/** Makes connections, and keeps them: to registries, token services and wherever they redirect to. One for a repository. */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #connections = new Map<string, Promise<Connection>>();
  readonly #contexts = new Map<string, SecureContext>();

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** Rejects with the system's error where nobody answers. Throws `settings.*` for an unusable proxy or file of certificates. */
  async send(call: Call): Promise<RegistryReply> {
    const { url } = call;
    const proxy = proxyFor(url, this.#settings.trust.environment);
    const key = `${url.protocol}//${url.host} ${proxy?.href ?? ''}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = this.#connect(url, proxy);
      this.#connections.set(key, connection);
    }
    for (let left = 2; ; left -= 1) {
      try {
        return await send(call, await connection);
      } catch (error) {
        if (errorCode(error) !== staleCode || left === 0) throw error;
      }
    }
  }

  /** Whether somebody chose clear text for this host, or it is this machine. */
  isPlainAllowed(host: string): boolean {
    return isLoopback(host) || this.isPlain(host);
  }

  /** Whether the host is to be asked in clear text from the start. */
  isPlain(host: string): boolean {
    return this.#settings.plainHttp.includes(host);
  }

  /** Whether the settings say how this host is to be reached: the engine, which does not read them, has to be told as well. */
  isSpecial(host: string): boolean {
    return this.isPlain(host) || this.#isUnverified(host) || this.#settings.trust.caFile !== undefined;
  }

  async #connect(url: URL, proxy: URL | undefined): Promise<Connection> {
    const isTls = url.protocol === 'https:';
    // This machine's own registry has the certificate it made itself; the engine does not prove it either.
    const verify = !isLoopback(url.host) && !this.#isUnverified(url.host);
    const tls = isTls && (verify ? { secureContext: this.#contextFor(url.host) } : { rejectUnauthorized: false });
    const shown = proxy?.origin;
    return {
      agent: proxy
        ? await proxyAgent(proxy, isTls)
        : isTls
          ? new HttpsAgent({ keepAlive: true })
          : new HttpAgent({ keepAlive: true }),
      ...(tls && { tls }),
      ...(shown !== undefined && { proxy: shown }),
    };
  }

  #isUnverified(host: string): boolean {
    return this.#settings.skipTlsVerify.includes(host);
  }

  #contextFor(host: string): SecureContext {
    const known = this.#contexts.get(host);
    if (known) return known;
    const context = trustFor(host, this.#settings.trust);
    this.#contexts.set(host, context);
    return context;
  }
}

/** Loaded where there is a proxy alone. TLS goes through a tunnel; clear text is asked of the proxy, as it may refuse a tunnel to port 80. */
async function proxyAgent(proxy: URL, isTls: boolean): Promise<Connection['agent']> {
  if (isTls) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy, { keepAlive: true });
  }
  const { HttpProxyAgent } = await import('http-proxy-agent');
  return new HttpProxyAgent(proxy, { keepAlive: true });
}
