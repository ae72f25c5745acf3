import { createVerify } from 'node:crypto';
import type { Reply } from './api.js';

/** Who may call a Marathon stand-in. */
export type Door =
  | { readonly basic: { readonly user: string; readonly password: string } }
  /** A fixed DC/OS token. */
  | { readonly token: string }
  /** A DC/OS service account: its login gives tokens that end. */
  | { readonly account: { readonly uid: string; readonly publicKey: string; readonly lifetime: number } };

/** Checks `Authorization`, and answers the DC/OS login at `/acs/api/v1/auth/login`. Times are virtual milliseconds. */
export class Gate {
  door: Door | undefined;
  /** Logins that were answered well. */
  logins = 0;
  readonly #issued = new Map<string, number>();

  /** Undefined: come in. */
  refuse(authorization: string | undefined, now: number): Reply | undefined {
    if (this.door === undefined) return undefined;
    if ('basic' in this.door) {
      const { user, password } = this.door.basic;
      const right = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      return authorization === right
        ? undefined
        : { ...unauthorized, headers: { 'WWW-Authenticate': 'Basic realm="Mesosphere"' } };
    }
    const token = /^token=(.+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) return unauthorized;
    if ('token' in this.door) return token === this.door.token ? undefined : unauthorized;
    return now < (this.#issued.get(token) ?? 0) ? undefined : unauthorized;
  }

  /** `{uid, token}`, the token an RS256 JWT of the account's key with `uid` and `exp`. */
  login(body: string, now: number): Reply {
    if (this.door === undefined || !('account' in this.door)) return { status: 404, body: '<html>not found</html>' };
    const { uid, publicKey, lifetime } = this.door.account;
    if (!isSignedBy(body, uid, publicKey)) return { status: 401, body: { title: 'Unauthorized' } };
    const token = `acs-${++this.logins}`;
    this.#issued.set(token, now + lifetime);
    return { status: 200, body: { token } };
  }
}

const unauthorized: Reply = { status: 401, body: { message: 'Invalid username or password.' } };

function isSignedBy(body: string, uid: string, publicKey: string): boolean {
  try {
    const given = JSON.parse(body) as { readonly uid: unknown; readonly token: unknown };
    const [head = '', claims = '', signature = ''] = String(given.token).split('.');
    const decode = (part: string) =>
      JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
    const right = createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url');
    const { uid: claimed, exp } = decode(claims);
    return (
      right && given.uid === uid && claimed === uid && decode(head).alg === 'RS256' && Number(exp) > Date.now() / 1000
    );
  } catch {
    return false;
  }
}
