import { assembleStandalone, type StandaloneFiles } from '../plan/assemble.js';
import { loadBuildStage, reviewOwnTemplates } from './kind-template.js';
import { readPlanInput } from './make-plan.js';
import type { World } from './world.js';

/** The standalone Dockerfile and its .dockerignore, and the kind they are for. Throws as `makePlan`. */
export async function makeStandalone(world: World): Promise<StandaloneFiles & { readonly kind: string }> {
  const input = await readPlanInput(world);
  const stage = loadBuildStage(world, await world.settings());
  const files = assembleStandalone(input, stage.text);
  reviewOwnTemplates(world, [input.template, stage], files.dockerfile, 'standalone');
  return { ...files, kind: input.project.kind };
}
