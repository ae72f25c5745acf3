import type { Engine } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Image, Plan, Release } from '../../core/plan.js';
import { referenceOf } from '../../run/build-image.js';
import { pushRelease } from '../../run/push-release.js';
import { releasedImage } from '../../run/wanted-release.js';
import { openEngine } from '../build-site.js';
import { requireRegistry } from '../choices.js';
import { followOrMakePlan } from '../make-plan.js';
import { formatMoved, moveReleaseTags } from '../move-release-tags.js';
import { readHandOver } from '../read-hand-over.js';
import type { CommandResult } from '../result.js';
import { attachSupplyChain, chooseSupplyChain } from '../supply-chain.js';
import { whyNotPushed } from '../why-not-pushed.js';
import { contextOf, type World } from '../world.js';
import { writeResult } from '../write-result.js';

/** `slipway push`: the image that `build` made, under its tags; the result is the release. */
export async function runPush(world: World): Promise<CommandResult> {
  const why = await whyNotPushed(world);
  if (why !== undefined) return { text: `not pushed: ${why}\n`, json: { format: 1, pushed: false, because: why } };
  const engine = await openEngine(world);
  const image = await imageToPush(world, engine);
  const release = await pushImage(world, engine, image);
  return {
    text: `${releasedImage(release)}\n${formatMoved(release)}`,
    json: release,
    outputs: releaseOutputs(release),
  };
}

/**
 * Push to every registry, move the moving tags in each, and write the release file where one is asked for. No moving tag is
 * touched before every registry has the image.
 */
export async function pushImage(world: World, engine: Engine, image: Image): Promise<Release> {
  const chain = await chooseSupplyChain(world);
  const pushed = await pushRelease(image, engine, contextOf(world));
  await attachSupplyChain(world, engine, chain, { image, release: pushed });
  const release = await moveReleaseTags(world, image, pushed);
  if (world.options.out !== undefined) await writeResult(world, world.options.out, 'release', release);
  return release;
}

export function releaseOutputs(release: Release): NonNullable<CommandResult['outputs']> {
  return {
    version: release.version,
    tags: release.tags.join(','),
    digest: release.digest,
    image: releasedImage(release),
    kind: release.kind,
  };
}

async function imageToPush(world: World, engine: Engine): Promise<Image> {
  const file = world.options.image;
  if (file !== undefined) {
    const { parseImageFile } = await import('../../plan/plan-file.js');
    return parseImageFile(readHandOver(file, 'image'), file);
  }
  if (world.options.plan === undefined) requireRegistry(await world.settings());
  const plan = await followOrMakePlan(world, { deploy: false });
  return findBuiltImage(plan, engine);
}

async function findBuiltImage(plan: Plan, engine: Engine): Promise<Image> {
  const reference = referenceOf(plan);
  const found = await engine.findImage(reference);
  const revision = plan.source.revision;
  if (found === undefined) throw notBuilt(reference, 'The engine has no image');
  if (revision !== undefined && found.labels['org.opencontainers.image.revision'] !== revision) {
    throw notBuilt(reference, `The engine's image was built from another commit:`);
  }
  return {
    format: 1,
    id: found.id,
    repository: plan.image.repository,
    ...(plan.image.also && { also: plan.image.also }),
    tags: plan.version.tags,
    ...(plan.version.moving && { moving: plan.version.moving }),
    version: plan.version.version,
    kind: plan.project.kind,
    size: found.size,
    ...(revision !== undefined && { revision }),
  };
}

function notBuilt(reference: string, what: string): Failure {
  return new Failure('push.image-missing', {
    message: `${what} ${reference}`,
    where: reference,
    remedy: 'Build it first, with the same settings: slipway build. Or do both: slipway ship.',
  });
}
