import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { DockerEngineOptions } from './options.js';

/** Where an engine listens. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly url: string; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly url: string; readonly host: string; readonly port: number; readonly tls?: Tls }
  | { readonly kind: 'ssh'; readonly url: string; readonly destination: string; readonly port?: number };

export interface Tls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly verify: boolean;
}

type Surroundings = Pick<DockerEngineOptions, 'environment' | 'dockerConfigDirectory'>;

/**
 * The endpoint that the `docker` command line would use: `DOCKER_HOST`, else the context of `DOCKER_CONTEXT` or of the
 * client configuration, else the local socket. Throws `build.engine-unreachable` for one that cannot be understood.
 */
export async function findEndpoint(surroundings: Surroundings): Promise<Endpoint> {
  const { environment, dockerConfigDirectory } = surroundings;
  const host = environment.DOCKER_HOST;
  if (host) return parseEndpoint(host, await tlsOfEnvironment(environment, dockerConfigDirectory));
  const context = environment.DOCKER_CONTEXT || (await currentContext(dockerConfigDirectory));
  if (context && context !== 'default') return readContext(dockerConfigDirectory, context);
  return parseEndpoint('unix:///var/run/docker.sock');
}

/** `unix:///path`, `tcp://host:port`, `http(s)://host:port`, `ssh://[user@]host[:port]`. Throws `build.engine-unreachable`. */
export function parseEndpoint(text: string, tls?: Tls): Endpoint {
  if (text.startsWith('unix://')) return { kind: 'unix', url: text, socketPath: text.slice('unix://'.length) };
  if (text.startsWith('npipe://')) return { kind: 'unix', url: text, socketPath: text.slice('npipe:'.length) };
  const url = urlOf(text.includes('://') ? text : `tcp://${text}`);
  if (url?.protocol === 'ssh:') return sshEndpoint(url, text);
  if (url && ['tcp:', 'http:', 'https:'].includes(url.protocol)) return tcpEndpoint(url, tls);
  throw new Failure('build.engine-unreachable', {
    message: `'${text}' is not the address of a Docker engine`,
    where: 'DOCKER_HOST',
    remedy: 'Use unix:///path, tcp://host:port or ssh://user@host.',
  });
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function sshEndpoint(url: URL, text: string): Endpoint {
  const destination = url.username ? `${decodeURIComponent(url.username)}@${url.hostname}` : url.hostname;
  return { kind: 'ssh', url: text, destination, ...(url.port && { port: Number(url.port) }) };
}

function tcpEndpoint(url: URL, tls: Tls | undefined): Endpoint {
  const secured = tls ?? (url.protocol === 'https:' ? { verify: true } : undefined);
  // A URL parser drops the port that is its scheme's own.
  const port = Number(
    url.port || (url.protocol === 'https:' ? 443 : url.protocol === 'http:' ? 80 : secured ? 2376 : 2375),
  );
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { kind: 'tcp', url: `tcp://${url.host}`, host, port, ...(secured && { tls: secured }) };
}

async function tlsOfEnvironment(
  environment: Surroundings['environment'],
  configDirectory: string,
): Promise<Tls | undefined> {
  const verify = Boolean(environment.DOCKER_TLS_VERIFY);
  if (!verify && !environment.DOCKER_TLS) return undefined;
  return { ...(await readCertificates(environment.DOCKER_CERT_PATH || configDirectory)), verify };
}

async function readCertificates(directory: string): Promise<Omit<Tls, 'verify'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readIfThere(join(directory, name))),
  );
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function currentContext(configDirectory: string): Promise<string | undefined> {
  const text = await readIfThere(join(configDirectory, 'config.json'));
  const context = text && field(parseJson(text), 'currentContext');
  return typeof context === 'string' ? context : undefined;
}

/** Contexts are stored under the SHA-256 of their name (docker/cli, cli/context/store). */
async function readContext(configDirectory: string, name: string): Promise<Endpoint> {
  const id = createHash('sha256').update(name).digest('hex');
  const meta = await readIfThere(join(configDirectory, 'contexts', 'meta', id, 'meta.json'));
  const docker = meta && field(field(parseJson(meta), 'Endpoints'), 'docker');
  const host = field(docker, 'Host');
  if (typeof host !== 'string') {
    throw new Failure('build.engine-unreachable', {
      message: `There is no Docker context '${name}'`,
      where: join(configDirectory, 'contexts'),
      remedy: 'Choose one that `docker context ls` shows, with DOCKER_CONTEXT or `docker context use`.',
    });
  }
  const certificates = await readCertificates(join(configDirectory, 'contexts', 'tls', id, 'docker'));
  const secured = host.startsWith('tcp:') && Object.keys(certificates).length > 0;
  return parseEndpoint(
    host,
    secured ? { ...certificates, verify: field(docker, 'SkipTLSVerify') !== true } : undefined,
  );
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch {
    return undefined;
  }
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
