import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Figure } from './measure.js';

const limit = 200;

/** Peak resident memory of a process that packs an artifact of 1 GB, and of one that packs 1 kB, for what Node itself needs. */
export async function benchPackMemory(workspace: string): Promise<readonly Figure[]> {
  const small = packPeak(workspace, 1_000);
  const large = packPeak(workspace, 1_000_000_000);
  return [
    {
      what: 'peak resident memory packing a 1 GB artifact',
      measured: `${large.toFixed(0)} MB / ${small.toFixed(0)} MB with a 1 kB artifact`,
      ratio: (large / small).toFixed(2),
      aim: `≤ ${limit} MB`,
      met: large <= limit,
    },
  ];
}

function packPeak(workspace: string, bytes: number): number {
  const directory = join(workspace, `artifact-${bytes}`);
  writeArtifact(directory, bytes);
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', packScript(directory, workspace)], {
    encoding: 'utf8',
  });
  spawnSync('docker', ['image', 'rm', 'slipway-bench-pack:1']);
  if (result.status !== 0) throw new Error(result.stderr);
  return Number(result.stdout) / 1000;
}

/** Bytes that do not compress, written in pieces. */
function writeArtifact(directory: string, bytes: number): void {
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, 'app'), 'w');
  const piece = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)));
  for (let written = 0; written < bytes; written += piece.length)
    writeSync(file, piece, 0, Math.min(piece.length, bytes - written));
  closeSync(file);
}

/** Run in a process of its own: its peak is nobody else's. */
function packScript(directory: string, workspace: string): string {
  const outputs = [{ from: 'app', to: 'app', type: 'file' }];
  const dockerfile =
    'FROM gcr.io/distroless/static-debian12:nonroot\nCOPY app /app\nUSER 65532:65532\nENTRYPOINT ["/app"]\n';
  return `
    const { createDockerEngine } = await import(${JSON.stringify(pathToFileURL(resolve('dist/engines/docker/index.js')).href)});
    const progress = { step() {}, output() {}, status() {}, info() {}, warn() {} };
    const engine = createDockerEngine({
      environment: process.env, dockerConfigDirectory: ${JSON.stringify(workspace)}, stateDirectory: ${JSON.stringify(join(workspace, 'state'))},
      clientSettings: async () => [], runId: 'bench',
    });
    await engine.pack({
      artifacts: { directory: ${JSON.stringify(directory)}, outputs: ${JSON.stringify(outputs)}, milliseconds: 0 },
      image: { repository: 'slipway-bench-pack', platform: 'linux/amd64', dockerfile: ${JSON.stringify(dockerfile)}, labels: {} },
      tags: ['1'],
    }, { progress, signal: new AbortController().signal });
    process.stdout.write(String(process.resourceUsage().maxRSS));
  `;
}
