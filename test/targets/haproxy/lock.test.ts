import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.js';
import { silentProgress } from '../../../src/core/progress.js';
import { monotonicClock } from '../../../src/targets/clock.js';
import { openConfigFile } from '../../../src/targets/haproxy/config-file.js';
import { withHostLock } from '../../../src/targets/haproxy/lock.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const context = () => ({ progress: silentProgress, signal: new AbortController().signal });
const lock = <T>(subject: string, wait: number, work: () => Promise<T>) =>
  withHostLock(`${subject} ${directory}`, wait, monotonicClock, context(), work);

describe('a lock of this host', () => {
  it('lets one in after the other', async () => {
    const seen: string[] = [];
    const hold = (name: string) => async () => {
      seen.push(`${name} in`);
      await new Promise((settle) => setTimeout(settle, 30));
      seen.push(`${name} out`);
    };
    await Promise.all(['a', 'b', 'c'].map((name) => lock('one', 20_000, hold(name))));
    expect(seen.filter((_, index) => index % 2 === 0).map((each) => each.replace('in', 'out'))).toEqual(
      seen.filter((_, index) => index % 2 === 1),
    );
  });

  it('says who holds it when the wait is over, and is another one for another subject', async () => {
    await lock('held', 0, async () => {
      const failure = await lock('held', 0, async () => 'in').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({
        code: 'deploy.refused',
        message: expect.stringContaining(`process ${process.pid}`),
      });
      expect(await lock('other', 0, async () => 'in')).toBe('in');
    });
  });

  it('is free the moment its holder is killed', async () => {
    const program = join(directory, 'holder.mjs');
    await build({
      stdin: {
        contents: `import { withHostLock } from './src/targets/haproxy/lock.ts';
const clock = { now: () => performance.now(), sleep: () => Promise.resolve() };
const progress = { status() {} };
await withHostLock(process.argv[2], 0, clock, { progress, signal: new AbortController().signal }, () => new Promise(() => {
  console.log('held');
  setInterval(() => {}, 1000);
}));`,
        resolveDir: process.cwd(),
      },
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const holder = spawn(process.execPath, [program, `killed ${directory}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await expect(lock('killed', 0, async () => 'in')).rejects.toMatchObject({ code: 'deploy.refused' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await lock('killed', 0, async () => 'in')).toBe('in');
  });
});

describe("HAProxy's file", () => {
  const path = join(directory, 'haproxy.cfg');
  const { signal } = context();

  it('is replaced in one step through a link, with its mode, and nothing is left beside it', async () => {
    writeFileSync(path, 'before\n', { mode: 0o640 });
    const link = join(directory, 'link.cfg');
    symlinkSync(path, link);
    const file = await openConfigFile(link, 'true');
    expect(await file.edit((text) => text.replace('before', 'after'), signal)).toBe(true);
    expect(await file.edit((text) => text, signal)).toBe(false);
    expect([readFileSync(path, 'utf8'), readFileSync(link, 'utf8'), statSync(path).mode & 0o777]).toEqual([
      'after\n',
      'after\n',
      0o640,
    ]);
    expect(readdirSync(directory).filter((name) => name.endsWith('.slipway'))).toEqual([]);
  });

  it('stays as it is where HAProxy would not start with the new text', async () => {
    writeFileSync(path, 'before\n');
    const file = await openConfigFile(path, 'false');
    await expect(file.edit(() => 'after\n', signal)).rejects.toMatchObject({ code: 'deploy.refused' });
    await file.sweep();
    expect([readFileSync(path, 'utf8'), existsSync(join(directory, '.haproxy.cfg.slipway'))]).toEqual([
      'before\n',
      false,
    ]);
  });

  it('loses no line of several that are written at the same time, under its lock', async () => {
    writeFileSync(path, '');
    const file = await openConfigFile(path, 'true');
    const lines = Array.from({ length: 8 }, (_, index) => `line ${index}\n`);
    await Promise.all(lines.map((line) => lock('file', 20_000, () => file.edit((text) => text + line, signal))));
    expect(readFileSync(path, 'utf8').split('\n').sort().join('\n').trim()).toBe(lines.sort().join('').trim());
  });
});
