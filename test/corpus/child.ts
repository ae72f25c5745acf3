import { spawn } from 'node:child_process';

/** How a child process ended. */
export interface ChildEnd {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** It was ended because its time was over. */
  readonly late: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface ChildOptions {
  readonly seconds: number;
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<number>();
const mostOutput = 8_000_000;

/**
 * Run a command in a process group of its own, to its end or to the end of its time: then the group is told to end, and is
 * killed ten seconds later. Of its output, the last eight million characters are kept.
 */
export function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const start = performance.now();
  const child = spawn(command, args, {
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  let late = false;
  const end = setTimeout(() => {
    late = true;
    endGroup(pid, 'SIGTERM');
  }, options.seconds * 1000);
  const kill = setTimeout(() => endGroup(pid, 'SIGKILL'), (options.seconds + 10) * 1000);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-mostOutput);
    });
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      settle({
        ...output,
        code: code ?? undefined,
        signal: signal ?? undefined,
        late,
        milliseconds: performance.now() - start,
      });
    });
  }).finally(() => {
    clearTimeout(end);
    clearTimeout(kill);
    if (pid !== undefined) running.delete(pid);
  }) as Promise<ChildEnd>;
}

/** Tell every child that still runs to end. */
export function endChildren(): void {
  for (const pid of running) endGroup(pid, 'SIGTERM');
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Variables of a CI must not change what is judged. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ofCi = /^(CI|CI_.*|GITHUB_.*|GITLAB_.*|JENKINS_.*|BUILD_.*|BRANCH_NAME|CHANGE_.*|TAG_NAME|GIT_.*|SLIPWAY_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofCi.test(name)));
}
