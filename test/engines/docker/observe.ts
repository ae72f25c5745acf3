import { execFileSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scratch } from './fixture.js';

/** Every entry of a directory: `path mode content`, sorted. All have to be ours. */
export async function describeTree(directory: string, prefix = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await readdir(join(directory, prefix))).sort()) {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const status = await lstat(join(directory, path));
    const owner = status.uid === process.getuid?.() ? '' : ` owned by ${status.uid}`;
    const mode = (status.mode & 0o777).toString(8);
    if (status.isSymbolicLink()) lines.push(`${path} -> ${await readlink(join(directory, path))}${owner}`);
    else if (status.isDirectory()) lines.push(`${path}/ ${mode}${owner}`, ...(await describeTree(directory, path)));
    else lines.push(`${path} ${mode} ${await readFile(join(directory, path), 'utf8')}${owner}`);
  }
  return lines;
}

/** Containers and volumes of runs that used this scratch's state, and private files on its disk. */
export async function leftovers(scratch: Scratch): Promise<string[]> {
  const homeFile = join(scratch.root, 'state', 'home-id');
  if (!existsSync(homeFile)) return [];
  const home = await readFile(homeFile, 'utf8');
  const filter = `label=io.slipway.home=${home}`;
  const containers = docker('ps', '-aq', '--filter', filter);
  const volumes = docker('volume', 'ls', '-q', '--filter', filter);
  const runs = join(scratch.root, 'state', 'runs');
  const files = existsSync(runs) ? await readdir(runs, { recursive: true, withFileTypes: true }) : [];
  const outputs = join(scratch.root, 'runs');
  const partials = (existsSync(outputs) ? await readdir(outputs) : []).filter((name) => name.endsWith('.partial'));
  return [...containers, ...volumes, ...files.filter((file) => file.isFile()).map(({ name }) => name), ...partials];
}

export function docker(...argv: string[]): string[] {
  return execFileSync('docker', argv, { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '');
}

/** A container and a volume as a run of this state directory leaves them whose process is dead. */
export async function orphan(scratch: Scratch): Promise<void> {
  const home = await readFile(join(scratch.root, 'state', 'home-id'), 'utf8');
  const owner = `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}/${pidNamespace()}/4194300/1`;
  const labels = [`io.slipway.run=dead`, `io.slipway.home=${home}`, `io.slipway.owner=${owner}`].flatMap((label) => [
    '--label',
    label,
  ]);
  docker('volume', 'create', ...labels, `slipway-orphan-${home}`);
  docker('create', ...labels, '-v', `slipway-orphan-${home}:/x`, 'node:22-slim', 'true');
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}
