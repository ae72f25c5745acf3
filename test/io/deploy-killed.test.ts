import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitAll, git, makeDirectory } from './repository.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = join(root, 'node_modules', '.cache', `deploy-once-${process.pid}.mjs`);

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('../support/deploy-once.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
});
afterAll(() => rmSync(program, { force: true }));

/** A `git` that kills whoever calls it for the n-th time, before it does what it was called for. */
function deadlyGit(directory: string): string {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh
n=$(($(cat "${directory}/count") + 1))
echo $n > "${directory}/count"
if [ $n = "$KILL_AT" ]; then kill -9 $PPID; exit 1; fi
exec ${real} "$@"
`;
  writeFileSync(join(directory, 'git'), script);
  chmodSync(join(directory, 'git'), 0o755);
  return directory;
}

/** Deploy, be killed at the n-th git command, and deploy again; returns what is in the remote then. */
function deployKilledAt(killAt: number) {
  const remote = makeDirectory();
  git(remote, 'init', '-q', '--bare', '-b', 'main');
  const clone = makeDirectory({ 'web.yml': 'image: app:1\r\n' });
  git(clone, 'init', '-q', '-b', 'main');
  git(clone, 'config', 'core.autocrlf', 'false');
  commitAll(clone, 'first');
  git(clone, 'push', '-q', remote, 'main');
  const bin = deadlyGit(makeDirectory({ count: '0' }));
  const run = (at: number) => {
    writeFileSync(join(bin, 'count'), '0');
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, KILL_AT: String(at) };
    return spawnSync(process.execPath, [program, remote, makeDirectory(), 'web.yml'], { env, cwd: root });
  };
  const killed = run(killAt).signal;
  const commands = Number(readFileSync(join(bin, 'count'), 'utf8'));
  const halfway = execFileSync('git', ['--git-dir', remote, 'cat-file', 'blob', 'main:web.yml']).toString('utf8');
  const again = run(0).status;
  const text = execFileSync('git', ['--git-dir', remote, 'cat-file', 'blob', 'main:web.yml']).toString('utf8');
  return { killed, commands, halfway, again, text, log: git(remote, 'log', '--format=%s', 'main').split('\n') };
}

describe('a deployment that is killed', () => {
  it('ends in the same state when it is run again, whichever git command it died before', { timeout: 120_000 }, () => {
    const done = { again: 0, text: 'image: app:2\r\n', log: ['Deploy app 2 to test', 'first'] };
    const { commands, ...whole } = deployKilledAt(0);
    expect(whole).toEqual({ killed: null, halfway: 'image: app:2\r\n', ...done });
    expect(commands).toBeGreaterThan(8);
    for (let at = 1; at <= commands; at++) {
      const { killed, halfway, again, text, log } = deployKilledAt(at);
      expect({ at, killed, again, text, log }).toEqual({ at, killed: 'SIGKILL', ...done });
      expect(['image: app:1\r\n', 'image: app:2\r\n']).toContain(halfway);
    }
  });
});
