import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What runs of a state directory have left: in the engine by their label, on this disk by their directory. */
export interface LeftBehind {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly runs: readonly string[];
}

export const nothing: LeftBehind = { containers: [], volumes: [], runs: [] };

/** Caches are no remains, and have no owner. `host`: another engine than the usual. */
export function leftBehind(stateDirectory: string, host?: string): LeftBehind {
  const home = join(stateDirectory, 'home-id');
  const runs = join(stateDirectory, 'runs');
  const filter = `label=io.slipway.home=${existsSync(home) ? readFileSync(home, 'utf8') : 'none'}`;
  const ask = (...args: readonly string[]): readonly string[] =>
    execFileSync('docker', [...(host === undefined ? [] : ['--host', host]), ...args, '--filter', filter], {
      encoding: 'utf8',
    })
      .split('\n')
      .filter(Boolean);
  return {
    containers: ask('ps', '--all', '--format', '{{.Names}}'),
    volumes: ask('volume', 'ls', '--format', '{{.Name}}'),
    runs: existsSync(runs) ? readdirSync(runs) : [],
  };
}
