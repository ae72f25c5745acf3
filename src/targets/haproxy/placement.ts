import { Failure } from '../../core/failure.js';
import {
  type BackendSection,
  findBackend,
  hostPort,
  listBackends,
  renderServers,
  renderSlots,
  type ServerAddress,
} from './config-document.js';
import { withHostLock } from './lock.js';
import type { LiveServer } from './runtime.js';
import type { Site } from './site.js';
import { type Instance, isServing, provedName, type Snapshot } from './snapshot.js';

/** Longest time until HAProxy lets go of a server that has no requests any more. */
const removableMilliseconds = 10_000;

/**
 * Give the container a server that HAProxy checks and sends nothing to: one is added, or a free slot is taken. The server is in
 * drain: its health checks run, and no request can reach a container that has not passed one. Returns its name. Throws
 * `deploy.orchestrator` where HAProxy does not do it.
 */
export async function placeServer(site: Site, instance: Instance, now: Snapshot): Promise<string> {
  const { backend } = site.service;
  const { signal } = site.context;
  const name = instance.server?.name ?? (site.mode === 'dynamic' ? provedName(instance.name) : now.free[0]?.name);
  if (name === undefined) throw noSlot(site, now.section);
  const at = hostPort(instance);
  const said =
    site.mode === 'slots'
      ? await site.runtime.tell(`set server ${backend}/${name} addr ${instance.address} port ${instance.port}`, signal)
      : instance.server === undefined
        ? await site.runtime.tell(`add server ${backend}/${name} ${at} ${site.service.server}`, signal)
        : '';
  // A server that was added is not checked until it is told so; one that has no check says so, which is fine.
  await site.runtime.tell(`enable health ${backend}/${name}`, signal);
  await tellState(site, name, 'drain');
  const server = await findServer(site, name);
  if (server?.port === instance.port && server.address === instance.address && server.admin === 'drain') return name;
  throw notDone(site, `take the server ${name} at ${at}`, said);
}

/** Tell HAProxy a server's state. */
export async function tellState(site: Site, name: string, state: LiveServer['admin']): Promise<void> {
  const said = await site.runtime.tell(
    `set server ${site.service.backend}/${name} state ${state}`,
    site.context.signal,
  );
  const server = await findServer(site, name);
  // A reload in between has taken away what only the running HAProxy knew; who waits for the server finds that out.
  if (server === undefined || server.admin === state) return;
  throw notDone(site, `set the server ${name} to ${state}`, said);
}

/** Undefined: HAProxy has no such server (any more). */
export async function findServer(site: Site, name: string): Promise<LiveServer | undefined> {
  const servers = await site.runtime.servers(site.service.backend, site.context.signal);
  return servers?.find((each) => each.name === name);
}

/** Take a server out: nothing reaches it any more, what it still works on is cut; a slot stays, an added server is deleted. */
export async function withdrawServer(site: Site, server: LiveServer): Promise<void> {
  const { backend } = site.service;
  const { signal } = site.context;
  await tellState(site, server.name, 'maint');
  if ((await findServer(site, server.name))?.sessions) {
    await site.runtime.tell(`shutdown sessions server ${backend}/${server.name}`, signal);
  }
  if (site.mode === 'slots') return;
  const deadline = site.clock.now() + removableMilliseconds;
  let said = '';
  while ((await findServer(site, server.name)) !== undefined) {
    if (site.clock.now() > deadline) throw notDone(site, `delete the server ${server.name}`, said);
    said = await site.runtime.tell(`del server ${backend}/${server.name}`, signal);
    if ((await findServer(site, server.name)) !== undefined) await site.clock.sleep(50, signal);
  }
}

/** Make the file say that a restart begins with these servers. */
export async function writeServers(site: Site, serving: readonly ServerAddress[]): Promise<void> {
  const edit = () => site.config.edit((text) => renderConfig(site, text, serving), site.context.signal);
  const changed = await withConfigLock(site, edit);
  if (changed) site.context.progress.info(`${site.config.path}: ${serving.map(describe).join(', ') || 'no server'}`);
}

/** One writer of the file at a time: other services of the host have their lines in it too. */
export function withConfigLock<T>(site: Site, work: () => Promise<T>): Promise<T> {
  return withHostLock(`the file ${site.config.path}`, 60_000, site.clock, site.context, work);
}

/** The file's text with these servers. Throws `deploy.refused`. */
export function renderConfig(site: Site, text: string, serving: readonly ServerAddress[]): string {
  const section = requireBackend(site, text);
  if (site.mode === 'slots') return renderSlots(section, serving);
  return renderServers(section, serving, site.service.server);
}

/** Servers that take requests, as the file is to have them. */
export function servingOf(now: Snapshot): readonly ServerAddress[] {
  return now.instances.filter(isServing).map((each) => ({
    name: each.server?.name ?? '',
    address: each.address,
    port: each.port,
  }));
}

/** Where the file and the running HAProxy differ in the service's servers; undefined: they agree. */
export function disagreement(now: Snapshot): string | undefined {
  const file = now.section.lines
    .filter((line) => !line.disabled)
    .map(describe)
    .sort();
  const running = servingOf(now).map(describe).sort();
  if (file.join() === running.join()) return undefined;
  return `the file has ${file.join(', ') || 'no server'}, and running are ${running.join(', ') || 'none'}`;
}

/** Throws `deploy.refused` where the file has no such backend. */
export function requireBackend(site: Pick<Site, 'service' | 'config'>, text: string): BackendSection {
  const { backend, id } = site.service;
  const section = findBackend(site.config.path, text, backend, id);
  if (section !== undefined) return section;
  throw new Failure('deploy.refused', {
    message: `HAProxy's configuration has no backend '${backend}'`,
    where: site.config.path,
    remedy: `Add 'backend ${backend}' and what routes to it, and reload HAProxy once; Slipway adds the servers. Or set 'backend' of the service.`,
    candidates: listBackends(text),
  });
}

function describe(server: ServerAddress): string {
  return `${server.name} ${hostPort(server)}`;
}

function noSlot(site: Site, section: BackendSection): Failure {
  return new Failure('deploy.refused', {
    message: `Every slot of backend '${site.service.backend}' is taken (${section.lines.map((line) => line.name).join(', ')})`,
    where: site.config.path,
    remedy: `Declare at least ${site.service.instances + 1} slots: one more than instances.`,
  });
}

function notDone(site: Site, what: string, said: string): Failure {
  return new Failure('deploy.orchestrator', {
    message: `HAProxy ${site.version} did not ${what}${said === '' ? '' : `: ${said.split('\n')[0]}`}`,
    where: `backend ${site.service.backend}`,
    remedy:
      "The socket must have level admin; servers can only be added where the backend's 'balance' and 'hash-type' allow it.",
  });
}
