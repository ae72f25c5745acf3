import { createSign } from 'node:crypto';
import { z } from 'zod';
import { describeError, Failure } from '../../core/failure.js';
import { Secret } from '../../core/secret.js';
import type { MarathonCredentials } from './credentials.js';
import { type Answer, callOnce, type HttpRequest } from './http-call.js';

/** Where Marathon is, and who asks. */
export interface MarathonConnection {
  /** Base address, e.g. `https://marathon.example.com/`, or `https://dcos.example.com/service/marathon`. */
  readonly url: string;
  /** Asked again when a token was refused, since tokens end. */
  readonly credentials: () => Promise<MarathonCredentials | undefined>;
  /** Origins beside `url`'s own to which the credentials may go. */
  readonly leaders: readonly string[];
  readonly signal: AbortSignal;
}

/** Calls with credentials. */
export interface MarathonSession {
  readonly connection: MarathonConnection;
  /** An address below Marathon's own: `v2/apps/web`. */
  address(path: string): URL;
  /** The `Authorization` header as it is now; undefined without credentials. */
  authorization(): Promise<string | undefined>;
  /** As `callOnce`; a 401 is answered with one new login and one more try. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** A session that logs in when it is first needed. Throws `deploy.orchestrator` when the DC/OS login is refused. */
export function openSession(connection: MarathonConnection): MarathonSession {
  let header: Promise<Secret | undefined> | undefined;
  const base = connection.url.endsWith('/') ? connection.url : `${connection.url}/`;
  const current = (): Promise<Secret | undefined> => {
    header ??= logIn(connection).catch((error: unknown) => {
      header = undefined;
      throw error;
    });
    return header;
  };
  const address = (path: string): URL => new URL(path, base);
  return {
    connection,
    address,
    authorization: async () => (await current())?.reveal(),
    async call(method, path, body) {
      const used = (await current())?.reveal();
      const request = (authorization: string | undefined): HttpRequest => ({
        method,
        headers: authorization === undefined ? {} : { Authorization: authorization },
        ...(body !== undefined && { body }),
      });
      const answer = await callOnce(address(path), request(used), connection.signal);
      if (answer.status !== 401) return answer;
      header = undefined;
      const renewed = (await current())?.reveal();
      if (renewed === used) return answer;
      return callOnce(address(path), request(renewed), connection.signal);
    },
  };
}

async function logIn(connection: MarathonConnection): Promise<Secret | undefined> {
  const credentials = await connection.credentials();
  if (credentials === undefined) return undefined;
  // DC/OS wants `token=…`, not Bearer (dcos-cli, pkg/httpclient).
  if ('token' in credentials) return new Secret(`token=${credentials.token.reveal()}`);
  if ('username' in credentials) {
    const pair = `${credentials.username}:${credentials.password.reveal()}`;
    return new Secret(`Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  }
  return new Secret(`token=${await logInToDcos(connection, credentials.uid, credentials.privateKey)}`);
}

/** The service account's login: `{uid, token}`, the token a JWT that its key has signed; the reply's token is the session's. */
async function logInToDcos(connection: MarathonConnection, uid: string, privateKey: Secret): Promise<string> {
  const url = new URL('/acs/api/v1/auth/login', connection.url);
  const request = { method: 'POST', headers: {}, body: { uid, token: signLogin(uid, privateKey) } };
  const answer = await callOnce(url, request, connection.signal);
  const parsed = z.looseObject({ token: z.string().regex(/^[\x21-\x7e]+$/) }).safeParse(answer.body);
  if (answer.status === 200 && parsed.success) return parsed.data.token;
  throw new Failure('deploy.orchestrator', {
    message: `DC/OS refuses the login of the service account '${uid}' (${answer.status})`,
    where: url.href,
    remedy: 'Check SLIPWAY_DCOS_UID, and that SLIPWAY_DCOS_PRIVATE_KEY_FILE is the key that the account was made with.',
  });
}

const loginSeconds = 300;

/** RS256 JSON Web Token (RFC 7519) of the account, good for five minutes. */
function signLogin(uid: string, privateKey: Secret): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
  const head = encode({ alg: 'RS256', typ: 'JWT' });
  const content = `${head}.${encode({ uid, exp: Math.floor(Date.now() / 1000) + loginSeconds })}`;
  try {
    return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey.reveal(), 'base64url')}`;
  } catch (error) {
    throw new Failure('settings.invalid', {
      message: `The private key of the DC/OS service account cannot sign: ${describeError(error)}`,
      where: 'SLIPWAY_DCOS_PRIVATE_KEY_FILE',
      remedy: 'Name the file with its RSA private key (PEM).',
    });
  }
}
