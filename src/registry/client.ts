import { errorCode } from '../core/failure.js';
import { type Digest, parseDigest } from '../core/image-name.js';
import { fetchToken, parseChallenges } from './auth.js';
import type { Credential } from './credentials.js';
import { basicAuthorization, follow, isLoopback, type RegistryReply } from './http.js';

/** Media types of manifests and indexes, of both families (OCI distribution-spec, "Pulling manifests"). */
export const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

/**
 * Asks a registry's HTTP API beside the engine, which does not say what it was told. Credentials go to the registry and
 * to the token service it names, never along a redirect, and never in clear text to a host that is not loopback.
 */
export class RegistryClient {
  readonly #host: string;
  readonly #path: string;
  readonly #credential: Credential | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #actions: 'pull' | 'pull,push';
  #scheme: 'https:' | 'http:' = 'https:';
  #settled = false;
  #authorization: string | undefined;

  /**
   * `registry`: `host[:port]`, undefined for Docker Hub; `path`: the repository without it; `signal` ends what is asked;
   * `actions`: what a token is asked for. Some services refuse an account that may only read one for writing.
   */
  constructor(
    registry: string | undefined,
    path: string,
    credential: Credential | undefined,
    signal?: AbortSignal,
    actions: 'pull' | 'pull,push' = 'pull,push',
  ) {
    const hub = registry === undefined || /^(index\.)?docker\.io$/.test(registry);
    this.#host = hub ? 'registry-1.docker.io' : registry;
    this.#path = hub && !path.includes('/') ? `library/${path}` : path;
    this.#credential = credential;
    this.#signal = signal;
    this.#actions = actions;
  }

  /** `suffix`: `manifests/1.0.0`. Rejects with the system's error when the registry cannot be reached. */
  async ask(
    method: string,
    suffix: string,
    headers: Record<string, string> = {},
    body?: Buffer,
  ): Promise<RegistryReply> {
    const reply = await this.#send(method, suffix, headers, body);
    if (reply.status !== 401) return reply;
    const authorization = await this.#authorize(reply);
    if (authorization === undefined) return reply;
    this.#authorization = authorization;
    return this.#send(method, suffix, headers, body);
  }

  async #send(
    method: string,
    suffix: string,
    headers: Record<string, string>,
    body: Buffer | undefined,
  ): Promise<RegistryReply> {
    // A session to upload into is continued where the registry says (`Location`), which carries its state.
    const url = () => new URL(suffix, `${this.#scheme}//${this.#host}/v2/${this.#path}/`);
    const all = { ...headers, ...(this.#authorization && { authorization: this.#authorization }) };
    try {
      const reply = await follow(method, url(), all, body, this.#signal);
      this.#settled = true;
      return reply;
    } catch (error) {
      if (this.#settled || !isLoopback(this.#host) || !speaksPlain(error)) throw error;
      this.#scheme = 'http:';
      this.#settled = true;
      return follow(method, url(), all, body, this.#signal);
    }
  }

  async #authorize(reply: RegistryReply): Promise<string | undefined> {
    const challenges = parseChallenges(reply.headers['www-authenticate'] ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const credential = this.#credential;
    if (bearer) {
      const scope = `repository:${this.#path}:${this.#actions}`;
      const token = await fetchToken(bearer, scope, credential, this.#scheme === 'http:', this.#signal);
      return token && `Bearer ${token}`;
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic') || !credential?.login) return undefined;
    if (this.#scheme === 'http:' && !isLoopback(this.#host)) return undefined;
    return basicAuthorization(credential.login.username, credential.login.password.reveal());
  }
}

/** The digest of a manifest that a registry answered with. Throws `settings.invalid` for one that is none. */
export function digestOf(reply: RegistryReply): Digest | undefined {
  const digest = reply.headers['docker-content-digest'];
  return typeof digest === 'string' ? parseDigest(digest) : undefined;
}

function speaksPlain(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return code === 'EPROTO' || code === 'ECONNRESET' || code.startsWith('ERR_SSL');
}
