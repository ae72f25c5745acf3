import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../src/dockerfile/index.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { makeTinyProject } from '../support/tiny-project.js';

/** A registry that knows manifests by tag and digest, as the distribution specification has them; nothing else is asked for here. */
interface Manifest {
  readonly type: string;
  readonly text: string;
}

const workspace = makeWorkspace();
const project = join(workspace.path, 'tiny');
const file = join(project, '.slipway/pins.json');
const manifests = new Map<string, Manifest>();
const asked: string[] = [];
let fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
let host = '';

const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  if (fault?.(request, response)) return;
  const [, name = '', reference = ''] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(request.url ?? '') ?? [];
  const found = [...manifests].find(([key, { text }]) => key === `${name}:${reference}` || digest(text) === reference);
  if (found === undefined) return void response.writeHead(404).end();
  const { type, text } = found[1];
  response.writeHead(200, {
    'content-type': type,
    'docker-content-digest': digest(text),
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterAll(() => {
  server.close();
  workspace.remove();
});
beforeEach(() => {
  rmSync(project, { recursive: true, force: true });
  makeTinyProject(project, {
    'slipway.yml': `build: { image: "${host}/node:22" }\nimage: { base: "${host}/node:22-slim" }\n`,
  });
  manifests.clear();
  put('node:22', 'one');
  put('node:22-slim', 'two');
  asked.length = 0;
});
afterEach(() => {
  fault = undefined;
});

function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** An index for two platforms, told apart by its content. */
function put(name: string, content: string, platforms: readonly string[] = ['amd64', 'arm64']): string {
  const type = 'application/vnd.oci.image.index.v1+json';
  const entries = platforms.map((architecture) => ({ platform: { os: 'linux', architecture }, digest: content }));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: entries });
  manifests.set(name, { type, text });
  return digest(text);
}

async function pin(...args: readonly string[]) {
  const { code, stdout } = await slipway(['pin', project, '--json', ...args], {
    env: { DOCKER_CONFIG: join(workspace.path, 'docker') },
  });
  return { code, said: JSON.parse(stdout) };
}

function written(): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

