import { type Agent, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isLoopback } from './hosts.js';
import { type Call, type RegistryReply, send } from './http.js';

/** How registries are reached, as the settings say. Every host is `host[:port]`, as images name it. */
export interface TransportSettings {
  /** These speak HTTP without TLS, and are shown credentials all the same. */
  readonly plainHttp: readonly string[];
  /** Whose certificates are not proved. */
  readonly skipTlsVerify: readonly string[];
}

/** Makes connections: to registries, token services and wherever they redirect to. One for a run. */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #agents = new Map<string, Agent>();

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** Rejects with the system's error where nobody answers. */
  send(call: Call): Promise<RegistryReply> {
    return send(call, this.#agentFor(call.url));
  }

  /** Whether somebody chose clear text for this host, or it is this machine. */
  isPlainAllowed(host: string): boolean {
    return isLoopback(host) || this.#settings.plainHttp.includes(host);
  }

  /** Whether the host is to be asked in clear text from the start. */
  isPlain(host: string): boolean {
    return this.#settings.plainHttp.includes(host);
  }

  #agentFor(url: URL): Agent {
    const verify = !isLoopback(url.host) && !this.#settings.skipTlsVerify.includes(url.host);
    const key = `${url.protocol}${verify}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent =
      url.protocol === 'http:'
        ? new HttpAgent({ keepAlive: true })
        : new HttpsAgent({ keepAlive: true, rejectUnauthorized: verify });
    this.#agents.set(key, agent);
    return agent;
  }
}
