import { randomInt } from 'node:crypto';
import { Failure } from '../../core/failure.js';
import type { Definition } from './definition.js';
import { type Container, isPortFree } from './engine.js';
import { withHostLock } from './lock.js';
import { findServer, placeServer, tellState } from './placement.js';
import { probe, probeThrough } from './probe.js';
import { InstanceFailure, type Site } from './site.js';
import { type Instance, provedName, type Snapshot, unprovedName } from './snapshot.js';

const passesWanted = 3;
const pauseMilliseconds = 100;
/** A backend whose servers have no health checks is not waited for. */
const uncheckedMilliseconds = 3_000;

/** Make and start a container on a free port of this host. Throws `InstanceFailure`, `deploy.refused`, `deploy.orchestrator`. */
export async function createInstance(site: Site, definition: Definition): Promise<Instance> {
  const { context, clock, host } = site;
  const name = `${site.service.id}-${definition.digest12}-${randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0')}`;
  // Who looks for a port holds the lock until a container has it.
  return withHostLock('ports', 60_000, clock, context, async () => {
    const tried = new Set<number>();
    for (;;) {
      const port = await findPort(site, tried);
      tried.add(port);
      const id = await site.engine.create(unprovedName(name), definition, port, site.service.networks, context.signal);
      try {
        await site.engine.start(id, context.signal);
      } catch (error) {
        await site.engine.remove(id, context.signal);
        // Somebody outside Slipway was faster: another port.
        if (await isPortFree(host.haproxy.address, port)) throw error;
        continue;
      }
      const made = await site.engine.inspect(id, context.signal);
      if (made === undefined) throw new InstanceFailure(`somebody removed the container ${name}`, []);
      context.progress.info(`started ${name} on ${definition.address}:${port}`);
      return made;
    }
  });
}

async function findPort(site: Site, tried: ReadonlySet<number>): Promise<number> {
  const { address, ports } = site.host.haproxy;
  const taken = await site.engine.takenPorts(site.context.signal);
  const size = ports.to - ports.from + 1;
  const first = randomInt(size);
  for (let offset = 0; offset < size; offset++) {
    const port = ports.from + ((first + offset) % size);
    if (!taken.has(port) && !tried.has(port) && (await isPortFree(address, port))) return port;
  }
  throw new Failure('deploy.refused', {
    message: `No port from ${ports.from} to ${ports.to} is free on this host`,
    remedy: "Widen 'haproxy.ports' in the host file.",
  });
}

/**
 * Bring a container into service: it is started where it is not, answers several times in a row and is not started anew by the engine
 * meanwhile, passes HAProxy's own check, and only then takes requests. Throws `InstanceFailure` where it does not get there until the
 * deadline; the container and its server are then as they are.
 */
export async function joinInstance(site: Site, instance: Instance, now: Snapshot, deadline: number): Promise<void> {
  const { context, engine } = site;
  if (!instance.running) await engine.start(instance.id, context.signal);
  const begun = (await engine.inspect(instance.id, context.signal)) ?? instance;
  await untilAnswering(site, begun, deadline);
  const server = await untilChecked(site, begun, () => placeServer(site, instance, now), deadline);
  const name = provedName(instance.name);
  if (name !== instance.name) await engine.rename(instance.id, name, context.signal);
  await tellState(site, server, 'ready');
  context.progress.info(`${name} takes requests as ${site.service.backend}/${server}`);
  await untilThrough(site, begun, deadline);
}

/** Throws `InstanceFailure` where the container has ended, or was started again by the engine since it was looked at. */
export async function requireRunning(site: Site, since: Container): Promise<void> {
  const now = await site.engine.inspect(since.id, site.context.signal);
  if (now?.running && now.restarts === since.restarts) return;
  const how =
    now === undefined
      ? 'was removed'
      : now.running || now.restarts !== since.restarts
        ? `was started again by the engine (its last exit code: ${now.exitCode})`
        : `ended with exit code ${now.exitCode}`;
  const lines = now === undefined ? [] : await site.engine.lastLines(since.id, site.context.signal);
  throw new InstanceFailure(`the container ${provedName(since.name)} ${how}`, lines);
}

/** The first question right away, then with growing pauses, so that a fast start is not waited for. */
async function untilAnswering(site: Site, container: Container, deadline: number): Promise<void> {
  let passes = 0;
  await poll(site, container, deadline, async () => {
    const wrong = await probe(container.address, container.port, site.service.health);
    passes = wrong === undefined ? passes + 1 : 0;
    return passes >= passesWanted ? undefined : (wrong ?? `answered ${passes} of ${passesWanted} times`);
  });
}

/** Returns the server's name. */
async function untilChecked(
  site: Site,
  container: Container,
  place: () => Promise<string>,
  deadline: number,
): Promise<string> {
  const begun = site.clock.now();
  let name = await place();
  await poll(site, container, deadline, async () => {
    const server = await findServer(site, name);
    // A reload has taken away what only the running HAProxy knew.
    if (server === undefined || server.admin === 'maint') name = await place();
    const unchecked = server?.hasCheck === false && site.clock.now() - begun > uncheckedMilliseconds;
    return server?.up && (server.checked || unchecked) ? undefined : `HAProxy's check of ${name} has not passed`;
  });
  return name;
}

async function untilThrough(site: Site, container: Container, deadline: number): Promise<void> {
  const { through } = site.service;
  if (through !== undefined) await poll(site, container, deadline, () => probeThrough(through));
}

/** `ask` answers undefined when it is well, else what is missing. */
async function poll(
  site: Site,
  container: Container,
  deadline: number,
  ask: () => Promise<string | undefined>,
): Promise<void> {
  for (;;) {
    await requireRunning(site, container);
    const missing = await ask();
    if (missing === undefined) return;
    if (site.clock.now() > deadline) {
      const lines = await site.engine.lastLines(container.id, site.context.signal);
      throw new InstanceFailure(`${provedName(container.name)} was not ready when the time was up: ${missing}`, lines);
    }
    site.context.progress.status(`deploy ${site.service.id}: ${missing}`);
    await site.clock.sleep(pauseMilliseconds, site.context.signal);
  }
}
