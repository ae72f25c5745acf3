import { join } from 'node:path';
import { startDockerRegistry, until } from '../support/docker-registry.js';

/** A registry on loopback that asks for a login. */
export interface LoginRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** The digest of a tag; undefined where there is none. */
  digestOf(repository: string, tag: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Start Debian's docker-registry; it makes a user of its own where the password file is missing, and says which in its log. */
export async function startLoginRegistry(directory: string): Promise<LoginRegistry> {
  const auth = `{ htpasswd: { realm: slipway, path: ${join(directory, 'registry.htpasswd')} } }`;
  const { host, log, stop } = await startDockerRegistry(directory, { auth });
  const password = await until(() => /\bpassword="?([^\s"]+)/.exec(log())?.[1]);
  const headers = { Authorization: `Basic ${Buffer.from(`docker:${password}`).toString('base64')}` };
  return {
    host,
    user: 'docker',
    password,
    digestOf: (repository, tag) => manifestDigest(host, repository, tag, headers),
    stop,
  };
}

/** The digest under which a registry has a tag; undefined where it does not. */
export async function manifestDigest(
  host: string,
  repository: string,
  tag: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const url = `http://${host}/v2/${repository}/manifests/${tag}`;
  const reply = await fetch(url, { method: 'HEAD', headers: { ...headers, Accept: accept } });
  return reply.ok ? (reply.headers.get('docker-content-digest') ?? undefined) : undefined;
}
