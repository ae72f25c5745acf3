import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The compiled command line, as users have it. */
export const cliPath = resolve('dist/cli/main.js');

export interface Ended {
  /** Exit code, or the number that a shell reports for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; without it, nothing is there. */
  readonly input?: string;
}

/** A command of Slipway that was started: its process, and how it ended. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when what it printed on stderr so far matches. Rejects when it ended without. */
  readonly printed: (pattern: RegExp) => Promise<void>;
}

/** Variables of a CI that runs these tests must not change what they see. */
const ciVariables =
  /^(CI|CI_.*|GITHUB_.*|GITLAB_.*|JENKINS_.*|TF_BUILD|SYSTEM_.*|BITBUCKET_.*|CIRCLE.*|DRONE.*|TEAMCITY_.*|BUILD_.*|BRANCH_NAME|CHANGE_.*|TAG_NAME|GIT_.*|SLIPWAY_.*|NO_COLOR|FORCE_COLOR)$/;

export function startSlipway(args: readonly string[], options: RunOptions = {}): Started {
  const inherited = Object.entries(process.env).filter(([name]) => !ciVariables.test(name));
  const child = spawn(process.execPath, [cliPath, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const watch of watchers) watch();
  });
  const ended = new Promise<Ended>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => settle({ code: code ?? signalCode(signal), stdout, stderr }));
  });
  return {
    process: child,
    ended,
    printed: (pattern) =>
      new Promise((settle, reject) => {
        const watch = (): void => {
          if (pattern.test(stderr)) settle();
        };
        watchers.add(watch);
        watch();
        ended.then(() => reject(new Error(`it ended without printing ${pattern}:\n${stderr}`)), reject);
      }),
  };
}

/** Run a command of Slipway to its end. */
export function slipway(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startSlipway(args, options).ended;
}

/** A directory of the test's own, and how to remove it. */
export function makeWorkspace(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-test-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function signalCode(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 137 : signal === 'SIGINT' ? 130 : 143;
}
