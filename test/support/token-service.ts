import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from './certificates.js';

/** What a registry's token service was asked. */
export interface TokenRequest {
  readonly scopes: readonly string[];
  /** `none`, `login` or `refresh` (an identity token by POST). */
  readonly by: 'none' | 'login' | 'refresh';
}

/** A token service as the distribution project specifies it (spec/auth/token, jwt, oauth), which signs with ES256. */
export interface TokenService {
  /** The `auth` of a registry's configuration. */
  readonly auth: string;
  readonly user: string;
  readonly password: string;
  readonly refreshToken: string;
  readonly asked: readonly TokenRequest[];
  stop(): Promise<void>;
}

/**
 * `isStale`: whether the next token is to be one that ended already, although its answer says it lives for minutes. Anybody may
 * pull; only the user may push.
 */
export async function startTokenService(
  directory: string,
  isStale: (scopes: readonly string[]) => boolean = () => false,
): Promise<TokenService> {
  const { certificate, key } = makeCertificate(directory, ['localhost']);
  const signer = createPrivateKey(readFileSync(key));
  const x5c = [new X509Certificate(readFileSync(certificate)).raw.toString('base64')];
  const [user, password, refreshToken] = ['pusher', `s3cret-${randomUUID()}`, `refresh-${randomUUID()}`];
  const asked: TokenRequest[] = [];
  const login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const issue = (scopes: readonly string[], isUser: boolean, isStaleNow: boolean): string => {
    const now = Math.floor(Date.now() / 1000) - (isStaleNow ? 3600 : 0);
    const access = scopes.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',').filter((action) => isUser || action === 'pull') };
    });
    const claims = {
      iss: 'slipway',
      sub: user,
      aud: 'slipway',
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access,
    };
    const text = [{ typ: 'JWT', alg: 'ES256', x5c }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${sign('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const server = createServer(async (request, response) => {
    const form = request.method === 'POST' ? new URLSearchParams(await readText(request)) : undefined;
    const scopes =
      form?.get('scope')?.split(' ') ?? new URL(request.url ?? '', 'http://x').searchParams.getAll('scope');
    const { authorization } = request.headers;
    asked.push({ scopes, by: form ? 'refresh' : authorization === undefined ? 'none' : 'login' });
    const isUser = form ? form.get('refresh_token') === refreshToken : authorization === login;
    if (!isUser && (form || authorization !== undefined))
      return response.writeHead(401).end('{"details":"wrong login"}');
    const token = issue(scopes, isUser, isStale(scopes));
    response.end(JSON.stringify({ [form ? 'access_token' : 'token']: token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    auth: `{ token: { realm: 'http://127.0.0.1:${port}/token', service: slipway, issuer: slipway, rootcertbundle: ${certificate} } }`,
    user,
    password,
    refreshToken,
    asked,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}
