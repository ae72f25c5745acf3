import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/core/deployment-journal.js';
import type { DeploymentPlan } from '../../src/core/plan.js';
import { silentProgress } from '../../src/core/progress.js';
import { describeProcess, hasEnded } from '../../src/engines/docker/owner.js';
import { openDeploymentJournal } from '../../src/io/deployment-journal.js';

const plan: DeploymentPlan = {
  environment: 'prod',
  target: 'swarm',
  source: { in: 'repository', url: 'git.example.com/deploy' },
  template: 'prod/stack.yml',
  service: 'web/api',
  currentImage: 'app:1',
  options: {},
  timeoutSeconds: 60,
};
const entry: JournalEntry = {
  format: 1,
  phase: 'applied',
  environment: 'prod',
  service: 'web/api',
  version: '2',
  image: 'app:2',
  before: 'image: app:1\r\n',
  applied: { change: 'updated', reference: { id: '7' }, before: { deep: [1, null, 'x'] } },
};

let directory = '';
const said: string[] = [];
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-journal-')));
  said.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function open(wanted: Partial<DeploymentPlan> = {}, signal = new AbortController().signal) {
  const process = await describeProcess(globalThis.process.pid);
  const tell = (text: string) => said.push(text);
  return openDeploymentJournal(
    { ...plan, ...wanted },
    {
      directory,
      projectRoot: '/project',
      process,
      hasEnded: (theirs) => hasEnded(theirs, process),
      progress: { ...silentProgress, info: tell, warn: tell },
      signal,
    },
  );
}

describe('the journal of a deployment', () => {
  it('has what was written last, for whoever opens it next, until the deployment is at its end', async () => {
    const first = await open();
    expect(first.found).toBeUndefined();
    await first.write({ ...entry, phase: 'landing' });
    await first.write(entry);
    await first.release();
    const second = await open();
    expect(second.found).toEqual(entry);
    await second.remove();
    await second.release();
    expect([(await open()).found, readdirSync(directory).length]).toEqual([undefined, 1]);
  });

  it('is another one for another service, environment, template or repository', async () => {
    await (await open()).write(entry);
    for (const other of [
      { service: 'web.api' },
      { environment: 'test' },
      { template: 'x' },
      { source: { in: 'project' } as const },
    ]) {
      expect((await open(other)).found).toBeUndefined();
    }
  });

  it('of another version is replaced, and that is said', async () => {
    const one = await open();
    await one.write(entry);
    await one.release();
    const [file] = readdirSync(directory);
    writeFileSync(join(directory, file ?? ''), '{"format":9}');
    expect((await open()).found).toBeUndefined();
    expect(said).toEqual([expect.stringContaining('is not a journal that this version of Slipway reads')]);
  });
});

describe('two runs for the same service', () => {
  it('wait for each other, and say for whom', async () => {
    const first = await open();
    let second = false;
    const waiting = open().then((journal) => {
      second = true;
      return journal;
    });
    await new Promise((settle) => setTimeout(settle, 700));
    expect(second).toBe(false);
    expect(said).toEqual([expect.stringMatching(new RegExp(`^process ${process.pid} deploys prod/web/api since 2`))]);
    await first.release();
    await (await waiting).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('stop waiting when they are told to', async () => {
    await open();
    const controller = new AbortController();
    const waiting = open({}, controller.signal);
    setTimeout(() => controller.abort(new Error('told to')), 100);
    await expect(waiting).rejects.toThrow('told to');
  });

  it('do not wait for one that was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    const theirs = await describeProcess(child.pid ?? 0);
    const mine = await open();
    const [name = ''] = readdirSync(directory);
    await mine.release();
    const claim = {
      process: theirs,
      pid: child.pid,
      since: '2026-01-01T00:00:00.000Z',
      expires: '2999-01-01T00:00:00.000Z',
    };
    writeFileSync(join(directory, name), JSON.stringify(claim));
    let opened = false;
    const waiting = open().then((journal) => {
      opened = true;
      return journal;
    });
    await new Promise((settle) => setTimeout(settle, 300));
    expect(opened).toBe(false);
    child.kill('SIGKILL');
    await (await waiting).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('never hold it both, however many there are', async () => {
    let [holders, most] = [0, 0];
    const run = async () => {
      const journal = await open();
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((settle) => setTimeout(settle, 5));
      holders -= 1;
      await journal.release();
    };
    await Promise.all(Array.from({ length: 8 }, run));
    expect(most).toBe(1);
  });
});
