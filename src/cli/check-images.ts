import { type Finding, placeOf } from '../check/finding.js';
import type { DeclaredService } from '../core/declared-service.js';
import { describeError, Failure } from '../core/failure.js';
import { parseImageReference, registryOf, tryParseImageReference } from '../core/image-name.js';
import { openRegistry } from './open-registry.js';
import type { World } from './world.js';

/** As many registries' answers are waited for at once. */
const atOnce = 16;

/**
 * Images that their registries do not have: an error; and those that could not be asked about: a warning. Each image is asked for
 * once, however many services run it.
 */
export async function findAbsentImages(
  world: World,
  services: readonly DeclaredService[],
): Promise<readonly Finding[]> {
  const users = new Map<string, DeclaredService[]>();
  for (const service of services) {
    if (service.image === undefined || tryParseImageReference(service.image.value) === undefined) continue;
    users.set(service.image.value, [...(users.get(service.image.value) ?? []), service]);
  }
  const images = [...users.keys()];
  const away = new Set<string>();
  const findings: Finding[] = [];
  let asked = 0;
  const work = async (): Promise<void> => {
    for (let image = images.shift(); image !== undefined; image = images.shift()) {
      const trouble = await askUnlessAway(world, image, away);
      asked += 1;
      world.progress.status(`check images ${asked}/${users.size}`);
      if (trouble === undefined) continue;
      const { severity, message, remedy } = trouble;
      for (const service of users.get(image) ?? [])
        findings.push({ rule: 'image-absent', ...placeOf(service, service.image?.line), severity, message, remedy });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, images.length) }, work));
  return findings;
}

interface Trouble extends Pick<Finding, 'severity' | 'message' | 'remedy'> {
  readonly unreachable?: boolean;
}

/** A registry that cannot be reached is not waited for again with the next of its images. */
async function askUnlessAway(world: World, image: string, away: Set<string>): Promise<Trouble | undefined> {
  const host = registryOf(image) ?? 'docker.io';
  const trouble = away.has(host) ? notKnown(image, `${host} cannot be reached`) : await ask(world, image);
  if (trouble?.unreachable) away.add(host);
  return trouble;
}

function notKnown(image: string, why: string, remedy?: string): Trouble {
  return {
    severity: 'warning',
    message: `Whether ${image} is in its registry is not known: ${why}`,
    remedy: remedy ?? 'Let this machine reach the registry, or leave images out with --offline.',
  };
}

async function ask(world: World, image: string): Promise<Trouble | undefined> {
  const { repository, tag = 'latest', digest } = parseImageReference(image);
  try {
    const registry = await openRegistry(world, repository, 'read');
    if ((await registry.headManifest(digest ?? tag)) !== undefined) return undefined;
    return {
      severity: 'error',
      message: `${image} is not in its registry`,
      remedy: 'Push it, or name a version that is there: slipway releases lists them.',
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    world.signal.throwIfAborted();
    return {
      ...notKnown(image, describeError(error), error.remedy),
      unreachable: error.code === 'push.registry-unreachable',
    };
  }
}
