import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../ci/run.js';
import { makeFixtureProject } from '../support/fixture-project.js';
import { installAction, runStep } from './step.js';

let directory: string;
let action: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-action-'));
  action = installAction(join(directory, 'slipway'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('without node_modules the action previews a project and sets its outputs', async () => {
  const workspace = makeFixtureProject('go-accountservice', join(directory, 'accounts'), { tag: 'v1.4.0' });
  const step = await runStep(action, workspace, { command: 'preview' });
  const [stop, ...printed] = step.stdout.trimEnd().split('\n');
  const token = /^::stop-commands::([\w-]+)$/.exec(stop ?? '')?.[1];
  expect({ status: step.status, outputs: step.outputs, from: printed[0]?.split(' ')[0], last: printed.at(-1) }).toEqual(
    {
      status: 0,
      outputs: { kind: 'go', version: '1.4.0', tags: '1.4.0' },
      from: 'FROM',
      last: `::${token}::`,
    },
  );
});

test('a failure ends the step with its exit code and an annotation', async () => {
  const workspace = join(directory, 'empty');
  mkdirSync(workspace);
  const step = await runStep(action, workspace, { command: 'detect' });
  expect([step.status, step.outputs]).toEqual([20, {}]);
  expect(step.stdout.trimEnd().split('\n').at(-1)).toMatch(/^::error title=Slipway%3A detect\.nothing-found::/);
});

test('inputs that the command line refuses are a failure of usage', async () => {
  const step = await runStep(action, directory, { command: 'ship', transfer: 'pigeon' });
  expect(step.status).toBe(14);
  expect(step.stderr).toContain('pigeon');
});

test('the deploy command needs its release file', async () => {
  const step = await runStep(action, directory, { command: 'deploy' });
  expect([step.status, step.stderr.includes('--release')]).toEqual([14, true]);
});

test('the bundle has the same bytes wherever the repository is checked out', async () => {
  const elsewhere = join(directory, 'another/check out');
  for (const name of ['src', 'scripts', 'package.json', 'tsconfig.json']) {
    cpSync(name, join(elsewhere, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(elsewhere, 'node_modules'));
  const ended = await run('node', ['scripts/build-action.mjs'], { cwd: elsewhere });
  expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
  for (const name of readdirSync('action')) {
    const same = readFileSync(join('action', name)).equals(readFileSync(join(elsewhere, 'action', name)));
    expect([name, same]).toEqual([name, true]);
  }
});

test('the bundle names no path of the machine it was made on, and stays below 4 MB', () => {
  const text = readFileSync('action/index.mjs', 'utf8');
  expect([text.includes(resolve('.')), statSync('action/index.mjs').size < 4_000_000]).toEqual([false, true]);
});

test('the licences of all packages that the sources import are with the bundle', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const imports = sources.flatMap((name) =>
    [
      ...readFileSync(join('src', name), 'utf8').matchAll(
        /^(?:import\b[^;']*|.*\bimport\()'((?:@[^/']+\/)?[^./'@:]+)(?:\/[^':]*)?'/gm,
      ),
    ].map(([, found]) => found),
  );
  const named = [...readFileSync('action/licenses.txt', 'utf8').matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(/gm)].map(
    ([, name]) => name,
  );
  expect(imports.length).toBeGreaterThan(20);
  expect([...new Set(imports)].filter((name) => !named.includes(name))).toEqual([]);
});
