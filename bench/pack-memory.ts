import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitAll } from '../test/support/fixture-project.js';
import type { Figure } from './measure.js';

const limit = 200;

/** Peak resident memory of `slipway build` of a service whose artifact is 1 GB, and of one whose artifact is 1 kB. */
export async function benchPackMemory(cli: string, workspace: string): Promise<readonly Figure[]> {
  const small = await buildPeak(cli, workspace, 1_000);
  const large = await buildPeak(cli, workspace, 1_000_000_000);
  return [
    {
      what: 'peak resident memory of `slipway build` with a 1 GB artifact',
      measured: `${large.toFixed(0)} MB / ${small.toFixed(0)} MB with a 1 kB artifact`,
      ratio: (large / small).toFixed(2),
      aim: `≤ ${limit} MB`,
      met: large <= limit,
    },
  ];
}

async function buildPeak(cli: string, workspace: string, bytes: number): Promise<number> {
  const project = makeProject(join(workspace, `artifact-${bytes}`), bytes);
  const args = [cli, 'build', project, '--no-try', '--quiet', '--name', 'slipway-bench-artifact'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid));
  }, 20);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`slipway build ended with ${code}`);
  return peak;
}

/** A Node service whose build writes a file that does not compress. */
function makeProject(directory: string, bytes: number): string {
  mkdirSync(directory, { recursive: true });
  const build = `node -e "const fs=require('fs'),f=fs.openSync('data.bin','w'),b=require('crypto').randomBytes(Math.min(${bytes},1e6));for(let n=0;n<${bytes};n+=b.length)fs.writeSync(f,b)"`;
  const manifest = {
    name: 'artifact',
    version: '1.0.0',
    engines: { node: '22' },
    scripts: { build, start: 'node server.js' },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(directory, 'server.js'), "require('http').createServer((q, r) => r.end('ok')).listen(3000);\n");
  commitAll(directory, 'Add an artifact');
  return directory;
}

/** High-water mark of a process's resident memory in MB, as the kernel keeps it (proc(5), VmHWM). */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
