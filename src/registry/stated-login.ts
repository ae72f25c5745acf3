import { Secret } from '../core/secret.js';
import { type Found, type Surroundings, usualAccess } from './credential.js';
import { isDockerHub } from './hosts.js';

/** A login that was stated for this run and this registry: by flags, or by variables of ours. */
export async function fromStatedLogins(key: string, { registries }: Surroundings): Promise<Found> {
  const { logins, statedIn } = (await registries?.()) ?? usualAccess;
  const login = logins.find(({ registry }) => isSame(registry, key));
  if (login === undefined) return { places: statedIn };
  const { origin, username, password } = login;
  return { credential: { registry: key, origin, login: { username, password } }, places: [] };
}

function isSame(registry: string | undefined, key: string): boolean {
  return registry === undefined || isDockerHub(registry)
    ? key.startsWith('https://index.docker.io/')
    : registry === key;
}

/** Where a CI gives its job a login for its own registry: the variables of host, user and password. */
const jobTokens = [
  // GitLab: https://docs.gitlab.com/ci/variables/predefined_variables/; the password ends with the job.
  { host: 'CI_REGISTRY', user: 'CI_REGISTRY_USER', password: 'CI_REGISTRY_PASSWORD' },
  // GitHub: the token has to be handed to the step, and the job needs `packages: write`.
  { registry: 'ghcr.io', user: 'GITHUB_ACTOR', password: 'GITHUB_TOKEN' },
] as const;

/** The CI job's own login, for the CI's own registry alone. */
export function fromJobToken(key: string, { environment }: Surroundings): Found {
  const places: string[] = [];
  for (const token of jobTokens) {
    const registry = 'host' in token ? environment[token.host] : token.registry;
    if (registry !== key) continue;
    const username = environment[token.user];
    const password = environment[token.password];
    const origin = `${token.user} and ${token.password}`;
    if (username && password) {
      return { credential: { registry: key, origin, login: { username, password: new Secret(password) } }, places };
    }
    places.push(`${origin} (not both set)`);
  }
  return { places };
}
