import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { isOrphan, label, type Owner } from './owner.js';

/**
 * Remove containers, volumes and private files that a killed run of this machine and state directory left. Never
 * throws: what cannot be removed now is found again by the next run.
 */
export async function sweepOrphans(docker: Docker, owner: Owner, stateDirectory: string): Promise<void> {
  await quietly(sweepContainers(docker, owner));
  await quietly(sweepVolumes(docker, owner));
  await quietly(sweepRunDirectories(owner, stateDirectory));
}

async function sweepContainers(docker: Docker, owner: Owner): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { label: [label.run] } });
  for (const { Id, Labels } of found) {
    if (await isOrphan(Labels, owner)) await quietly(docker.getContainer(Id).remove({ force: true, v: true }));
  }
}

async function sweepVolumes(docker: Docker, owner: Owner): Promise<void> {
  const { Volumes } = await docker.listVolumes({ filters: { label: [label.run] } });
  for (const { Name, Labels } of Volumes ?? []) {
    if (await isOrphan(Labels ?? {}, owner)) await quietly(docker.getVolume(Name).remove());
  }
}

/** Where private files of one run are; the name carries the owner, as labels do. */
export function runDirectory(stateDirectory: string, owner: Owner): string {
  return join(stateDirectory, 'runs', `${owner.run}@${owner.process.replaceAll('/', '+')}`);
}

/** Beyond it a run of a machine or container that cannot be asked is over. */
const longestRun = 7 * 24 * 3600 * 1000;

/** Remove the directories of runs that are over. */
export async function sweepRunDirectories(owner: Owner, stateDirectory: string): Promise<void> {
  const runs = join(stateDirectory, 'runs');
  for (const name of await readdir(runs)) {
    const [run = '', process = ''] = name.split('@');
    const begun = await stat(join(runs, name)).catch(() => undefined);
    if (begun === undefined) continue;
    const labels = {
      [label.run]: run,
      [label.home]: owner.home,
      [label.owner]: process.replaceAll('+', '/'),
      [label.expires]: new Date(begun.mtimeMs + longestRun).toISOString(),
    };
    if (await isOrphan(labels, owner)) await quietly(rm(join(runs, name), { recursive: true, force: true }));
  }
}

async function quietly(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // Somebody else was faster, or the engine is busy with it.
  }
}
