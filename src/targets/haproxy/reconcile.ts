import { Failure } from '../../core/failure.js';
import type { Definition } from './definition.js';
import { createInstance, joinInstance, requireRunning } from './join.js';
import { disagreement, servingOf, tellState, withConfigLock, withdrawServer, writeServers } from './placement.js';
import { retireInstance, successorsOf } from './retire.js';
import { InstanceFailure, type Site } from './site.js';
import { type Instance, isProved, isServing, type Snapshot, takeSnapshot } from './snapshot.js';
import { nextStep, type Step, type Wanted } from './steps.js';

/** Where a service is to get to. */
export interface Goal {
  /** Id of the definition. */
  readonly definition: string;
  readonly instances: number;
  /** What more containers are made from; undefined: only those there are may be used. */
  readonly make?: Definition;
  /** Id of a definition whose containers are removed when they are out, not kept. */
  readonly discard?: string;
  /** On the clock. */
  readonly deadline: number;
}

/** Far more steps than a rollout has; it stands between a fault and a loop without end. */
const stepsPerInstance = 20;
const instancesKept = 50;

/**
 * Step by step to the goal, each step decided from what there is at that moment. Ends when the file, the running HAProxy and the
 * engine agree. Throws `InstanceFailure` where a container does not come up or does not stay up, and what the parts throw.
 */
export async function reconcile(site: Site, goal: Goal): Promise<Snapshot> {
  await withConfigLock(site, () => site.config.sweep());
  let now = await takeSnapshot(site);
  const serving = now.instances.filter(isServing).length;
  const wanted: Wanted = { ...goal, floor: Math.max(goal.instances, goal.discard === undefined ? serving : 0) };
  const most = stepsPerInstance * (goal.instances + now.instances.length + now.strays.length + 2);
  for (let count = 0; ; count++) {
    const step = nextStep(now, wanted, site.mode === 'slots' ? now.free.length : Number.POSITIVE_INFINITY);
    if (step.do === 'nothing') break;
    if (count > most) throw new InstanceFailure(`containers of ${site.service.id} do not stay up`, []);
    await takeStep(site, goal, step, now);
    now = await takeSnapshot(site);
  }
  await writeServers(site, servingOf(now));
  await pruneKept(site, goal, now);
  return agreed(site, goal);
}

/** Containers that were being drained take requests again, at once and unasked: they did a moment ago. */
export async function resumeDraining(site: Site, definition: string): Promise<void> {
  const now = await takeSnapshot(site);
  for (const { definition: theirs, running, server } of now.instances) {
    if (theirs === definition && running && server?.admin === 'drain' && server.up)
      await tellState(site, server.name, 'ready');
  }
}

async function takeStep(site: Site, goal: Goal, step: Step, now: Snapshot): Promise<void> {
  const { context, engine } = site;
  switch (step.do) {
    case 'withdraw':
      await writeServers(site, servingOf(now));
      return withdrawServer(site, step.server);
    case 'discard':
      context.progress.info(`remove ${step.instance.name}, which was never put into service`);
      if (step.instance.server !== undefined) await withdrawServer(site, step.instance.server);
      return engine.remove(step.instance.id, context.signal);
    case 'stop':
    case 'retire':
      return retire(site, goal, step.instance, now);
    case 'resume':
      return tellState(site, step.server.name, 'ready');
    case 'join':
      return rejoin(site, goal, step.instance, now);
    case 'create': {
      if (goal.make === undefined) throw new InstanceFailure('the containers that ran before are gone', []);
      return joinInstance(site, await createInstance(site, goal.make), now, goal.deadline);
    }
    case 'nothing':
      return;
  }
}

async function retire(site: Site, goal: Goal, instance: Instance, now: Snapshot): Promise<void> {
  const isOut = await retireInstance(site, instance, now, successorsOf(now, instance, goal.definition));
  if (isOut && instance.definition === goal.discard) await site.engine.remove(instance.id, site.context.signal);
}

/** A container that there is already; where it does not come up and another can be made, it is no reason to fail. */
async function rejoin(site: Site, goal: Goal, instance: Instance, now: Snapshot): Promise<void> {
  try {
    await joinInstance(site, instance, now, goal.deadline);
  } catch (error) {
    const own = error instanceof InstanceFailure || (error instanceof Failure && error.code === 'deploy.orchestrator');
    if (!own || goal.make === undefined || site.clock.now() > goal.deadline) throw error;
    site.context.progress.warn(`${instance.name} does not come up again (${error.message}): it is replaced`);
    await site.engine.remove(instance.id, site.context.signal);
  }
}

/** Of the stopped containers the last version's stay, as many as may be needed to go back to it; older ones go. */
async function pruneKept(site: Site, goal: Goal, now: Snapshot): Promise<void> {
  const stopped = now.instances.filter((each) => !each.running);
  const others = stopped
    .filter((each) => each.definition !== goal.definition && each.definition !== goal.discard && isProved(each))
    .sort((left, right) => (left.endedAt < right.endedAt ? 1 : -1));
  const last = others.filter((each) => each.definition === others[0]?.definition).slice(0, instancesKept);
  for (const each of stopped.filter((one) => !last.includes(one))) {
    await site.engine.remove(each.id, site.context.signal);
  }
}

/** Read everything once more: what is true now is what counts. */
async function agreed(site: Site, goal: Goal): Promise<Snapshot> {
  const now = await takeSnapshot(site);
  const serving = now.instances.filter(isServing);
  for (const each of serving) await requireRunning(site, each);
  const different = disagreement(now);
  const wrong = serving.filter((each) => each.definition !== goal.definition).length;
  if (different === undefined && wrong === 0 && serving.length === goal.instances) return now;
  throw new Failure('deploy.stuck', {
    message: `HAProxy's file and what runs do not agree: ${different ?? `${serving.length} of ${goal.instances} containers take requests`}`,
    where: site.config.path,
    remedy: 'Somebody else may be changing this backend. Run the same command again.',
  });
}
