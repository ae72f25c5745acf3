import { spawnSync } from 'node:child_process';
import { docker } from '../support/docker.js';

/** A container that a test started. */
export interface Container {
  readonly id: string;
  /** `http://127.0.0.1:PORT` of the published port. */
  readonly url: string;
}

/** Start an image with one port published on the loopback. */
export function startContainer(image: string, port: string, options: readonly string[] = []): Container {
  const id = docker('run', '--detach', '--publish', `127.0.0.1::${port}`, ...options, image);
  return { id, url: `http://${docker('port', id, `${port}/tcp`).split('\n')[0]}` };
}

/** Status and body of the first answer, within a minute. Throws with the container's last words when none comes. */
export async function askContainer({ id, url }: Container, path: string): Promise<string> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    try {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
      return `${response.status} ${await response.text()}`;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  throw new Error(`${url}${path} does not answer:\n${logsOf(id)}`);
}

export function logsOf(id: string): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', '--tail', '40', id], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}

/** Remove what is still there; a name that is not is passed over. */
export function removeContainers(ids: readonly string[]): void {
  for (const id of ids) spawnSync('docker', ['rm', '--force', '--volumes', id]);
}

export function removeImages(names: readonly string[]): void {
  for (const name of names) spawnSync('docker', ['rmi', '--force', name]);
}
