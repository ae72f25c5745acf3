import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../support/docker.js';

/** A package registry in a container beside the builders, with one package that only the token's owner may have. */
export interface PrivateRegistry {
  /** `ADDRESS:PORT`, as builders reach it. */
  readonly host: string;
  readonly container: string;
}

/** Serves `@acme/secret` 1.0.0, which exports `'private'`. Throws when it does not come up within a minute. */
export async function startPrivateRegistry(token: string): Promise<PrivateRegistry> {
  const tarball = packSecret();
  const packument = {
    name: '@acme/secret',
    'dist-tags': { latest: '1.0.0' },
    versions: {
      '1.0.0': {
        name: '@acme/secret',
        version: '1.0.0',
        main: 'index.js',
        dist: {
          tarball: '/@acme/secret/-/secret-1.0.0.tgz',
          shasum: createHash('sha1').update(tarball).digest('hex'),
          integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
        },
      },
    },
  };
  const served = { TOKEN: token, TARBALL: tarball.toString('base64'), PACKUMENT: JSON.stringify(packument) };
  const env = Object.entries(served).map(([name, value]) => `--env=${name}=${value}`);
  const container = docker('run', '--detach', ...env, 'node:22-slim', 'node', '-e', server);
  const address = docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', container);
  for (let attempt = 0; !docker('logs', container).includes('listening'); attempt += 1) {
    if (attempt > 240) throw new Error('The private registry did not come up');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return { host: `${address}:4873`, container };
}

/** Runs in the container: 401 for everybody without the token. */
const server = `
const { createServer } = require('node:http');
const { TOKEN, TARBALL, PACKUMENT } = process.env;
createServer((request, response) => {
  if (request.headers.authorization !== 'Bearer ' + TOKEN) return response.writeHead(401).end('{}');
  const path = decodeURIComponent(request.url);
  if (path.endsWith('.tgz')) return response.end(Buffer.from(TARBALL, 'base64'));
  if (path !== '/@acme/secret') return response.writeHead(404).end('{}');
  const found = JSON.parse(PACKUMENT);
  const { dist } = found.versions['1.0.0'];
  dist.tarball = 'http://' + request.headers.host + dist.tarball;
  response.setHeader('content-type', 'application/json').end(JSON.stringify(found));
}).listen(4873, '0.0.0.0', () => console.log('listening'));
process.on('SIGTERM', () => process.exit());
`;

function packSecret(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-secret-'));
  execFileSync('mkdir', [join(directory, 'package')]);
  writeFileSync(
    join(directory, 'package/package.json'),
    '{"name":"@acme/secret","version":"1.0.0","main":"index.js"}\n',
  );
  writeFileSync(join(directory, 'package/index.js'), "module.exports = 'private';\n");
  execFileSync('tar', ['-czf', join(directory, 'secret.tgz'), '-C', directory, 'package']);
  const packed = readFileSync(join(directory, 'secret.tgz'));
  rmSync(directory, { recursive: true });
  return packed;
}
