import type { Credential, CredentialSearch, Found, Surroundings } from './credential.js';
import { fromContainersAuth, fromDockerAuthConfig, fromDockerConfiguration } from './docker-config.js';
import { isDockerHub } from './hosts.js';
import { fromJobToken, fromStatedLogins } from './stated-login.js';

/** Docker Hub is kept under the name of an interface that it no longer has (docker/cli). */
const hubKey = 'https://index.docker.io/v1/';

/** The places where a login may be, in the order in which they are asked: what was said for this run comes before what the machine keeps. */
const sources: readonly ((key: string, surroundings: Surroundings) => Found | Promise<Found>)[] = [
  fromStatedLogins,
  fromDockerAuthConfig,
  fromDockerConfiguration,
  fromContainersAuth,
  fromJobToken,
];

/**
 * The credential for a registry (`host[:port]`, undefined for Docker Hub): what was stated for it, then what the `docker` command
 * line would use (`DOCKER_AUTH_CONFIG`, and the client configuration's `credHelpers`, `credsStore`, `auths`), then podman's, then the
 * CI job's own. Throws `push.credentials` for a configuration that cannot be read and a helper that fails.
 */
export async function searchCredential(
  registry: string | undefined,
  surroundings: Surroundings,
): Promise<CredentialSearch> {
  const key = registry === undefined || isDockerHub(registry) ? hubKey : registry;
  const looked: string[] = [];
  for (const source of sources) {
    const { credential, places } = await source(key, surroundings);
    if (credential) return { credential, looked };
    looked.push(...places);
  }
  return { credential: undefined, looked };
}

/** The same, without where it was looked for. */
export async function findCredential(
  registry: string | undefined,
  surroundings: Surroundings,
): Promise<Credential | undefined> {
  return (await searchCredential(registry, surroundings)).credential;
}

/** What a person is told of a search: what was shown, from where, and what else was asked. */
export function describeSearch({ credential, looked }: CredentialSearch): string {
  const shown = describeCredential(credential);
  if (looked.length === 0) return shown;
  return `${shown}; nothing for it in ${looked.join(', ')}`;
}

/** What a person is told of a credential: never its secret. */
export function describeCredential(credential: Credential | undefined): string {
  if (!credential) return 'no credential (none is configured)';
  const who = credential.login ? `user '${credential.login.username}'` : 'a token';
  return `${who} from ${credential.origin}`;
}
