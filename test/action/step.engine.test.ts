import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccounts, ownPath, removeImages } from '../ci/accounts.js';
import { manifestDigest } from '../ci/login-registry.js';
import { run } from '../ci/run.js';
import { testRegistry } from '../support/engine-state.js';
import { installAction, runStep } from './step.js';

const path = ownPath();
const set = 'build.mounts.ca=true\nbuild.mounts.go-env=true';
let directory: string;
let action: string;
/** The runtime that `action.yml` names. */
let node24: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-step-'));
  action = installAction(join(directory, 'slipway'));
  const args = ['--yes', '--package', `node-linux-${process.arch}@24`, '--', 'node', '-p', 'process.execPath'];
  node24 = (await run('npx', args, { cwd: directory })).stdout.trim();
});
afterAll(async () => {
  await removeImages(`${testRegistry()}/${path}/go-accountservice`);
  rmSync(directory, { recursive: true, force: true });
});

test('on Node 24 a step ships a project, and its outputs are those of the release in the registry', async () => {
  const version = await run(node24, ['--version'], { cwd: directory });
  expect(version.stdout).toMatch(/^v24\./);
  const workspace = makeAccounts(join(directory, 'ship'));
  const registry = `${testRegistry()}/${path}`;
  const out = join(directory, 'release.json');
  const step = await runStep(action, workspace, { registry, set, out }, { node: [node24] });
  const digest = await manifestDigest(testRegistry(), `${path}/go-accountservice`, '1.4.0');
  expect([step.status, step.outputs]).toEqual([
    0,
    {
      version: '1.4.0',
      tags: '1.4.0',
      digest,
      image: `${registry}/go-accountservice:1.4.0@${digest}`,
      kind: 'go',
    },
  ]);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ format: 1, digest, tags: ['1.4.0'] });
});

test('on the oldest Node, build and push are steps of their own', async () => {
  const workspace = makeAccounts(join(directory, 'apart'));
  const registry = `${testRegistry()}/${path}`;
  const image = join(directory, 'image.json');
  const built = await runStep(action, workspace, { command: 'build', registry, set, out: image });
  const reference = `${registry}/go-accountservice:1.4.0`;
  expect([built.status, built.outputs]).toEqual([0, { version: '1.4.0', tags: '1.4.0', image: reference, kind: 'go' }]);
  const pushed = await runStep(action, workspace, { command: 'push', image });
  const digest = await manifestDigest(testRegistry(), `${path}/go-accountservice`, '1.4.0');
  expect([pushed.status, pushed.outputs.digest, pushed.outputs.image]).toEqual([0, digest, `${reference}@${digest}`]);
});

test('what a build prints is not taken for commands to the runner', async () => {
  const workspace = makeAccounts(join(directory, 'talking'), {
    // A line directive: the compiler names the file so, at the start of its error's line.
    'main.go': 'package main\n\n//line ::set-output name=digest::forged:1\nfunc main() { forged() }\n',
  });
  const step = await runStep(action, workspace, { command: 'build', registry: `${testRegistry()}/${path}`, set });
  const lines = step.stdout.trimEnd().split('\n');
  const token = /^::stop-commands::([\w-]+)$/.exec(lines[0] ?? '')?.[1];
  expect([step.status, step.outputs]).toEqual([31, {}]);
  expect(step.stderr).toContain('::set-output name=digest::forged');
  expect([lines.indexOf(`::${token}::`), lines.findIndex((line) => line.startsWith('::error '))]).toEqual([
    lines.length - 2,
    lines.length - 1,
  ]);
});
