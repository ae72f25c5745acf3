import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFixtureProject } from '../support/fixture-project.js';
import { type Packed, packSlipway, privateNpx } from './npm-package.js';
import { type Ended, run } from './run.js';

let directory: string;
let packed: Packed;
let env: Record<string, string>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-package-'));
  packed = await packSlipway(directory);
  env = await privateNpx(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `npx ./slipway-*.tgz …`: in a directory that holds nothing but the package. */
async function runThere(name: string, args: readonly string[]): Promise<Ended> {
  const empty = join(directory, name);
  mkdirSync(empty);
  copyFileSync(packed.tarball, join(empty, basename(packed.tarball)));
  return run('npx', ['--yes', `./${basename(packed.tarball)}`, ...args], { cwd: empty, env });
}

/** How CI jobs run it, from anywhere. */
function runPackage(cwd: string, args: readonly string[]): Promise<Ended> {
  return run('npx', ['--yes', '--package', packed.tarball, '--', 'slipway', ...args], { cwd, env });
}

test('npx with the packed package refuses an empty directory, and says what to do', async () => {
  const ended = await runThere('empty', ['preview']);
  expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status: 20, stdout: '' });
  expect(ended.stderr).toMatch(/^slipway: No project found/);
});

test('npx with the packed package names the refusal to programs', async () => {
  const ended = await runThere('empty-json', ['preview', '--json']);
  const reply = JSON.parse(ended.stdout) as { readonly error: { readonly code: string } };
  expect([ended.status, reply.error.code]).toEqual([20, 'detect.nothing-found']);
});

test('npx with the packed package prints the Dockerfile of a project', async () => {
  const project = makeFixtureProject('go-accountservice', join(directory, 'accounts'), { tag: 'v1.4.0' });
  const ended = await runPackage(project, ['preview']);
  const instructions = ended.stdout.split('\n').flatMap((line) => /^[A-Z]+(?= )/.exec(line) ?? []);
  expect({ status: ended.status, first: instructions[0], last: instructions.at(-1) }).toEqual({
    status: 0,
    first: 'FROM',
    last: 'ENTRYPOINT',
  });
});

test('npx with the packed package tells its version', async () => {
  const ended = await runPackage(directory, ['--version']);
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  expect(ended).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
});
