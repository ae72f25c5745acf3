import type { BuilderContainer } from './builder-container.js';
import type { Workshop } from './workshop.js';

/** Empty a directory of this host whose files belong to the engine's root. */
export async function emptyWithContainer(
  workshop: Workshop,
  container: Pick<BuilderContainer, 'image' | 'labels'>,
  directory: string,
): Promise<void> {
  const remover = await workshop.docker.createContainer({
    name: workshop.nextName('reclaim'),
    Image: container.image,
    Entrypoint: ['/bin/sh', '-c', 'rm -rf /slipway/out/* /slipway/out/.[!.]* /slipway/out/..?*'],
    Cmd: [],
    User: '0:0',
    NetworkDisabled: true,
    Labels: { ...container.labels },
    HostConfig: { Mounts: [{ Type: 'bind', Source: directory, Target: '/slipway/out' }] },
  });
  try {
    await remover.start();
    await remover.wait();
  } finally {
    await remover.remove({ force: true });
  }
}
