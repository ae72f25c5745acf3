import { resolve } from 'node:path';
import type { Image, Plan, Release } from '../core/plan.js';
import { writeTextFile } from '../io/text-files.js';
import { formatHandOver } from '../plan/hand-over.js';
import type { World } from './world.js';

/** Write a hand-over file, whole or not at all, and say so. */
export async function writeResult(
  world: World,
  file: string,
  name: string,
  value: Plan | Image | Release,
): Promise<void> {
  await writeTextFile(resolve(file), formatHandOver(value));
  world.progress.info(`${name} written to ${file}`);
}
