import { execFileSync, spawnSync } from 'node:child_process';

/** The `docker` command line: a client that is not ours, so that it can contradict us. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8' }).trim();
}

/** Remove a test's stack: its services, then its networks once their last task has left them. */
export function removeStack(stack: string): void {
  const label = `label=com.docker.stack.namespace=${stack}`;
  const services = docker('service', 'ls', '--quiet', '--filter', label).split('\n').filter(Boolean);
  if (services.length > 0) docker('service', 'rm', ...services);
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const networks = docker('network', 'ls', '--quiet', '--filter', label).split('\n').filter(Boolean);
    if (networks.length === 0 || spawnSync('docker', ['network', 'rm', ...networks]).status === 0) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}
