import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, Failure } from '../core/failure.js';
import { Secret } from '../core/secret.js';
import { member, textMember } from '../formats/json-member.js';
import type { Credential, Found, Surroundings } from './credential.js';
import { askHelper } from './credential-helper.js';

/** `DOCKER_AUTH_CONFIG`: a Docker configuration in a variable, as GitLab's runners give it. */
export function fromDockerAuthConfig(key: string, { environment }: Surroundings): Found {
  const name = 'DOCKER_AUTH_CONFIG';
  const text = environment[name];
  if (!text) return { places: [`${name} (not set)`] };
  return { credential: fromAuths(parseConfig(text, name), key, name), places: [name] };
}

/** Docker's client configuration: `credHelpers`, `credsStore`, `auths`. */
export async function fromDockerConfiguration(key: string, surroundings: Surroundings): Promise<Found> {
  const path = join(surroundings.dockerConfigDirectory, 'config.json');
  const text = await readConfig(path);
  if (text === undefined) return { places: [`${path} (not there)`] };
  const config = parseConfig(text, path);
  const helper = textMember(config, 'credHelpers', key) ?? textMember(config, 'credsStore');
  const stored = helper ? await askHelper(helper, key, surroundings.environment) : undefined;
  const places = helper ? [`docker-credential-${helper}`, `auths of ${path}`] : [`auths of ${path}`];
  return { credential: stored ?? fromAuths(config, key, `auths of ${path}`), places };
}

/** What podman, buildah and skopeo keep: `REGISTRY_AUTH_FILE`, else `$XDG_RUNTIME_DIR/containers/auth.json`; the same format. */
export async function fromContainersAuth(key: string, { environment }: Surroundings): Promise<Found> {
  const run = environment.XDG_RUNTIME_DIR;
  const path = environment.REGISTRY_AUTH_FILE || (run ? join(run, 'containers', 'auth.json') : undefined);
  const text = path === undefined ? undefined : await readConfig(path);
  if (path === undefined || text === undefined) return { places: [] };
  const origin = `auths of ${path}`;
  return { credential: fromAuths(parseConfig(text, path), key, origin), places: [origin] };
}

async function readConfig(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw new Failure('push.credentials', {
      message: 'The Docker configuration cannot be read',
      where: path,
      cause: error,
    });
  }
}

function parseConfig(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The cause would quote the text, and with it the secrets in it.
    const remedy = 'Repair it, or make it again with `docker login`.';
    void cause;
    throw new Failure('push.credentials', { message: 'The Docker configuration is not JSON', where, remedy });
  }
}

function fromAuths(config: unknown, key: string, origin: string): Credential | undefined {
  const auths = member(config, 'auths');
  if (typeof auths !== 'object' || auths === null) return undefined;
  const exact = Reflect.get(auths, key);
  const entry = exact ?? Object.entries(auths).find(([name]) => hostOf(name) === hostOf(key))?.[1];
  return entry === undefined ? undefined : credentialOf(entry, key, origin);
}

/** Keys of old configurations are addresses: `https://registry.example.com/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0] ?? key;
}

function credentialOf(entry: unknown, registry: string, origin: string): Credential | undefined {
  const identity = textMember(entry, 'identitytoken');
  const bearer = textMember(entry, 'registrytoken');
  const [username, password] = loginOf(entry);
  if (identity) return { registry, origin, identityToken: new Secret(identity) };
  if (bearer) return { registry, origin, registryToken: new Secret(bearer) };
  if (!username || password === undefined) return undefined;
  return { registry, origin, login: { username, password: new Secret(password) } };
}

function loginOf(entry: unknown): [string | undefined, string | undefined] {
  const auth = textMember(entry, 'auth');
  if (!auth) return [textMember(entry, 'username'), textMember(entry, 'password')];
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon < 0 ? [undefined, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
