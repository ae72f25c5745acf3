import { stopGraceOf } from './definition.js';
import { requireRunning } from './join.js';
import { findServer, servingOf, tellState, withdrawServer, writeServers } from './placement.js';
import { InstanceFailure, type Site } from './site.js';
import { type Instance, isServing, type Snapshot } from './snapshot.js';

const pauseMilliseconds = 100;
/** How often in a row a server must be found without a request: one may be on its way to it. */
const idleWanted = 2;
/** A successor that dies is seen within this time at the latest, as long as going back costs nothing. */
const settleMilliseconds = 1_000;

/**
 * Take a container out of service without cutting a request: the file first, so that HAProxy never begins with a server that is about
 * to go; then drain, until it works on nothing or `drain` is over; then it is out, and its container is stopped and kept. `successors`
 * must stay up all the while: throws `InstanceFailure` when one does not, and the server then still drains. Where HAProxy lost one (it was
 * reloaded), the container takes requests again and the answer is false: the next look at all of it says what is to be done.
 */
export async function retireInstance(
  site: Site,
  instance: Instance,
  now: Snapshot,
  successors: readonly Instance[],
): Promise<boolean> {
  const { context, service } = site;
  const { server } = instance;
  await writeServers(
    site,
    servingOf(now).filter((each) => each.name !== server?.name),
  );
  if (server !== undefined) {
    if (!(await drain(site, server.name, successors))) return false;
    await withdrawServer(site, server);
  }
  context.progress.info(`stop ${instance.name}`);
  await site.engine.stop(instance.id, stopGraceOf(service), context.signal);
  return true;
}

/** False: a successor was lost. */
async function drain(site: Site, name: string, successors: readonly Instance[]): Promise<boolean> {
  const { clock, context, service } = site;
  if (await isOneLost(site, successors)) return false;
  await tellState(site, name, 'drain');
  const begun = clock.now();
  let idle = 0;
  for (;;) {
    if (await isOneLost(site, successors)) {
      await tellState(site, name, 'ready');
      return false;
    }
    const server = await findServer(site, name);
    // A reload in the middle: the file no longer had it, so it is out already; what the old process works on, that one finishes.
    if (server === undefined) return true;
    if (server.admin === 'ready') await tellState(site, name, 'drain');
    idle = server.sessions === 0 ? idle + 1 : 0;
    const waited = clock.now() - begun;
    if (idle >= idleWanted && waited >= settleMilliseconds) return true;
    if (waited > Math.max(service.drain * 1000, settleMilliseconds)) {
      if (server.sessions > 0) {
        context.progress.warn(
          `${name} still works on ${server.sessions} requests after ${service.drain} s: they are cut`,
        );
      }
      return true;
    }
    context.progress.status(`deploy ${service.id}: ${name} still works on ${server.sessions} requests`);
    await clock.sleep(pauseMilliseconds, context.signal);
  }
}

/** Throws `InstanceFailure` where one of them does not run or does not pass its check. */
async function isOneLost(site: Site, instances: readonly Instance[]): Promise<boolean> {
  for (const each of instances) {
    await requireRunning(site, each);
    const server = each.server && (await findServer(site, each.server.name));
    if (server?.admin !== 'ready' || server.port !== each.port) return true;
    if (server.up) continue;
    const lines = await site.engine.lastLines(each.id, site.context.signal);
    throw new InstanceFailure(`HAProxy's check of ${server.name} failed after it had passed`, lines);
  }
  return false;
}

/** What takes requests and is not the one that goes. */
export function successorsOf(now: Snapshot, instance: Instance, definition: string): readonly Instance[] {
  return now.instances.filter((each) => isServing(each) && each !== instance && each.definition === definition);
}
