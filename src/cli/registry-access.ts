import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import { registryOf, tryParseImageReference } from '../core/image-name.js';
import { Secret } from '../core/secret.js';
import type { RegistryAccess, StatedLogin } from '../registry/credential.js';
import { readHandOver } from './read-hand-over.js';
import type { World } from './world.js';

const known = new WeakMap<World, Promise<RegistryAccess>>();

/** What this run's settings, flags and variables say of registries: read once, when the first registry is asked for. */
export function registryAccess(world: World): Promise<RegistryAccess> {
  const before = known.get(world);
  if (before) return before;
  const access = readAccess(world);
  known.set(world, access);
  return access;
}

async function readAccess(world: World): Promise<RegistryAccess> {
  const { registry } = (await world.settings()).values;
  const logins = await readLogins(world);
  return {
    plainHttp: registry['plain-http'] ?? [],
    skipTlsVerify: registry['skip-tls-verify'] ?? [],
    ...(registry.ca !== undefined && { caFile: hostPath(world, registry.ca) }),
    logins,
    statedIn: ['--username', `${variables.user} and ${variables.password}`],
  };
}

/** `~` is the home of who runs this; other paths are the project's. */
function hostPath(world: World, path: string): string {
  return resolve(world.root, path.replace(/^~(?=\/|$)/, homedir()));
}

const variables = { user: 'SLIPWAY_REGISTRY_USER', password: 'SLIPWAY_REGISTRY_PASSWORD' } as const;

/** Both are for the image's own registry alone: whoever else is asked does not see them. */
async function readLogins(world: World): Promise<readonly StatedLogin[]> {
  const { environment, options } = world;
  const stated: Omit<StatedLogin, 'registry'>[] = [];
  if (options.username !== undefined || options.passwordStdin) {
    const username = required(options.username, '--username', '--password-stdin');
    const password = required(
      options.passwordStdin ? await readPassword() : undefined,
      '--password-stdin',
      '--username',
    );
    stated.push({ origin: '--username', username, password: new Secret(password) });
  }
  const [user, password] = [environment[variables.user], environment[variables.password]];
  if (user || password) {
    required(user, variables.user, variables.password);
    const secret = new Secret(required(password, variables.password, variables.user));
    stated.push({ origin: `${variables.user} and ${variables.password}`, username: user ?? '', password: secret });
  }
  if (stated.length === 0) return [];
  const image = await imageName(world);
  return image === undefined ? [] : stated.map((login) => ({ ...login, registry: registryOf(image) }));
}

/** The image that this run is about; undefined where nothing says where it is to go. */
async function imageName(world: World): Promise<string | undefined> {
  const { image, plan, release, subject } = world.options;
  if (subject !== undefined) return tryParseImageReference(subject)?.repository;
  const files = await import('../plan/plan-file.js');
  if (image !== undefined) return files.parseImageFile(readHandOver(image, 'image'), image).repository;
  if (release !== undefined) return files.parseReleaseFile(readHandOver(release, 'release'), release).repository;
  if (plan !== undefined) return files.parsePlanFile(readHandOver(plan, 'plan'), plan).image.repository;
  const { registry, repository } = (await world.settings()).values.image;
  if (repository !== undefined && registryOf(`${repository}`) !== undefined) return repository;
  return registry === undefined ? repository : `${registry}/${repository ?? 'image'}`;
}

/** All of stdin, without the line end at its end. */
async function readPassword(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function required(value: string | undefined, name: string, other: string): string {
  if (value) return value;
  throw new Failure('settings.usage', {
    message: `${other} is given, and ${name} is not, or is empty`,
    where: name,
    remedy: `Give both: a user name and a password or token. On the command line: --username USER --password-stdin < FILE.`,
  });
}
