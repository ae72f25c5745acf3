import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScratch, type Scratch } from './fixture.js';
import { describeTree, leftovers } from './observe.js';

let scratch: Scratch;
let program: string;
beforeEach(async () => {
  scratch = await createScratch();
  await scratch.sources({ 'a.txt': 'a\n' });
  program = join(scratch.root, 'program', 'child.mjs');
  const entry = resolve('test/engines/docker/build-child.ts');
  const how = { bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' } as const;
  await build({ entryPoints: [entry], outfile: program, ...how });
  await symlink(resolve('node_modules'), join(scratch.root, 'program', 'node_modules'));
});
afterEach(() => scratch.clean());

function start(argv: readonly string[], options: { uid?: number; path?: string } = {}) {
  const as =
    options.uid === undefined
      ? []
      : ['setpriv', `--reuid=${options.uid}`, `--regid=${options.uid}`, `--groups=${socketGroup()}`];
  const [command = '', ...rest] = [...as, process.execPath, program, scratch.root, ...argv];
  const env = { ...process.env, ...(options.path && { PATH: options.path }), HOME: scratch.root };
  const child: ChildProcess = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const seen = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (seen.text += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, seen, ended };
}

function socketGroup(): string {
  return execFileSync('stat', ['-c', '%g', '/var/run/docker.sock'], { encoding: 'utf8' }).trim();
}

test.each(['mount', 'stream'])('%s: a killed build is swept by the next, which succeeds', async (transfer) => {
  const first = start([transfer, 'mkdir dist && echo waiting && sleep 50']);
  await expect.poll(() => first.seen.text, { timeout: 20_000 }).toContain('waiting\n');
  first.child.kill('SIGKILL');
  await first.ended;
  expect((await leftovers(scratch)).length).toBeGreaterThan(1);
  const second = start([transfer, 'mkdir dist && cp a.txt dist']);
  expect({ code: await second.ended, text: second.seen.text }).toEqual({ code: 0, text: 'step\nbuilt\n' });
  expect(await leftovers(scratch)).toEqual([]);
  expect(await readdir(join(scratch.root, 'state', 'runs')).catch(() => [])).toEqual([]);
  expect(await describeTree(join(scratch.root, 'runs'))).toEqual(['out/ 755', 'out/app/ 755', 'out/app/a.txt 644 a\n']);
});

test.each(['mount', 'stream'])('%s: the outputs of somebody who is not root are theirs', async (transfer) => {
  const uid = 12345;
  await chmod(scratch.root, 0o755);
  await chown(scratch.root, uid, uid);
  const run = start([transfer, 'mkdir dist && cp a.txt dist && chmod 600 dist/a.txt'], { uid });
  expect({ code: await run.ended, text: run.seen.text }).toEqual({ code: 0, text: 'step\nbuilt\n' });
  for (const path of ['out', 'out/app', 'out/app/a.txt']) {
    const { uid: owner, gid } = await stat(join(scratch.root, 'runs', path));
    expect({ path, owner, gid }).toEqual({ path, owner: uid, gid: uid });
  }
  const failing = start([transfer, 'mkdir dist /slipway/out/roots; touch /slipway/out/roots/file; exit 3'], { uid });
  await rm(join(scratch.root, 'runs', 'out'), { recursive: true });
  expect(await failing.ended).not.toBe(0);
  expect(await readdir(join(scratch.root, 'runs'))).toEqual(['out']);
});

test('an engine behind ssh is reached through the system’s ssh', async () => {
  const bin = join(scratch.root, 'bin');
  await mkdir(bin);
  // Stands in for a machine that can be logged in to: runs the remote command here.
  await writeFile(
    join(bin, 'ssh'),
    '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\n[ "$2" = me@engine.test ] || { echo no such host >&2; exit 255; }\nshift 2\nunset DOCKER_HOST\nexec "$@"\n',
  );
  await chmod(join(bin, 'ssh'), 0o755);
  const path = `${bin}:${process.env.PATH}`;
  const run = start(['stream', 'mkdir dist && cp a.txt dist', 'ssh://me@engine.test'], { path });
  expect({ code: await run.ended, text: run.seen.text }).toEqual({ code: 0, text: 'step\nbuilt\n' });
  const wrong = start(['stream', 'true', 'ssh://you@engine.test'], { path });
  expect(await wrong.ended).not.toBe(0);
  expect(wrong.seen.text).toContain(
    'No Docker engine answers at ssh://you@engine.test: ssh ended with 255: no such host',
  );
});
