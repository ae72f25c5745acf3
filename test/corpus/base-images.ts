import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runChild } from './child.js';
import type { CorpusPlan } from './judge-detection.js';

/** Undefined when an engine answers. */
export function engineTrouble(): string | undefined {
  const { status, stderr } = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  return status === 0 ? undefined : (stderr || 'there is no docker command').trim().split('\n')[0];
}

const script = 'test/engine/images.sh';
let last: Promise<unknown> = Promise.resolve();

/**
 * Make sure that the images a plan names are in the engine; what cannot be made here is left to the engine to pull.
 * Returns a note for each of these. One at a time: the script is not made for company.
 */
export function ensureImages(plan: CorpusPlan): Promise<readonly string[]> {
  const next = last.then(async () => {
    const notes: string[] = [];
    for (const name of new Set(namesIn(plan))) {
      if (isPresent(name) || !existsSync(script)) continue;
      const { code, stderr } = await runChild(script, ['--quiet', name], { seconds: 900 });
      if (code !== 0)
        notes.push(`${name}: ${stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? 'cannot be made here'}`);
    }
    return notes;
  });
  last = next.catch(() => {});
  return next;
}

function namesIn({ builder, image }: CorpusPlan): readonly string[] {
  const bases = [...image.dockerfile.matchAll(/^FROM\s+(?:--platform=\S+\s+)?(\S+)/gim)].map(([, name]) => name ?? '');
  return [...('image' in builder.from ? [builder.from.image] : []), ...bases].filter((name) => name !== 'scratch');
}

function isPresent(name: string): boolean {
  return spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0;
}
