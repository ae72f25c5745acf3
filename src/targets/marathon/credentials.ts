import { readFile } from 'node:fs/promises';
import { describeError, Failure } from '../../core/failure.js';
import { Secret } from '../../core/secret.js';

/** Who Slipway is to Marathon. */
export type MarathonCredentials =
  /** A DC/OS token, made by somebody else. */
  | { readonly token: Secret }
  /** HTTP Basic. */
  | { readonly username: string; readonly password: Secret }
  /** A DC/OS service account; its private key (PEM, RSA) signs the login. */
  | { readonly uid: string; readonly privateKey: Secret };

/** The variables, one way to log in each. */
const ways = [
  ['SLIPWAY_MARATHON_TOKEN'],
  ['SLIPWAY_DCOS_ACS_TOKEN'],
  ['SLIPWAY_MARATHON_USER', 'SLIPWAY_MARATHON_PASSWORD'],
  ['SLIPWAY_DCOS_UID', 'SLIPWAY_DCOS_PRIVATE_KEY_FILE'],
] as const;

/**
 * From `SLIPWAY_MARATHON_TOKEN` or `SLIPWAY_DCOS_ACS_TOKEN` (a DC/OS token), `SLIPWAY_MARATHON_USER` and
 * `SLIPWAY_MARATHON_PASSWORD` (HTTP Basic), or `SLIPWAY_DCOS_UID` and `SLIPWAY_DCOS_PRIVATE_KEY_FILE` (a DC/OS service
 * account); undefined: none is set. Throws `settings.invalid` for half of a pair, for two ways at once, and for a key file
 * that cannot be read.
 */
export async function marathonCredentials(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MarathonCredentials | undefined> {
  const begun = ways.filter((names) => names.some((name) => environment[name]));
  const [way, another] = begun;
  if (way === undefined) return undefined;
  if (another !== undefined) throw twoWays(begun);
  const missing = way.find((name) => !environment[name]);
  if (missing !== undefined) {
    throw new Failure('settings.invalid', {
      message: `${way.find((name) => name !== missing)} is set without ${missing}`,
      remedy: `Set both ${way.join(' and ')}, or a token alone: SLIPWAY_MARATHON_TOKEN.`,
    });
  }
  const [first, second] = way.map((name) => environment[name] ?? '');
  if (second === undefined) return { token: new Secret(first ?? '') };
  if (way[0] === 'SLIPWAY_MARATHON_USER') return { username: first ?? '', password: new Secret(second) };
  return { uid: first ?? '', privateKey: await readKey(second) };
}

/** Origins beside `url`'s own to which the credentials may go, from `SLIPWAY_MARATHON_LEADERS` (a list with commas). */
export function leaderOrigins(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const listed = (environment.SLIPWAY_MARATHON_LEADERS ?? '').split(',').map((each) => each.trim());
  return listed.filter((each) => each !== '').map((each) => originOf(each));
}

function originOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
  throw new Failure('settings.invalid', {
    message: `SLIPWAY_MARATHON_LEADERS has '${text}', which is not an http address`,
    remedy: 'Write the masters as https://host:port, with commas between them.',
  });
}

async function readKey(path: string): Promise<Secret> {
  try {
    return new Secret(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Failure('settings.invalid', {
      message: `The private key of the DC/OS service account cannot be read: ${describeError(error)}`,
      where: 'SLIPWAY_DCOS_PRIVATE_KEY_FILE',
      remedy: 'Name the file with its RSA private key (PEM).',
      cause: error,
    });
  }
}

function twoWays(begun: readonly (readonly string[])[]): Failure {
  return new Failure('settings.invalid', {
    message: 'Two ways to log in to Marathon are set',
    remedy: 'Keep one of them.',
    candidates: begun.map((names) => names.join(' and ')),
  });
}
