import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, Failure } from '../core/failure.js';
import { Secret } from '../core/secret.js';
import { member, textMember } from '../formats/json-member.js';
import { isDockerHub } from './hosts.js';

/** What a registry is shown. */
export interface Credential {
  /** Host as the engine names it, or Docker Hub's key. */
  readonly registry: string;
  /** Where it came from: `auths of ~/.docker/config.json`, `docker-credential-pass`. */
  readonly origin: string;
  readonly login?: { readonly username: string; readonly password: Secret };
  readonly identityToken?: Secret;
  readonly registryToken?: Secret;
}

/** What was found for a registry, and where it was looked for. */
export interface CredentialSearch {
  /** Undefined: none, so anonymous. */
  readonly credential: Credential | undefined;
  /** Every place that was asked before, in order. */
  readonly looked: readonly string[];
}

/** Where credentials are looked for and how registries are reached. Nothing else is read. */
export interface Surroundings {
  /** `DOCKER_AUTH_CONFIG`, and `PATH` for helpers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Docker's client configuration, usually `~/.docker`. */
  readonly dockerConfigDirectory: string;
  /** Waits between the attempts of a request, in milliseconds; each is drawn between 0 and the value given here. */
  readonly retryDelays?: readonly number[];
}

/** Docker Hub is kept under the name of an interface that it no longer has (docker/cli). */
const hubKey = 'https://index.docker.io/v1/';

/** What a helper prints when it knows no login (docker-credential-helpers, `credentials/error.go`): its only sign of that. */
const helperKnowsNone = 'credentials not found in native keychain';

/**
 * The credential for a registry (`host[:port]`, undefined for Docker Hub): what the `docker` command line would use, which is
 * `DOCKER_AUTH_CONFIG`, then the client configuration's `credHelpers`, `credsStore`, `auths`. Throws `push.credentials` for a
 * configuration that cannot be read and a helper that fails.
 */
export async function searchCredential(
  registry: string | undefined,
  surroundings: Surroundings,
): Promise<CredentialSearch> {
  const key = isDockerHub(registry) ? hubKey : (registry ?? hubKey);
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

/** What one place has for a registry; `places`: what to call it where it has nothing. */
interface Found {
  readonly credential?: Credential | undefined;
  readonly places: readonly string[];
}

const sources: readonly ((key: string, surroundings: Surroundings) => Found | Promise<Found>)[] = [
  fromDockerAuthConfig,
  fromDockerConfiguration,
];

function fromDockerAuthConfig(key: string, { environment }: Surroundings): Found {
  const name = 'DOCKER_AUTH_CONFIG';
  const text = environment[name];
  if (!text) return { places: [`${name} (not set)`] };
  return { credential: fromAuths(parseConfig(text, name), key, name), places: [name] };
}

async function fromDockerConfiguration(key: string, surroundings: Surroundings): Promise<Found> {
  const path = join(surroundings.dockerConfigDirectory, 'config.json');
  const text = await readConfig(path);
  if (text === undefined) return { places: [`${path} (not there)`] };
  const config = parseConfig(text, path);
  const helper = textMember(config, 'credHelpers', key) ?? textMember(config, 'credsStore');
  const stored = helper ? await askHelper(helper, key, surroundings.environment) : undefined;
  const places = helper ? [`docker-credential-${helper}`, `auths of ${path}`] : [`auths of ${path}`];
  return { credential: stored ?? fromAuths(config, key, `auths of ${path}`), places };
}

/** The value of `X-Registry-Auth`: base64url with padding, as the engine decodes it; never empty, since a push without it is refused. */
export function registryAuth(credential: Credential | undefined): { readonly base64: string } {
  const auth = credential && {
    serveraddress: credential.registry,
    ...(credential.login && { username: credential.login.username, password: credential.login.password.reveal() }),
    ...(credential.identityToken && { identitytoken: credential.identityToken.reveal() }),
    ...(credential.registryToken && { registrytoken: credential.registryToken.reveal() }),
  };
  const base64 = Buffer.from(JSON.stringify(auth ?? {})).toString('base64');
  return { base64: base64.replaceAll('+', '-').replaceAll('/', '_') };
}

/** What a person is told of a search: what was shown, from where, and what else was asked. */
export function describeSearch({ credential, looked }: CredentialSearch): string {
  if (credential) return describeCredential(credential);
  return `${describeCredential(undefined)}; looked in ${looked.join(', ')}`;
}

/** What a person is told of a credential: never its secret. */
export function describeCredential(credential: Credential | undefined): string {
  if (!credential) return 'no credential (none is configured)';
  const who = credential.login ? `user '${credential.login.username}'` : 'a token';
  return `${who} from ${credential.origin}`;
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

async function askHelper(
  helper: string,
  key: string,
  environment: Surroundings['environment'],
): Promise<Credential | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await runHelper(program, key, environment);
  if (code !== 0) {
    if (output.trim() === helperKnowsNone) return undefined;
    throw helperFailed(program, `ended with ${code} for ${key}`);
  }
  const reply = parseReply(output, program);
  const username = textMember(reply, 'Username');
  const secret = textMember(reply, 'Secret');
  if (username === undefined || !secret) return undefined;
  if (username === '<token>') return { registry: key, origin: program, identityToken: new Secret(secret) };
  return { registry: key, origin: program, login: { username, password: new Secret(secret) } };
}

function parseReply(output: string, program: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw helperFailed(program, 'answered something that is not JSON');
  }
}

function runHelper(
  program: string,
  input: string,
  environment: Surroundings['environment'],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...environment } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    // The helper may be gone before it has read its input.
    child.stdin.on('error', () => {});
    child.once('error', (error) => reject(helperFailed(program, 'cannot be started', error)));
    child.once('close', (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}

function helperFailed(program: string, what: string, cause?: unknown): Failure {
  return new Failure('push.credentials', {
    message: `The credential helper ${program} ${what}`,
    where: program,
    remedy: 'Install or unlock it, or take it out of credHelpers / credsStore of the Docker configuration.',
    cause,
  });
}
