import { Failure } from '../../core/failure.js';
import { slotLines } from './config-document.js';
import { renderConfig, withConfigLock } from './placement.js';
import type { Site } from './site.js';
import type { Snapshot } from './snapshot.js';

/**
 * What can be known to go wrong by reading alone: no such backend, too few slots, no such network. Throws `deploy.refused`, `deploy.orchestrator`.
 */
export async function requirePlaces(site: Site, now: Snapshot): Promise<void> {
  const { context, engine, service } = site;
  const live = await site.runtime.servers(service.backend, context.signal);
  if (live === undefined) {
    throw new Failure('deploy.refused', {
      message: `The running HAProxy has no backend '${service.backend}', though its file has`,
      where: site.config.path,
      remedy: `Reload HAProxy once, or set 'haproxy.socket' and 'haproxy.config' to those of one and the same HAProxy.`,
    });
  }
  const missing = await engine.missingNetworks(service.networks, context.signal);
  if (missing.length > 0) {
    throw new Failure('deploy.refused', {
      message: `This host has no network ${missing.map((each) => `'${each}'`).join(', ')}`,
      remedy: `Make it once: docker network create ${missing[0]}`,
    });
  }
  if (site.mode === 'slots') requireSlots(site, now, new Set(live.map((each) => each.name)));
}

/** See that HAProxy would start with one more server of ours. Throws `deploy.refused` with what it says. */
export async function requireValidConfig(site: Site, now: Snapshot): Promise<void> {
  if (site.mode === 'slots') return;
  const { address, ports } = site.host.haproxy;
  const example = { name: `${site.service.id}-example`, address, port: ports.from };
  const text = renderConfig(site, now.section.text, [example]);
  await withConfigLock(site, () => site.config.validate(text, site.context.signal));
}

function requireSlots(site: Site, now: Snapshot, live: ReadonlySet<string>): void {
  const { service } = site;
  const wanted = service.instances + 1;
  const declared = now.section.lines.map((line) => line.name);
  const asleep = declared.filter((name) => !live.has(name));
  if (declared.length >= wanted && asleep.length === 0) return;
  const more = Math.max(wanted, service.instances * 2) - declared.length;
  const names = Array.from({ length: Math.max(more, 0) }, (_, index) => `${service.id}${declared.length + index + 1}`);
  throw new Failure('deploy.refused', {
    message:
      declared.length < wanted
        ? `HAProxy ${site.version} cannot add servers: ${wanted} slots are needed in backend '${service.backend}', and it declares ${declared.length}`
        : `The running HAProxy does not have the slots ${asleep.join(', ')} that its file declares`,
    where: site.config.path,
    remedy:
      declared.length < wanted
        ? 'Write the lines below into that backend (between the marks, where they are there), and reload HAProxy once.'
        : 'Reload HAProxy once.',
    ...(declared.length < wanted && { lastLines: slotLines(service.id, names, service.server, now.section.indent) }),
  });
}
