import { readCiFacts } from '../io/ci.js';
import type { World } from './world.js';

/** Why this run builds and does not push, in one sentence without a full stop; undefined: it pushes. */
export async function whyNotPushed(world: World): Promise<string | undefined> {
  const { image, version } = (await world.settings()).values;
  if (image.push === 'always' || version.ci === 'none') return undefined;
  const { fork, queued } = readCiFacts(world.environment);
  if (queued) return 'the run tries a merge, which is no commit of a branch yet (image.push)';
  if (fork) return 'the run is of a fork, and has no secrets (image.push)';
  return undefined;
}
