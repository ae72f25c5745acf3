import type { BackendSection } from './config-document.js';
import type { Container } from './engine.js';
import type { LiveServer } from './runtime.js';
import type { Site } from './site.js';

/** A container, and the server by which HAProxy reaches it. */
export interface Instance extends Container {
  readonly server?: LiveServer;
}

/** All that there is of a service at one moment, on the engine, in the running HAProxy and in its file. */
export interface Snapshot {
  readonly instances: readonly Instance[];
  /** Servers of ours that take or finish requests, and behind which no container of ours is. */
  readonly strays: readonly LiveServer[];
  /** Servers of ours that may be taken: slots in maintenance. */
  readonly free: readonly LiveServer[];
  readonly section: BackendSection;
}

/** A container that was never put into service carries it: whatever died, it can go. */
const unprovedSuffix = '-new';

export function unprovedName(name: string): string {
  return `${name}${unprovedSuffix}`;
}

export function provedName(name: string): string {
  return name.endsWith(unprovedSuffix) ? name.slice(0, -unprovedSuffix.length) : name;
}

export function isProved(container: Container): boolean {
  return !container.name.endsWith(unprovedSuffix);
}

export async function takeSnapshot(site: Site): Promise<Snapshot> {
  const { signal } = site.context;
  const [containers, live, section] = await Promise.all([
    site.engine.list(site.identity, signal),
    site.runtime.servers(site.service.backend, signal),
    site.section(),
  ]);
  const ours = (live ?? []).filter((server) => isOurs(site, section, server.name));
  const instances = containers.map((container): Instance => {
    const server = ours.filter((each) => isServerOf(each, container)).sort(byUse)[0];
    return { ...container, ...(server && { server }) };
  });
  const known = new Set(instances.filter((each) => each.running).map((each) => each.server?.name));
  const strays = ours.filter((each) => !known.has(each.name) && (each.admin !== 'maint' || site.mode === 'dynamic'));
  const free = ours.filter((each) => each.admin === 'maint' && !known.has(each.name));
  return { instances, strays, free: site.mode === 'slots' ? free : [], section };
}

/** Whether HAProxy gives the container requests. */
export function isServing(instance: Instance): boolean {
  return instance.running && instance.server?.admin === 'ready';
}

/** A server between our marks, or one whose name only we give. */
function isOurs(site: Site, section: BackendSection, name: string): boolean {
  return section.lines.some((line) => line.name === name) || isNameOf(site.service.id, name);
}

/** `<service>-<12 hex digits>-<4 letters or digits>`. */
function isNameOf(service: string, name: string): boolean {
  return name.startsWith(`${service}-`) && /^[0-9a-f]{12}-[a-z0-9]{4}$/.test(name.slice(service.length + 1));
}

function isServerOf(server: LiveServer, container: Container): boolean {
  return server.port === container.port && server.address === container.address;
}

function byUse(left: LiveServer, right: LiveServer): number {
  const order = { ready: 0, drain: 1, maint: 2 } as const;
  return order[left.admin] - order[right.admin];
}
