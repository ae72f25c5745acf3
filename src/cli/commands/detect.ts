import { detectionJson } from '../detection-json.js';
import { detect } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/**
 * `slipway detect`: what the project is, and why. A program gets the facts; a person gets the page of `slipway explain`, as
 * both ask the same question.
 */
export async function runDetect(world: World): Promise<CommandResult> {
  if (!world.options.json) return (await import('./explain.js')).detectForPerson(world);
  const project = await detect(world);
  return { text: '', json: detectionJson(project), outputs: { kind: project.kind } };
}
