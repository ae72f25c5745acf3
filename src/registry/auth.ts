import { numberMember, textMember } from '../formats/json-member.js';
import type { Credential } from './credential.js';
import { isInner } from './hosts.js';
import { basicAuthorization, type RegistryReply } from './http.js';
import type { Transport } from './transport.js';

/** One challenge of a `WWW-Authenticate` header, scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** All challenges of a header (RFC 9110, 11.6.1): several may stand in one, parted by commas. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y;
  for (;;) {
    const match = token.exec(header);
    if (!match) return challenges;
    const [, name = '', quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else for (const last of challenges.slice(-1)) last.parameters[name.toLowerCase()] = value;
  }
}

/** What a token is asked for. */
export interface TokenQuestion {
  readonly challenge: Challenge;
  /** `repository:team/app:pull`; the one that the registry challenged with first. */
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** The registry's own URL. */
  readonly registry: URL;
  readonly signal: AbortSignal;
}

/** `token`: the service gave one, for `seconds`; else its answer, or why it was not asked. */
export type TokenAnswer =
  | { readonly token: string; readonly seconds: number }
  | { readonly reply: RegistryReply }
  | { readonly refused: string };

/** A service that does not say how long a token lives gives one for a minute (distribution, `spec/auth/token`). */
const usualSeconds = 60;

/**
 * A bearer token (distribution, docs/spec/auth/token and /oauth): an identity token is exchanged by POST, by GET where the
 * service knows no POST; a login goes as Basic; without either the token is anonymous.
 */
export async function fetchToken(question: TokenQuestion, transport: Transport): Promise<TokenAnswer> {
  const { challenge, credential } = question;
  if (credential?.registryToken) return { token: credential.registryToken.reveal(), seconds: usualSeconds };
  const realm = safeRealm(challenge, question.registry, transport);
  if (typeof realm === 'string') return { refused: realm };
  const exchanged = credential?.identityToken && (await exchange(question, realm, transport));
  return exchanged ?? askWithLogin(question, realm, transport);
}

/** The address of the token service, or why nobody should be sent there. */
function safeRealm({ parameters }: Challenge, registry: URL, transport: Transport): URL | string {
  const { realm } = parameters;
  if (realm === undefined || !URL.canParse(realm)) return 'it names no token service';
  const url = new URL(realm);
  const plain = registry.protocol === 'http:' && (url.host === registry.host || transport.isPlainAllowed(url.host));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plain))
    return `its token service ${url.origin} is not asked in clear text`;
  if (isInner(url.host) && !isInner(registry.host) && url.hostname !== registry.hostname)
    return `its token service ${url.origin} is in an inner network, and the registry is not`;
  return url;
}

/** Undefined where the service does not know this way. */
async function exchange(
  { challenge, scopes, credential, signal }: TokenQuestion,
  realm: URL,
  transport: Transport,
): Promise<TokenAnswer | undefined> {
  const { service } = challenge.parameters;
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'slipway',
    scope: scopes.join(' '),
    refresh_token: credential?.identityToken?.reveal() ?? '',
    ...(service !== undefined && { service }),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await transport.send({ method: 'POST', url: realm, headers, body: form.toString(), signal });
  return reply.status === 404 || reply.status === 405 ? undefined : readToken(reply);
}

async function askWithLogin(
  { challenge, scopes, credential, signal }: TokenQuestion,
  realm: URL,
  transport: Transport,
): Promise<TokenAnswer> {
  const url = new URL(realm);
  const { service } = challenge.parameters;
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const login = credential?.login;
  const headers: Record<string, string> = login
    ? { authorization: basicAuthorization(login.username, login.password.reveal()) }
    : {};
  return readToken(await transport.send({ method: 'GET', url, headers, signal }));
}

function readToken(reply: RegistryReply): TokenAnswer {
  if (reply.status !== 200) return { reply };
  let answer: unknown;
  try {
    answer = JSON.parse(reply.body.toString('utf8'));
  } catch {
    return { refused: 'its token service answers something that is not JSON' };
  }
  const token = textMember(answer, 'token') || textMember(answer, 'access_token');
  if (!token) return { refused: 'its token service gives no token' };
  const seconds = numberMember(answer, 'expires_in');
  return { token, seconds: seconds !== undefined && seconds > 0 ? seconds : usualSeconds };
}
