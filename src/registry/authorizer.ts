import { type Challenge, fetchToken, parseChallenges } from './auth.js';
import type { Credential } from './credential.js';
import { basicAuthorization, type RegistryReply } from './http.js';
import type { Transport } from './transport.js';

/** What a request is shown to a registry with, or the answer that stands for the registry's because there is nothing to show. */
export type Authorization = { readonly header: string | undefined } | { readonly reply: RegistryReply };

interface HeldToken {
  readonly answer: Promise<Authorization>;
  /** Clock in milliseconds from which on a new one is fetched; known once the answer is there. */
  until: number;
}

/**
 * Makes the `Authorization` of one repository's requests: nothing until the registry challenges, then Basic, or a bearer
 * token that is kept until shortly before it ends. However many requests wait for a token, it is fetched once.
 */
export class Authorizer {
  readonly #transport: Transport;
  readonly #credential: Credential | undefined;
  readonly #scope: string;
  readonly #signal: AbortSignal;
  #challenge: Challenge | undefined;
  readonly #tokens = new Map<string, HeldToken>();
  #scopes: readonly string[];

  /** `scope`: `repository:team/app:pull,push`. */
  constructor(transport: Transport, credential: Credential | undefined, scope: string, signal: AbortSignal) {
    this.#transport = transport;
    this.#credential = credential;
    this.#scope = scope;
    this.#scopes = [scope];
    this.#signal = signal;
  }

  /** Before a request. */
  async authorize(registry: URL): Promise<Authorization> {
    return this.#challenge === undefined ? { header: undefined } : this.#answer(this.#challenge, registry);
  }

  /** After a 401: undefined where nothing else could be shown than what was. `shown`: the header that was refused. */
  async retryAfter(reply: RegistryReply, registry: URL, shown: string | undefined): Promise<Authorization | undefined> {
    const challenges = parseChallenges(reply.headers['www-authenticate'] ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const challenge = bearer ?? challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge === undefined) return undefined;
    this.#challenge = challenge;
    const wanted = challenge.parameters.scope;
    // What the registry asks for comes first: a service may grant one scope alone.
    this.#scopes = wanted === undefined || wanted === this.#scope ? [this.#scope] : [wanted, this.#scope];
    const held = this.#tokens.get(this.#key());
    if (held && (await authorizationOf(held)) === shown) this.#tokens.delete(this.#key());
    const next = await this.#answer(challenge, registry);
    return 'header' in next && (next.header === undefined || next.header === shown) ? undefined : next;
  }

  async #answer(challenge: Challenge, registry: URL): Promise<Authorization> {
    if (challenge.scheme === 'basic') return { header: this.#basic(registry) };
    const key = this.#key();
    const held = this.#tokens.get(key);
    if (held && held.until > Date.now()) return held.answer;
    const fresh: HeldToken = {
      until: Number.POSITIVE_INFINITY,
      answer: this.#fetch(challenge, registry, (until) => {
        fresh.until = until;
      }).catch((error: unknown) => {
        this.#forget(key, fresh);
        throw error;
      }),
    };
    this.#tokens.set(key, fresh);
    const answer = await fresh.answer;
    if ('reply' in answer) this.#forget(key, fresh);
    return answer;
  }

  async #fetch(challenge: Challenge, registry: URL, keep: (until: number) => void): Promise<Authorization> {
    const began = Date.now();
    const answer = await fetchToken(
      { challenge, scopes: this.#scopes, credential: this.#credential, registry, signal: this.#signal },
      this.#transport,
    );
    if ('token' in answer) {
      // A request that begins just before the end must still arrive in time.
      keep(began + (answer.seconds - Math.min(10, answer.seconds / 2)) * 1000);
      return { header: `Bearer ${answer.token}` };
    }
    return 'reply' in answer ? { reply: refusal(answer.reply) } : { reply: notAsked(answer.refused) };
  }

  #basic(registry: URL): string | undefined {
    const login = this.#credential?.login;
    if (!login || (registry.protocol === 'http:' && !this.#transport.isPlainAllowed(registry.host))) return undefined;
    return basicAuthorization(login.username, login.password.reveal());
  }

  #key(): string {
    return this.#scopes.join(' ');
  }

  #forget(key: string, held: HeldToken): void {
    if (this.#tokens.get(key) === held) this.#tokens.delete(key);
  }
}

async function authorizationOf({ answer }: HeldToken): Promise<string | undefined> {
  const known = await answer.catch(() => undefined);
  return known && 'header' in known ? known.header : undefined;
}

/** A token service answers 400 or 404 to a login that it does not take; the registry's own word for that is 401. */
function refusal(reply: RegistryReply): RegistryReply {
  const isLoginRefused = reply.status >= 400 && reply.status < 500 && ![403, 408, 429].includes(reply.status);
  return isLoginRefused ? { ...reply, status: 401 } : reply;
}

function notAsked(why: string): RegistryReply {
  return { status: 401, headers: {}, body: Buffer.from(why) };
}
