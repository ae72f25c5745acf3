import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, makeWorkspace, slipway, startSlipway } from '../support/cli.js';
import { removeStack } from '../support/docker.js';
import { git } from '../support/fixture-project.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject } from '../support/tiny-project.js';
import { makeTinyStack } from '../support/tiny-stack.js';

const workspace = makeWorkspace();
const service = makeTinyStack(workspace.path, 'interrupted');
const state = join(workspace.path, 'other-state');
const env = { SLIPWAY_STATE_DIRECTORY: state };

afterAll(() => {
  removeStack(service.stack);
  workspace.remove();
});

const signals = [
  { signal: 'SIGINT', exitCode: 130, message: 'Interrupted' },
  { signal: 'SIGTERM', exitCode: 143, message: 'Terminated' },
] as const;

type Case = (typeof signals)[number];

/** It ended soon, with the shell's code for the signal, and said so once, with what is going on without it. */
function expectEndedBy({ exitCode, message }: Case, ended: Ended, since: number, state = ''): void {
  expect(performance.now() - since).toBeLessThan(10_000);
  const said = ended.stderr.split('\n').filter((line) => /^(Stopping|slipway):/.test(line));
  expect({ code: ended.code, stdout: ended.stdout, said }).toEqual({
    code: exitCode,
    stdout: '',
    said: [
      'Stopping: removing what this run started. Once more to stop at once.',
      expect.stringMatching(new RegExp(`^slipway: ${message}${state}$`)),
    ],
  });
}

async function interrupt(started: ReturnType<typeof startSlipway>, at: RegExp, which: Case, state = ''): Promise<void> {
  await started.printed(at);
  const since = performance.now();
  started.process.kill(which.signal);
  expectEndedBy(which, await started.ended, since, state);
}

const slow = makeTinyProject(join(workspace.path, 'slow'), { 'build.sh': 'echo building\nsleep 100\n' });
const deaf = makeTinyProject(join(workspace.path, 'deaf'), {
  'server.js': "setInterval(() => require('http'), 1000);\n",
  'slipway.yml': 'port: 3000\n',
});

describe.each(signals)('$signal', (which) => {
  it('ends a build, whose container is gone', async () => {
    for (const transfer of ['mount', 'stream']) {
      const run = startSlipway(['build', slow, '--transfer', transfer], { env });
      await interrupt(run, /^ {4}building$/m, which);
      expect(leftBehind(state)).toEqual(nothing);
    }
    expect(git(slow, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it('ends the try of an image, whose container is gone', async () => {
    await interrupt(startSlipway(['build', deaf], { env }), /^==> try/m, which);
    expect(leftBehind(state)).toEqual(nothing);
  });

  it.each(['engine', 'registry'])('ends the wait when the %s takes the connection and never answers', async (what) => {
    let connected = (): void => {};
    const reached = new Promise<void>((resolve) => {
      connected = resolve;
    });
    const deafServer = createServer(() => connected());
    await new Promise<void>((resolve) => deafServer.listen(0, '127.0.0.1', resolve));
    const { port } = deafServer.address() as AddressInfo;
    const image = join(workspace.path, 'image.json');
    const repository = `127.0.0.1:${port}/tiny`;
    const id = 'debian:bookworm-slim';
    writeFileSync(
      image,
      JSON.stringify({ format: 1, id, repository, tags: ['1'], version: '1', kind: 'node', size: 1 }),
    );
    const run =
      what === 'engine'
        ? startSlipway(['build', slow], { env: { ...env, DOCKER_HOST: `tcp://127.0.0.1:${port}` } })
        : startSlipway(['push', '--image', image], { env });
    await reached;
    const since = performance.now();
    run.process.kill(which.signal);
    expectEndedBy(which, await run.ended, since);
    deafServer.close();
  });

  it('ends the wait for a rollout, which the same command takes up again', async () => {
    service.change(which.signal);
    const ship = ['ship', service.directory, '--env', 'prod'];
    const told = String.raw`\. tiny: git names \S+, and the orchestrator has been told and goes on with it by itself`;
    await interrupt(startSlipway(ship, service), /(created|updated) service/, which, told);
    expect(service.leftBehind()).toEqual(nothing);
    expect(await slipway(ship, service)).toMatchObject({ code: 0 });
    expect(service.runningImage()).toBe(service.templateImage());
    expect(service.leftBehind()).toEqual(nothing);
  });
});

describe('a reader that goes away', () => {
  it('does not keep a build from its end', async () => {
    const directory = makeTinyProject(join(workspace.path, 'unread'), { 'build.sh': 'echo building\nsleep 1\n' });
    const run = startSlipway(['build', directory], { env });
    run.process.stderr?.once('data', () => run.process.stderr?.destroy());
    expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^tiny:\S+ {2}[\d.]+ MB\n$/) });
    expect(leftBehind(state)).toEqual(nothing);
  });
});
