import { BlockList, isIP } from 'node:net';

/** Where a registry is asked: its API's host and the repository's path there. */
export interface RegistryPlace {
  /** `host[:port]`. */
  readonly host: string;
  readonly path: string;
}

/** Docker Hub's API has another name than the registry's, and its official images a path that is not written. */
export function placeOf(repository: string, registry: string | undefined): RegistryPlace {
  const path = registry === undefined ? repository : repository.slice(registry.length + 1);
  if (registry !== undefined && !isDockerHub(registry)) return { host: registry, path };
  return { host: 'registry-1.docker.io', path: path.includes('/') ? path : `library/${path}` };
}

/** Undefined is the registry of names without one. */
export function isDockerHub(registry: string | undefined): boolean {
  return registry === undefined || /^(index\.|registry-1\.)?docker\.io$/.test(registry);
}

/** A name of this machine, to which clear text is no disclosure; the engine treats the same names so. */
export function isLoopback(host: string): boolean {
  const name = hostname(host);
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name);
}

const inner = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  inner.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  inner.addSubnet(net, bits, 'ipv6');
}

/**
 * An address that only machines of an inner network have, or this machine's own. A registry outside that sends us to one is
 * using us to reach what it cannot reach itself.
 */
export function isInner(host: string): boolean {
  const name = hostname(host);
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const family = isIP(name);
  return family !== 0 && inner.check(name, family === 4 ? 'ipv4' : 'ipv6');
}

/** `host[:port]` without its port, and an IPv6 address without its brackets. */
function hostname(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
