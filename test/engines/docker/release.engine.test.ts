import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRepository, parseTag } from '../../../src/core/image-name.js';
import { buildJob, createScratch, recordingContext, type Scratch } from './fixture.js';
import { docker } from './observe.js';

let scratch: Scratch;
beforeAll(async () => {
  scratch = await createScratch();
});
afterAll(() => scratch.clean());

test('a tree is built, packed, tried and pushed, and the registry has the digest', async () => {
  const engine = scratch.engine();
  const { context, lines } = recordingContext();
  const server = "require('http').createServer((q, s) => s.end('ok ' + process.env.X)).listen(8080)";
  const job = await buildJob(
    scratch,
    { 'a.txt': 'one\n', 'server.js': server },
    {
      steps: [{ title: 'say', argv: ['sh', '-c', 'echo "hello $GREETING"; mkdir dist; cp server.js dist/'] }],
      env: { GREETING: 'world' },
      outputs: [{ from: 'dist', to: 'app', type: 'directory' }],
    },
  );
  const artifacts = await engine.build(job, context);
  expect(lines).toContain('hello world');
  expect(await readFile(join(artifacts.directory, 'app/server.js'), 'utf8')).toBe(server);
  const repository = parseRepository('127.0.0.1:5000/engine-test/release');
  const tags = [parseTag(`1.0.0-${Date.now()}`), parseTag('latest')];
  const dockerfile = 'FROM node:22-slim\nCOPY app /app\nUSER 1000:1000\nENTRYPOINT ["node", "/app/server.js"]\n';
  const packed = await engine.pack(
    { artifacts, tags, image: { repository, platform: 'linux/amd64', dockerfile, labels: { a: 'b' } } },
    context,
  );
  const tried = await engine.tryImage(
    `${repository}:${tags[0]}`,
    { probe: { port: 8080, path: '/' }, timeoutSeconds: 30, env: { X: '1' } },
    'node:22-slim',
    context,
  );
  expect(tried.answer).toBe('HTTP/1.1 200 OK');
  const image = { format: 1, ...packed, repository, tags, version: '1.0.0', kind: 'node', revision: 'abc' } as const;
  const release = await engine.push(image, context);
  const head = await fetch(`http://127.0.0.1:5000/v2/engine-test/release/manifests/${tags[0]}`, {
    method: 'HEAD',
    headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
  });
  expect(release).toEqual({
    format: 1,
    repository,
    digest: head.headers.get('docker-content-digest'),
    version: '1.0.0',
    tags,
    size: packed.size,
    kind: 'node',
    commit: 'abc',
  });
  expect(await engine.push(image, context)).toEqual(release);
  docker('rmi', '-f', ...tags.map((tag) => `${repository}:${tag}`));
});
