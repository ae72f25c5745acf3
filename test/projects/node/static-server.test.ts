import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { staticServer } from '../../../src/projects/node/static-server.js';

const script = 'x();'.repeat(1000);
const files: Readonly<Record<string, string>> = {
  'site/index.html': '<p>home',
  'site/about.html': '<p>about',
  'site/docs/index.html': '<p>docs',
  'site/404.html': '<p>missing',
  'site/assets/app-Dk29sQ1x.js': script,
  'site/assets/logo-original.png': 'png',
  'site/a b+c/ü.txt': 'odd name',
  'site/empty.txt': '',
  'site/.env': 'SECRET=1',
  'site/.well-known/security.txt': 'mail',
  'secret.txt': 'no',
};

const directory = mkdtempSync(join(tmpdir(), 'slipway-static-'));
const server = join(directory, 'server.mjs');
const ports = { pages: 0, app: 0 };
const running: ReturnType<typeof spawn>[] = [];

beforeAll(async () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  symlinkSync('../secret.txt', join(directory, 'site/link.txt'));
  symlinkSync('about.html', join(directory, 'site/inner.html'));
  symlinkSync('..', join(directory, 'site/up'));
  writeFileSync(server, staticServer.lines.join('\n'));
  execFileSync('node', [server, '--compress', join(directory, 'site')]);
  ports.pages = await serve();
  ports.app = await serve('--fallback=200.html', '--fallback=index.html', '--base=/shop');
});

