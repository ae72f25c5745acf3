import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway, startSlipway } from '../support/cli.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject } from '../support/tiny-project.js';

/** A second engine with a small disk and no network: its builder is a shell, its builds are scripts of the plan file. */
const engine = `e2e-${process.pid}`;
const builder = 'debian:bookworm-slim';
const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const project = makeTinyProject(join(workspace.path, 'tiny'));
const planFile = join(workspace.path, 'plan.json');
let host = '';
let processId = 0;

beforeAll(() => {
  start();
  second('load', engine, builder);
});

afterAll(() => {
  second('stop', engine);
  workspace.remove();
});

function second(...args: readonly string[]): string {
  return execFileSync(resolve('test/engine/second.sh'), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function start(): void {
  const told = second('start', engine, '--size', '250m');
  host = /^DOCKER_HOST=(.*)$/m.exec(told)?.[1] ?? '';
  processId = Number(/^PID=(\d+)$/m.exec(told)?.[1]);
}

async function build(script: string) {
  const env = { SLIPWAY_STATE_DIRECTORY: state, DOCKER_HOST: host };
  expect(await slipway(['preview', project, '--out', planFile, '--no-try'], { env })).toMatchObject({ code: 0 });
  const plan = JSON.parse(readFileSync(planFile, 'utf8'));
  plan.builder.from = { image: builder };
  plan.builder.steps = [{ title: 'Write', script: [script] }];
  plan.builder.outputs = [{ from: 'app', to: 'app', type: 'directory' }];
  plan.image.dockerfile = `FROM ${builder}\nCOPY app /app\nUSER 1000:1000\nENTRYPOINT ["/app/run"]\n`;
  writeFileSync(planFile, JSON.stringify(plan));
  return startSlipway(['build', project, '--plan', planFile], { env });
}

const good = 'mkdir app && cp server.js app/run';

describe('slipway build', () => {
  it('says that the builder’s disk is full, and builds once there is room', async () => {
    const failed = await (await build('head -c 900000000 /dev/zero > big')).ended;
    expect(failed.code).toBe(35);
    expect(failed.stderr).toContain("slipway: The builder's disk is full (");
    expect(leftBehind(state, host)).toEqual(nothing);
    expect(await (await build(good)).ended).toMatchObject({ code: 0 });
  });

  it('says that the engine went away in the middle, and the next run removes what that one could not', async () => {
    const run = await build('echo halfway; sleep 60');
    await run.printed(/halfway/);
    process.kill(processId, 'SIGKILL');
    const failed = await run.ended;
    expect(failed.code).toBe(34);
    expect(failed.stderr).toContain('slipway: The engine went away while building\n');
    start();
    expect(await (await build(good)).ended).toMatchObject({ code: 0 });
    expect(leftBehind(state, host)).toEqual(nothing);
  });
});
