import type { LiveServer } from './runtime.js';
import { type Instance, isProved, isServing, type Snapshot } from './snapshot.js';

/** What a service is to be. */
export interface Wanted {
  /** Id of the definition that its containers have. */
  readonly definition: string;
  readonly instances: number;
  /** As many containers must take requests all the time, as long as there are as many. */
  readonly floor: number;
}

/** The next thing to do. */
export type Step =
  | { readonly do: 'withdraw'; readonly server: LiveServer }
  | { readonly do: 'discard'; readonly instance: Instance }
  | { readonly do: 'stop'; readonly instance: Instance }
  | { readonly do: 'join'; readonly instance: Instance }
  | { readonly do: 'resume'; readonly server: LiveServer }
  | { readonly do: 'create' }
  | { readonly do: 'retire'; readonly instance: Instance }
  | { readonly do: 'nothing' };

/**
 * Decide from what there is, and from nothing else: a run that was killed at any moment is gone on with by looking again. Pure.
 * `places`: how many more servers HAProxy can take.
 */
export function nextStep(now: Snapshot, wanted: Wanted, places: number): Step {
  const unfinished = finishFirst(now, wanted);
  if (unfinished !== undefined) return unfinished;
  const serving = now.instances.filter(isServing);
  const good = serving.filter((each) => each.definition === wanted.definition && each.server?.up !== false);
  const kept = good.slice(0, wanted.instances);
  const others = serving.filter((each) => !kept.includes(each));
  const [surplus] = others;
  const candidate = now.instances.filter((each) => isCandidate(each, wanted)).sort(byReadiness)[0];
  const noPlace = places === 0 && candidate?.server === undefined;
  if (surplus !== undefined && (good.length >= wanted.instances || serving.length > wanted.floor || noPlace)) {
    return { do: 'retire', instance: surplus };
  }
  if (good.length < wanted.instances) {
    return candidate === undefined ? { do: 'create' } : { do: 'join', instance: candidate };
  }
  return candidate?.running ? { do: 'retire', instance: candidate } : { do: 'nothing' };
}

/** What a killed run left half done, and what died: cleared away before anything new is begun. */
function finishFirst(now: Snapshot, wanted: Wanted): Step | undefined {
  const [stray] = now.strays;
  if (stray !== undefined) return { do: 'withdraw', server: stray };
  const halfMade = now.instances.find((each) => !isProved(each));
  if (halfMade !== undefined) return { do: 'discard', instance: halfMade };
  const foreign = now.instances.filter((each) => each.running && each.definition !== wanted.definition);
  const draining = foreign.find((each) => each.server?.admin === 'drain');
  if (draining?.server !== undefined) {
    // What was to take its place may have died since: then it is needed for a while yet.
    const up = now.instances.filter((each) => isServing(each) && each.server?.up).length;
    const needed = draining.server.up && up < wanted.instances;
    return needed ? { do: 'resume', server: draining.server } : { do: 'retire', instance: draining };
  }
  const idle = foreign.find((each) => !isServing(each));
  return idle && { do: 'stop', instance: idle };
}

/** A container of the wanted definition that takes no requests: one that drains, one that was left running, or one that was kept. */
function isCandidate(instance: Instance, wanted: Wanted): boolean {
  return instance.definition === wanted.definition && !isServing(instance);
}

/** Who has a server already needs no place for another. */
function byReadiness(left: Instance, right: Instance): number {
  const [one, other] = [left, right].map((each) => each.running && each.server !== undefined);
  if (one !== other) return one ? -1 : 1;
  if (left.running !== right.running) return left.running ? -1 : 1;
  return left.endedAt < right.endedAt ? 1 : -1;
}
