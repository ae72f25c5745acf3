import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';

/**
 * A container's exit code, once its output has ended. Asked for instead of waited for: of a connection that breaks while
 * the engine is silent the client learns nothing, and would wait for ever.
 */
export async function readExitCode(container: Docker.Container, output: Promise<void>): Promise<number> {
  await output;
  for (let delay = 10; ; delay = Math.min(delay * 2, 500)) {
    const { State } = await container.inspect();
    if (!State.Running && State.Status !== 'created') return State.ExitCode;
    await pause(delay);
  }
}
