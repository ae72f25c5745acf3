import type { Plan } from '../../core/plan.js';
import { hasOpenEnvironment } from '../choices.js';
import { makePlan } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import { makeStandalone } from '../standalone.js';
import { requireSources, type World } from '../world.js';
import { writeResult } from '../write-result.js';

/** `slipway preview`: the Dockerfile, or the whole plan; nothing is built. */
export async function runPreview(world: World): Promise<CommandResult> {
  if (world.options.standalone) return previewStandalone(world);
  const plan = await makePlan(world, { deploy: !hasOpenEnvironment(await world.settings()) });
  if (world.options.out !== undefined) await writeResult(world, world.options.out, 'plan', plan);
  await tellChanges(world, plan);
  const { version, tags } = plan.version;
  return {
    text: plan.image.dockerfile,
    json: plan,
    outputs: { kind: plan.project.kind, version, tags: tags.join(',') },
  };
}

/** On stderr: what is printed is the Dockerfile. */
async function tellChanges(world: World, plan: Plan): Promise<void> {
  if (plan.deployments.length === 0) return;
  const { diffPlan } = await import('../deployment-diff.js');
  for (const line of (await diffPlan(world, plan)).trimEnd().split('\n')) world.progress.info(line);
}

async function previewStandalone(world: World): Promise<CommandResult> {
  requireSources(world);
  const { kind, ...files } = await makeStandalone(world);
  return { text: files.dockerfile, json: { format: 1, ...files }, outputs: { kind } };
}
