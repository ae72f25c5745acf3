import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

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
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(directory, 'registry.yml');
  writeFileSync(
    config,
    `version: 0.1
log: { level: info, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${join(directory, 'registry-data')} } }
auth: { htpasswd: { realm: slipway, path: ${join(directory, 'registry.htpasswd')} } }
http: { addr: '${host}' }
`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const password = await until(() => {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${log}`);
    return /\bpassword="?([^\s"]+)/.exec(log)?.[1];
  });
  const headers = { Authorization: `Basic ${Buffer.from(`docker:${password}`).toString('base64')}` };
  await until(() =>
    fetch(`http://${host}/v2/`, { headers }).then(
      (reply) => reply.ok || undefined,
      () => undefined,
    ),
  );
  return {
    host,
    user: 'docker',
    password,
    digestOf: (repository, tag) => manifestDigest(host, repository, tag, headers),
    stop: () => {
      child.kill();
      return ended;
    },
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

async function until<T>(attempt: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let left = 100; left > 0; left--) {
    const value = await attempt();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('docker-registry did not come up');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
