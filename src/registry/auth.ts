import { textMember } from '../formats/json-member.js';
import type { Credential } from './credentials.js';
import { basicAuthorization, isLoopback, type RegistryReply, send } from './http.js';

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

/**
 * A bearer token for a scope (distribution, docs/spec/auth/token and /oauth): an identity token is exchanged by POST, by
 * GET where the service knows no POST; a login goes as Basic; without either the token is anonymous. Undefined where the
 * service gives none.
 */
export async function fetchToken(
  challenge: Challenge,
  scope: string,
  credential: Credential | undefined,
  plainAllowed: boolean,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { realm, service } = challenge.parameters;
  if (credential?.registryToken) return credential.registryToken.reveal();
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && plainAllowed && isLoopback(url.host));
  if (!safe) return undefined;
  if (credential?.identityToken) {
    const fields = {
      grant_type: 'refresh_token',
      client_id: 'slipway',
      scope,
      refresh_token: credential.identityToken.reveal(),
    };
    const form = new URLSearchParams({ ...fields, ...(service && { service }) });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await send('POST', url, type, form.toString(), signal);
    if (reply.status !== 404 && reply.status !== 405) return tokenOf(reply);
  }
  if (service) url.searchParams.set('service', service);
  url.searchParams.append('scope', scope);
  const login = credential?.login;
  const headers: Record<string, string> = login
    ? { authorization: basicAuthorization(login.username, login.password.reveal()) }
    : {};
  return tokenOf(await send('GET', url, headers, undefined, signal));
}

function tokenOf(reply: RegistryReply): string | undefined {
  if (reply.status !== 200) return undefined;
  try {
    const answer: unknown = JSON.parse(reply.body.toString('utf8'));
    return textMember(answer, 'token') ?? textMember(answer, 'access_token');
  } catch {
    return undefined;
  }
}
