import { mkdir, rm } from 'node:fs/promises';

/** What a run keeps on this disk while it lasts: outputs, clones, private files of the engine. */
export interface RunDirectory {
  /** Its path; made the first time. What killed runs left beside it is removed then. */
  readonly make: () => Promise<string>;
  /** Remove it and all that is in it, where it was made. Never throws: the next run finds what could not be removed. */
  readonly remove: () => Promise<void>;
}

/** `<state directory>/runs/<run>@<process>`: the same directory in which the engine keeps this run's private files. */
export function planRunDirectory(runId: string, stateDirectory: string): RunDirectory {
  let made: Promise<string> | undefined;
  return {
    make: () => {
      made ??= makeRunDirectory(runId, stateDirectory);
      return made;
    },
    remove: async () => {
      const path = await made?.catch(() => undefined);
      if (path !== undefined) await rm(path, { recursive: true, force: true }).catch(() => {});
    },
  };
}

async function makeRunDirectory(runId: string, stateDirectory: string): Promise<string> {
  const { currentOwner } = await import('../engines/docker/owner.js');
  const { runDirectory, sweepRunDirectories } = await import('../engines/docker/sweep.js');
  const owner = await currentOwner(runId, stateDirectory);
  const path = runDirectory(stateDirectory, owner);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await sweepRunDirectories(owner, stateDirectory).catch(() => {});
  return path;
}
