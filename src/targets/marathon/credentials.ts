import { Failure } from '../../core/failure.js';
import { Secret } from '../../core/secret.js';

/** Who Slipway is to Marathon. */
export type MarathonCredentials = { readonly token: Secret } | { readonly username: string; readonly password: Secret };

/**
 * From `SLIPWAY_MARATHON_TOKEN` (DC/OS), or `SLIPWAY_MARATHON_USER` and `SLIPWAY_MARATHON_PASSWORD` (HTTP Basic);
 * undefined: neither is set. Throws `settings.invalid` for a user without a password.
 */
export function marathonCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): MarathonCredentials | undefined {
  const {
    SLIPWAY_MARATHON_TOKEN: token,
    SLIPWAY_MARATHON_USER: username,
    SLIPWAY_MARATHON_PASSWORD: password,
  } = environment;
  if (token) return { token: new Secret(token) };
  if (!username && !password) return undefined;
  if (username && password) return { username, password: new Secret(password) };
  throw new Failure('settings.invalid', {
    message: `${username ? 'SLIPWAY_MARATHON_USER' : 'SLIPWAY_MARATHON_PASSWORD'} is set without the other`,
    remedy: 'Set both SLIPWAY_MARATHON_USER and SLIPWAY_MARATHON_PASSWORD, or SLIPWAY_MARATHON_TOKEN alone.',
  });
}

/** The `Authorization` header: DC/OS wants `token=…`, not Bearer. */
export function authorization(credentials: MarathonCredentials): string {
  if ('token' in credentials) return `token=${credentials.token.reveal()}`;
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
