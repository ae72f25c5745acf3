import type { Image, Plan } from '../../core/plan.js';
import { buildImage, referenceOf } from '../../run/build-image.js';
import { openBuildSite, openEngineEarly } from '../build-site.js';
import { formatBytes } from '../format.js';
import { followOrMakePlan } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import { contextOf, type World } from '../world.js';
import { writeResult } from '../write-result.js';

/** `slipway build`: build, pack, try; the image stays in the engine. */
export async function runBuild(world: World): Promise<CommandResult> {
  const opening = openEngineEarly(world);
  const plan = await followOrMakePlan(world, { deploy: false });
  const engine = await opening;
  const built = await buildImage(plan, await openBuildSite(world, plan, engine), contextOf(world));
  if (world.options.out !== undefined) await writeResult(world, world.options.out, 'image', built.image);
  return {
    text: `${referenceOf(plan)}  ${formatBytes(built.image.size)}\n`,
    json: { ...built.image, milliseconds: built.milliseconds },
    outputs: imageOutputs(plan, built.image),
  };
}

/** The outputs that an image has before it is in a registry. */
export function imageOutputs(plan: Plan, image: Image): NonNullable<CommandResult['outputs']> {
  return { version: image.version, tags: image.tags.join(','), image: referenceOf(plan), kind: image.kind };
}
