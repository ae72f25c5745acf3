import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Debian's docker-registry (the distribution project's own) on loopback. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What it wrote to its log so far. */
  log(): string;
  stop(): Promise<void>;
}

export interface RegistryOptions {
  /** The `auth` of its configuration, as YAML on one line; its start makes a user of its own where a password file is missing. */
  readonly auth?: string;
  /** Certificate and key in PEM: it speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Its content goes into a directory of that name in `directory`, so that several may share one. Throws when it does not come up. */
export async function startDockerRegistry(directory: string, options: RegistryOptions = {}): Promise<DockerRegistry> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const config = join(directory, `registry-${port}.yml`);
  mkdirSync(directory, { recursive: true });
  const { auth, tls } = options;
  writeFileSync(
    config,
    `version: 0.1
log: { level: info, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: ${join(directory, `registry-data-${port}`)} }, delete: { enabled: true } }
${auth === undefined ? '' : `auth: ${auth}`}
http: { addr: '${host}'${tls === undefined ? '' : `, tls: { certificate: ${tls.certificate}, key: ${tls.key} }`} }
`,
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await until(() => {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${log}`);
    return /listening on/.test(log) || undefined;
  });
  return {
    host,
    log: () => log,
    stop: () => {
      child.kill();
      return ended;
    },
  };
}

/** Ask until there is an answer, for ten seconds. */
export async function until<T>(attempt: () => T | undefined | Promise<T | undefined>): Promise<T> {
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