afterAll(() => {
  for (const one of running) one.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Start the server on a port that is free, and wait until it answers. */
async function serve(...flags: readonly string[]): Promise<number> {
  const port = await freePort();
  const args = [server, join(directory, 'site'), ...flags];
  running.push(spawn('node', args, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' }));
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return port;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the server does not listen');
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const holder = createServer();
  await once(holder.listen(0), 'listening');
  const { port } = holder.address() as { port: number };
  holder.close();
  return port;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A request whose path is sent exactly as it is written, which `fetch` would not do. */
async function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const asking: ClientRequest = request({ host: '127.0.0.1', port, path, headers, method, agent: false }).end();
  const [response] = await once(asking, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

async function answersOf(port: number, paths: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const path of paths) {
    const { status, body } = await ask(port, path);
    answers.push(`${path} ${status} ${body.trim()}`);
  }
  return answers;
}

test('a site of many pages: pages without ending, directories with a slash, and its own 404.html', async () => {
  const paths = ['/', '/?a=1', '/about', '/about/', '/about.html', '/docs/', '/missing', '/missing.js', '/inner.html'];
  expect(await answersOf(ports.pages, paths)).toEqual([
    '/ 200 <p>home',
    '/?a=1 200 <p>home',
    '/about 200 <p>about',
    '/about/ 200 <p>about',
    '/about.html 200 <p>about',
    '/docs/ 200 <p>docs',
    '/missing 404 <p>missing',
    '/missing.js 404 <p>missing',
    '/inner.html 200 <p>about',
  ]);
});

test('a directory without its slash is redirected, below whatever path a proxy took away', async () => {
  for (const [path, location] of [
    ['/docs', './docs/'],
    ['/docs?a=//evil.example.com', './docs/?a=//evil.example.com'],
  ]) {
    const { status, headers } = await ask(ports.pages, path ?? '');
    expect([status, headers.location]).toEqual([301, location]);
  }
  expect((await ask(ports.pages, '//docs')).status).toBe(404);
});

describe('nothing but the files of the site is ever read', () => {
  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/docs/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/....//secret.txt',
    '//secret.txt',
    '/link.txt',
    '/up/secret.txt',
    '/.env',
    '/%2eenv',
    '/%00',
    '/about.html%00.txt',
    '/docs%2findex.html',
    '/__proto__',
    '/constructor',
  ])('%s', async (path) => {
    expect(await answersOf(ports.pages, [path])).toEqual([`${path} 404 <p>missing`]);
  });

  test('a path that is no text is a bad request, and the server goes on', async () => {
    expect((await ask(ports.pages, '/%zz')).status).toBe(400);
    expect((await ask(ports.pages, '/%c0%ae%c0%ae/secret.txt')).status).toBe(400);
    expect((await ask(ports.pages, '/')).status).toBe(200);
  });

  test('names with spaces, pluses and other letters are found as browsers write them', async () => {
    expect((await ask(ports.pages, '/a%20b+c/%C3%BC.txt')).body).toBe('odd name');
    expect((await ask(ports.pages, '/.well-known/security.txt')).body).toBe('mail');
  });
});

test('a single-page application: its page for every path but those of assets, also below its base path', async () => {
  const paths = ['/', '/any/path', '/shop', '/shop/', '/shop/any', '/shopping', '/shop/about', '/shop/x.js', '/.env'];
  expect(await answersOf(ports.app, paths)).toEqual([
    '/ 200 <p>home',
    '/any/path 200 <p>home',
    '/shop 200 <p>home',
    '/shop/ 200 <p>home',
    '/shop/any 200 <p>home',
    '/shopping 200 <p>home',
    '/shop/about 200 <p>about',
    '/shop/x.js 404 <p>missing',
    '/.env 404 <p>missing',
  ]);
  const html = { accept: 'text/html,*/*' };
  expect([(await ask(ports.app, '/john.doe', html)).status, (await ask(ports.app, '/john.doe')).status]).toEqual([
    200, 404,
  ]);
});

test('what carries a hash of its content in its name is kept for a year, all else is asked for again', async () => {
  const asset = await ask(ports.pages, '/assets/app-Dk29sQ1x.js');
  const home = await ask(ports.pages, '/');
  const logo = await ask(ports.pages, '/assets/logo-original.png');
  expect([asset, home, logo].map(({ headers }) => [headers['content-type'], headers['cache-control']])).toEqual([
    ['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['text/html; charset=utf-8', 'no-cache'],
    ['image/png', 'no-cache'],
  ]);
  const again = await ask(ports.pages, '/', { 'if-none-match': `"x", W/${home.headers.etag}` });
  expect([again.status, again.body, again.headers.etag]).toEqual([304, '', home.headers.etag]);
  expect((await ask(ports.pages, '/', { 'if-none-match': '"x"' })).status).toBe(200);
});

test('what compresses well is sent so to who accepts it, under an etag of its own', async () => {
  const path = '/assets/app-Dk29sQ1x.js';
  const etags = new Set<unknown>();
  for (const [accept, encoding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip;q=0.5, br;q=0', 'gzip'],
    ['identity', undefined],
  ]) {
    const { headers } = await ask(ports.pages, path, { 'accept-encoding': accept ?? '' });
    expect([headers['content-encoding'], headers.vary]).toEqual([encoding, 'accept-encoding']);
    etags.add(headers.etag);
  }
  expect(etags.size).toBe(3);
  const reply = await fetch(`http://127.0.0.1:${ports.pages}${path}`);
  expect(await reply.text()).toBe(script);
});

describe('a range', () => {
  test.each([
    ['bytes=0-2', 206, 'bytes 0-2/4000', 3],
    ['bytes=3990-', 206, 'bytes 3990-3999/4000', 10],
    ['bytes=-5', 206, 'bytes 3995-3999/4000', 5],
    ['bytes=0-99999', 206, 'bytes 0-3999/4000', 4000],
    ['bytes=4000-', 416, 'bytes */4000', 0],
    ['bytes=5-2', 416, 'bytes */4000', 0],
    ['bytes=0-1,3-4', 200, undefined, 4000],
    ['lines=1-2', 200, undefined, 4000],
  ])('%s', async (range, status, contentRange, length) => {
    const reply = await ask(ports.pages, '/assets/app-Dk29sQ1x.js', { range, 'accept-encoding': 'br' });
    expect([reply.status, reply.headers['content-range'], reply.body.length]).toEqual([status, contentRange, length]);
  });

  test('of another version is answered with the whole file', async () => {
    const reply = await ask(ports.pages, '/about.html', { range: 'bytes=0-1', 'if-range': '"other"' });
    expect([reply.status, reply.body]).toEqual([200, '<p>about']);
  });
});

test('HEAD has the headers of GET and no body; other methods are not allowed', async () => {
  const [get, head] = [await ask(ports.pages, '/about'), await ask(ports.pages, '/about', {}, 'HEAD')];
  expect([head.status, head.body, head.headers.etag, head.headers['content-length']]).toEqual([
    200,
    '',
    get.headers.etag,
    String(get.body.length),
  ]);
  const post = await ask(ports.pages, '/', {}, 'POST');
  expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
  expect((await ask(ports.pages, '/empty.txt')).body).toBe('');
});

test('it listens on IPv6 too, and ends on SIGTERM by itself while a client keeps its connection', async () => {
  const port = await serve();
  const socket = connect(port, '::1');
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [data] = await once(socket, 'data');
  expect(String(data)).toMatch(/^HTTP\/1\.1 200 OK/);
  const child = running.at(-1);
  const ended = once(child ?? socket, 'exit');
  child?.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
