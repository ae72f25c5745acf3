import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cliPath, type Ended, makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { followToEnd } from '../support/ended.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { makeTinyProject } from '../support/tiny-project.js';

/**
 * The client as in a container: project and state lie on a file system that only it sees, at paths where the engine's
 * machine has other directories.
 */
const workspace = makeWorkspace();
const elsewhere = join(workspace.path, 'client');
const results = join(workspace.path, 'results');
const original = makeTinyProject(join(workspace.path, 'tiny'), {
  'bin/run.sh': '#!/bin/sh\nexec true\n',
  'a b/ü.txt': 'x\n',
});
const state = join(workspace.path, 'state');
let expected: readonly string[] = [];
let engine: TcpProxy;

beforeAll(async () => {
  for (const directory of [elsewhere, results]) mkdirSync(directory);
  makeTinyProject(join(elsewhere, 'tiny'), { 'server.js': 'another project\n' });
  mkdirSync(join(elsewhere, 'state'));
  engine = await startTcpProxy({ path: '/var/run/docker.sock' });
  const file = join(results, 'mount.json');
  const args = [
    'build',
    original,
    '--transfer',
    'mount',
    '--out',
    file,
    '--repository',
    `e2e-${process.pid}-mount/tiny`,
  ];
  expect(await slipway(args, { env: { SLIPWAY_STATE_DIRECTORY: state } })).toMatchObject({ code: 0 });
  expected = describeImage(file);
});

afterAll(async () => {
  await engine.stop();
  workspace.remove();
});

/** Layers by the digest of their content, and the configuration. */
function describeImage(file: string): readonly string[] {
  const { id } = JSON.parse(readFileSync(file, 'utf8'));
  return JSON.parse(docker('image', 'inspect', '--format', '[{{json .RootFS.Layers}}, {{json .Config}}]', id));
}

/** Says on stderr what is left of the run's directory and what changed in the tree. */
const asInAContainer = `set -e
mount -t tmpfs tmpfs "$2"
mkdir "$2/state"
cp -a "$1" "$2/tiny"
cd "$2/tiny"
shift 2
code=0
"$@" || code=$?
ls -A "$SLIPWAY_STATE_DIRECTORY/runs" >&2
cp "$SLIPWAY_STATE_DIRECTORY/home-id" "$RESULTS"
git status --porcelain --ignored >&2
exit $code`;

function runElsewhere(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const command = [process.execPath, cliPath, ...args];
  const child = spawn('unshare', ['--mount', 'sh', '-c', asInAContainer, 'sh', original, elsewhere, ...command], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      SLIPWAY_STATE_DIRECTORY: join(elsewhere, 'state'),
      RESULTS: results,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return followToEnd(child);
}

describe('slipway build on an engine that sees another disk', () => {
  it.each(['unix', 'tcp'])('streams over %s, to the same image as with mounts', async (how) => {
    const file = join(results, `${how}.json`);
    const env: Record<string, string> = how === 'tcp' ? { DOCKER_HOST: `tcp://${engine.host}` } : {};
    const repository = `e2e-${process.pid}-${how}/tiny`;
    const ended = await runElsewhere(['build', '.', '--quiet', '--out', file, '--repository', repository], env);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(describeImage(file)).toEqual(expected);
    expect(leftBehind(results)).toEqual(nothing);
  });

  it('refuses to mount what it cannot, and says what to set', async () => {
    const ended = await runElsewhere(['build', '.', '--transfer', 'mount'], {});
    expect(ended.code).toBe(39);
    expect(ended.stderr).toContain('build.transfer');
    expect(leftBehind(results)).toEqual(nothing);
  });
});
