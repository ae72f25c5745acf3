import { execFileSync, spawn } from 'node:child_process';

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Joins `plainEnvironment()`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Run a command to its end; a status other than 0 is a value, not an error. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: { ...plainEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    }
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...texts }));
  });
}

/** This process's environment without what a CI, npm's scripts or this machine's user tell Slipway. */
export function plainEnvironment(): Record<string, string | undefined> {
  const foreign =
    /^(CI$|CI_|GITHUB_|GITLAB_|RUNNER_|JENKINS_|BUILD_NUMBER$|INPUT_|SLIPWAY_|DOCKER_AUTH_CONFIG$|NODE_OPTIONS$|VITEST)/;
  const ownScripts = /^npm_(lifecycle|package|command|execpath|node)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name) && !ownScripts.test(name));
  return { ...Object.fromEntries(kept), npm_config_loglevel: 'error', npm_config_update_notifier: 'false' };
}

/** Install what the CI tests run beside the engine; quick where it is there. */
export function installTools(): void {
  execFileSync('bash', ['test/ci/install.sh'], { stdio: 'inherit' });
}