describe('slipway pin', () => {
  it('writes the digest of the index of builder and base, which every Dockerfile has from then on', async () => {
    const [builder, base] = [put('node:22', 'one'), put('node:22-slim', 'two')];
    expect(await pin()).toMatchObject({ code: 0, said: { format: 1, file: '.slipway/pins.json', unused: [] } });
    expect(written()).toEqual({
      format: 1,
      images: { [`${host}/node:22`]: builder, [`${host}/node:22-slim`]: base },
    });
    const { stdout } = await slipway(['preview', project, '--standalone']);
    const froms = parseDockerfile(stdout).filter(({ keyword }) => keyword === 'FROM');
    expect(froms.map(({ args }) => args)).toEqual([
      `${host}/node:22@${builder} AS build`,
      `${host}/node:22-slim@${base}`,
    ]);
    expect(stdout).toContain(`LABEL org.opencontainers.image.base.digest="${base}"`);
    expect((await slipway(['explain', project])).stdout).toContain('pinned in .slipway/pins.json');
  });

  it('has nothing to do the second time, and reads no manifest again', async () => {
    await pin();
    const before = readFileSync(file, 'utf8');
    asked.length = 0;
    expect((await slipway(['pin', project])).stdout).toContain('Nothing to do');
    expect(asked.toSorted()).toEqual(['HEAD /v2/node/manifests/22', 'HEAD /v2/node/manifests/22-slim']);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('takes a newer digest, and leaves out what is no longer used', async () => {
    await pin();
    const newer = put('node:22-slim', 'three');
    writeFileSync(
      join(project, 'slipway.yml'),
      `build: { image: "${host}/node:22-slim" }\nimage: { base: "${host}/node:22-slim" }\n`,
    );
    const { said } = await pin();
    expect(said).toMatchObject({ unused: [`${host}/node:22`], pins: [{ now: newer }] });
    expect(written()).toEqual({ format: 1, images: { [`${host}/node:22-slim`]: newer } });
  });

  it('writes nothing with --dry-run', async () => {
    expect(await pin('--dry-run')).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(false);
  });

  it('leaves an image alone that a person gave by its digest', async () => {
    const own = `${host}/node:22-slim@${digest('mine')}`;
    const { said } = await pin('--set', `image.base=${own}`);
    expect(said.pins.map(({ image }: { readonly image: string }) => image)).toEqual([`${host}/node:22`]);
  });
});

describe('slipway pin --check', () => {
  it('ends well while the tags are what they were', async () => {
    await pin();
    expect(await pin('--check')).toMatchObject({ code: 0 });
  });

  it('fails where there is a newer digest or none was written down, names it, and writes nothing', async () => {
    expect(await pin('--check')).toMatchObject({
      code: 38,
      said: { error: { message: `${host}/node:22 is not pinned, ${host}/node:22-slim is not pinned` } },
    });
    expect(existsSync(file)).toBe(false);
    await pin();
    const before = readFileSync(file, 'utf8');
    const newer = put('node:22-slim', 'three');
    expect(await pin('--check')).toMatchObject({
      code: 38,
      said: {
        error: {
          message: `${host}/node:22-slim has a newer digest`,
          where: '.slipway/pins.json',
          candidates: [`${host}/node:22-slim@${newer}`],
        },
      },
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

describe('an image that cannot be pinned', () => {
  it('leaves the file as it was, whatever the others are', async () => {
    manifests.delete('node:22-slim');
    expect(await pin()).toMatchObject({
      code: 38,
      said: {
        error: {
          message: `${host}/node:22-slim cannot be pinned: its registry has no such tag; the others could be asked for; nothing was written`,
        },
      },
    });
    expect(existsSync(file)).toBe(false);
  });

  it('is named with its registry where that cannot be reached', async () => {
    const { code, said } = await pin('--set', 'image.base=127.0.0.1:9/a:1', '--set', 'build.image=127.0.0.1:9/b:1');
    expect(code).toBe(40);
    expect(said.error.message).toMatch(
      /registry of 127\.0\.0\.1:9\/b:1 cannot be reached: .*127\.0\.0\.1:9\/a:1 cannot/,
    );
  });

  it('is one that is not for the platform, with those that it is for', async () => {
    put('node:22-slim', 'x', ['amd64', 's390x']);
    const { code, said } = await pin('--platform', 'linux/arm64');
    expect(code).toBe(38);
    expect(said.error.message).toContain('it is not for linux/arm64, but for linux/amd64, linux/s390x');
  });

  it('is one whose registry sends another content than it says', async () => {
    fault = (request, response) => {
      if (request.method !== 'HEAD') return false;
      const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json', 'content-length': 10 };
      response.writeHead(200, { ...headers, 'docker-content-digest': digest('a lie') }).end();
      return true;
    };
    for (const [name, manifest] of [...manifests]) manifests.set(`${name.split(':')[0]}:${digest('a lie')}`, manifest);
    const { code, said } = await pin();
    expect(code).toBe(38);
    expect(said.error.message).toContain('The registry answers wrongly: the registry sends sha256:');
  });

  it('is one that needs a login, with what the registry was shown', async () => {
    fault = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    const { code, said } = await pin();
    expect(code).toBe(41);
    expect(said.error.message).toContain('no credential (none is configured)');
  });
});

it("the Docker client's login is shown to a private registry, and a token is asked for reading alone", async () => {
  const login = Buffer.from('ci:secret').toString('base64');
  const scopes: string[] = [];
  fault = (request, response) => {
    if (request.url?.startsWith('/token')) {
      scopes.push(`${new URL(request.url, 'http://x').searchParams.get('scope')} ${request.headers.authorization}`);
      response.end('{"token":"t"}');
    } else if (request.headers.authorization !== 'Bearer t')
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="s"` }).end();
    else return false;
    return true;
  };
  mkdirSync(join(workspace.path, 'docker'), { recursive: true });
  writeFileSync(join(workspace.path, 'docker/config.json'), JSON.stringify({ auths: { [host]: { auth: login } } }));
  expect(await pin()).toMatchObject({ code: 0 });
  expect([...new Set(scopes)]).toEqual([`repository:node:pull Basic ${login}`]);
});

describe('image.pins', () => {
  it('require refuses an image without a pin', async () => {
    const { code, stderr } = await slipway(['preview', project, '--set', 'image.pins=require']);
    expect(code).toBe(10);
    expect(stderr).toContain(`${host}/node:22 has no pinned digest`);
  });

  it('ignore leaves the tags as they are', async () => {
    await pin();
    expect((await slipway(['preview', project, '--set', 'image.pins=ignore'])).stdout).toContain(
      `FROM ${host}/node:22-slim\n`,
    );
  });
});

it.each([
  ['is no JSON', '{'],
  ['is of another format', '{"format":2,"images":{}}'],
  ['has no digest', '{"format":1,"images":{"a:1":"latest"}}'],
  ['names no image', '{"format":1,"images":{"A B":"x"}}'],
])('a file of pins that %s is refused, and named', async (_title, text) => {
  mkdirSync(join(project, '.slipway'), { recursive: true });
  writeFileSync(file, text);
  expect(await slipway(['preview', project])).toMatchObject({
    code: 10,
    stderr: expect.stringContaining('where: .slipway/pins.json'),
  });
});
