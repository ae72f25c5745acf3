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
