import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';
import { makeFixtureProject } from '../support/fixture-project.js';

/** The smallest fixture, tagged v1.4.0. Its origin is always the same, so that all tests share its caches. */
export function makeAccounts(directory: string, files: Readonly<Record<string, string>> = {}): string {
  const origin = 'https://git.example.com/shop/go-accountservice.git';
  return makeFixtureProject('go-accountservice', directory, { tag: 'v1.4.0', origin, files });
}

/** Settings as a CI's variables: this machine's client settings reach the builder. */
export const buildVariables: Readonly<Record<string, string>> = {
  SLIPWAY_BUILD_MOUNTS_CA: 'true',
  SLIPWAY_BUILD_MOUNTS_GO_ENV: 'true',
};

/** A path in a registry that nobody else has. */
export function ownPath(): string {
  return `ci-test-${randomBytes(4).toString('hex')}`;
}

/** Take the images of a repository out of the engine. */
export async function removeImages(repository: string): Promise<void> {
  const docker = new Docker();
  const images = await docker.listImages({ filters: { reference: [repository] } });
  const names = images.flatMap((image) => image.RepoTags ?? []).filter((name) => name.startsWith(`${repository}:`));
  await Promise.allSettled(names.map((name) => docker.getImage(name).remove()));
}

/** A Swarm environment `staging` of the project's own, with one service of this repository. */
export function stagingFiles(stack: string, repository: string): Record<string, string> {
  return {
    'slipway.yml': `deploy: { environments: { staging: { path: deploy/staging, stack: ${stack} } } }\n`,
    'deploy/staging/stack.yml': `services:\n  accounts:\n    image: ${repository}:0.0.0\n`,
  };
}

/** The images of a stack's services, as the Swarm has them. */
export async function runningImages(stack: string): Promise<readonly unknown[]> {
  const services = await new Docker().listServices({ filters: ofStack(stack) });
  return services.map((service) => {
    const task = service.Spec?.TaskTemplate;
    return task !== undefined && 'ContainerSpec' in task ? task.ContainerSpec?.Image : undefined;
  });
}

/** Remove a stack and wait until nothing of it is left. */
export async function removeStack(stack: string): Promise<void> {
  const docker = new Docker();
  const filters = ofStack(stack);
  for (const service of await docker.listServices({ filters })) await docker.getService(service.ID).remove();
  for (let left = 60; left > 0; left--) {
    const containers = await docker.listContainers({ all: true, filters });
    const networks = await docker.listNetworks({ filters });
    await Promise.allSettled(networks.map((network) => docker.getNetwork(network.Id).remove()));
    if (containers.length + networks.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the test left things in the Swarm');
}

function ofStack(stack: string): { readonly label: string[] } {
  return { label: [`com.docker.stack.namespace=${stack}`] };
}
