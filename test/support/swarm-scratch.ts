import { randomBytes } from 'node:crypto';
import Docker from 'dockerode';

/** The registry that `test/engine/up.sh` starts. */
const registry = process.env.SLIPWAY_TEST_REGISTRY ?? '127.0.0.1:5000';

/** A place in the real Swarm for one test file: its own names, all removed at the end. */
export interface SwarmScratch {
  readonly docker: Docker;
  /** A stack name nobody else has. */
  readonly stack: string;
  /** Push an image whose containers run this command; returns `repository:tag@digest`. */
  pushImage(tag: string, command: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

export function openSwarmScratch(): SwarmScratch {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' });
  const stack = `slipway-test-${randomBytes(4).toString('hex')}`;
  const repository = `${registry}/${stack}`;
  return {
    docker,
    stack,
    pushImage: (tag, command) => pushImage(docker, repository, tag, command),
    remove: () => removeAll(docker, stack, repository),
  };
}

/** Push an image whose containers run this command on a stand-in base; returns `repository:tag@digest`. */
export async function pushImage(
  docker: Docker,
  repository: string,
  tag: string,
  command: readonly string[],
  base = 'debian:bookworm-slim',
): Promise<string> {
  const container = await docker.createContainer({
    Image: base,
    Labels: { 'io.slipway.test': 'targets' },
  });
  await container.commit({ repo: repository, tag, changes: `CMD ${JSON.stringify(command)}` });
  await container.remove();
  const image = docker.getImage(`${repository}:${tag}`);
  const progress = await image.push({ authconfig: { username: '', password: '', serveraddress: registry } });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error, lines: readonly { readonly error?: string }[]) => {
      const refused = error ?? lines.find((line) => line.error !== undefined)?.error;
      if (refused) reject(refused);
      else resolve();
    });
  });
  const digest = (await image.inspect()).RepoDigests.find((each) => each.startsWith(`${repository}@`));
  return `${repository}:${tag}@${digest?.split('@')[1] ?? ''}`;
}

async function removeAll(docker: Docker, stack: string, repository: string): Promise<void> {
  const filters = { label: [`com.docker.stack.namespace=${stack}`] };
  for (const service of await docker.listServices({ filters })) await docker.getService(service.ID).remove();
  await untilGone(async () => {
    const containers = await docker.listContainers({ all: true, filters });
    await Promise.allSettled(containers.map((each) => docker.getContainer(each.Id).remove({ force: true })));
    const networks = await docker.listNetworks({ filters });
    await Promise.allSettled(networks.map((each) => docker.getNetwork(each.Id).remove()));
    const volumes = (await docker.listVolumes({ filters })).Volumes;
    await Promise.allSettled(volumes.map((each) => docker.getVolume(each.Name).remove()));
    return containers.length + networks.length + volumes.length === 0;
  });
  const images = await docker.listImages({ filters: { reference: [repository] } });
  await Promise.allSettled(images.map((each) => docker.getImage(each.Id).remove({ force: true })));
}

async function untilGone(isGone: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    if (await isGone()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error('the test left things in the Swarm');
}
