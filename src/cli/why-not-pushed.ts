import { readCiFacts } from '../io/ci.js';
import type { World } from './world.js';

/** Why this run builds and does not push, in one sentence without a full stop; undefined: it pushes. */
export async function whyNotPushed(world: World): Promise<string | undefined> {
  const { push, version } = (await world.settings()).values;
  if (push.when === 'always' || version.ci === 'none') return undefined;
  const { fork, queued } = readCiFacts(world.environment);
  if (queued) return 'the run tries a merge, which is no commit of a branch yet (push.when)';
  if (fork) return 'the run is of a fork, and has no secrets (push.when)';
  return undefined;
}
