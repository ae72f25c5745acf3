import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deployProgram } from '../support/deploy-program.js';
import { makeRemote } from '../support/deploy-remote.js';
import { git, makeDirectory, writeFiles } from './repository.js';

const program = deployProgram();

/**
 * A `git` that kills -9 whoever calls it for the n-th time: before it does what it was called for, or after it, so that its answer is
 * lost. Killing a process between two commands is killing it before the second. It writes down the commands.
 */
function deadlyGit(): string {
  const directory = makeDirectory({ calls: '' });
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh
for word in "$@"; do case "$word" in push|fetch|notes|commit-tree|log) name=$word;; esac; done
echo "\${name:-other}" >> "${directory}/calls"
if [ "$(wc -l < "${directory}/calls")" != "$KILL_AT" ]; then exec ${real} "$@"; fi
if [ "$KILL" = after ]; then ${real} "$@" > /dev/null 2>&1; fi
kill -9 $PPID
`;
  writeFileSync(join(directory, 'git'), script);
  chmodSync(join(directory, 'git'), 0o755);
  return directory;
}

function start(remote: string, environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, remote, makeDirectory(), 'web.yml', 'app', '2'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  const ended = new Promise<{ status: number | null; signal: string | null; said: string }>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, said }));
  });
  return { child, ended };
}

/** What is in the remote: the template's bytes, the commits, and their notes. */
function stateOf(remote: string) {
  const text = execFileSync('git', ['--git-dir', remote, 'cat-file', 'blob', 'main:web.yml']).toString('utf8');
  const notes = git(remote, 'log', '--notes=slipway', '--format=%N', 'main').match(/^Slipway-Outcome: .*$/gm) ?? [];
  return { text, log: git(remote, 'log', '--format=%s', 'main').split('\n'), notes };
}

const done = {
  text: 'image: app:2\r\n',
  log: ['Deploy app 2 to test', 'first'],
  notes: ['Slipway-Outcome: succeeded'],
};

/** Deploy, be killed at the n-th git command, and deploy again. */
async function deployKilledAt(at: number, when: 'before' | 'after') {
  const { remote } = makeRemote({ 'web.yml': 'image: app:1\r\n' });
  const bin = deadlyGit();
  const first = await start(remote, { PATH: `${bin}:${process.env.PATH}`, KILL_AT: String(at), KILL: when }).ended;
  const calls = readFileSync(join(bin, 'calls'), 'utf8').trim().split('\n');
  const halfway = stateOf(remote);
  const again = await start(remote).ended;
  return { signal: first.signal, calls, halfway, again: again.status, state: stateOf(remote) };
}

describe('a deployment that is killed', () => {
  it('ends in the same state when it is run again, whichever git command it died at', {
    timeout: 480_000,
  }, async () => {
    const whole = await deployKilledAt(0, 'before');
    expect({ ...whole, calls: [] }).toEqual({ signal: null, calls: [], halfway: done, again: 0, state: done });
    const deaths = whole.calls.flatMap((name, index) => [
      { at: index + 1, when: 'before' as const },
      ...(name === 'push' ? [{ at: index + 1, when: 'after' as const }] : []),
    ]);
    expect(whole.calls.filter((name) => name === 'push').length).toBe(2);
    expect(deaths.length).toBeGreaterThan(20);
    for (const batch of batchesOf(deaths, 3)) {
      const ended = await Promise.all(batch.map(({ at, when }) => deployKilledAt(at, when)));
      expect(ended.map(({ signal, again, state }) => ({ signal, again, state }))).toEqual(
        batch.map(() => ({ signal: 'SIGKILL', again: 0, state: done })),
      );
      for (const { halfway } of ended) expect(['image: app:1\r\n', 'image: app:2\r\n']).toContain(halfway.text);
    }
  });
});

describe('a deployment that is told to stop while it pushes', () => {
  it.each([
    [
      'lets the push end and says that it landed',
      'exit 0',
      /^Terminated: the template is committed on main as [0-9a-f]{12}, and not rolled out$/,
      ['Deploy app 2 to test', 'first'],
    ],
    [
      'says that it did not where the server refused it',
      'exit 1',
      /^The deploy repository does not take the push/,
      ['first'],
    ],
  ])('%s', { timeout: 60_000 }, async (_, ends, message, log) => {
    const { remote } = makeRemote({ 'web.yml': 'image: app:1\r\n' });
    writeFiles(remote, { 'hooks/pre-receive': `#!/bin/sh\necho x > ${remote}/asked\nsleep 2\n${ends}\n` });
    chmodSync(join(remote, 'hooks/pre-receive'), 0o755);
    const { child, ended } = start(remote);
    while (!existsSync(join(remote, 'asked'))) await setTimeout(20);
    child.kill('SIGTERM');
    const { status, said } = await ended;
    const told = JSON.parse(said);
    expect(told.message).toMatch(message);
    expect(status).toBe(told.code === 'run.terminated' ? 143 : 54);
    expect(stateOf(remote).log).toEqual(log);
  });
});

function batchesOf<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
