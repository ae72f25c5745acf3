import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import type { Clock } from '../clock.js';
import { openConfigFile } from './config-file.js';
import { identityOf } from './definition.js';
import { openEngine, type PullCredentials } from './engine.js';
import type { HostDocument, HostService } from './host-document.js';
import { requireBackend } from './placement.js';
import { openRuntime } from './runtime.js';
import type { Mode, Site } from './site.js';

/** Connect to the host's HAProxy and engine. Throws `deploy.orchestrator` where HAProxy is away, `deploy.refused` where its file is. */
export async function openSite(
  host: HostDocument,
  service: HostService,
  docker: Docker,
  credentials: PullCredentials | undefined,
  clock: Clock,
  context: RunContext,
): Promise<Site> {
  const runtime = openRuntime(host.haproxy.socket);
  const version = await runtime.version(context.signal);
  const config = await openConfigFile(host.haproxy.config, host.haproxy.program);
  return {
    host,
    service,
    identity: identityOf(service),
    runtime,
    version,
    mode: modeOf(version),
    engine: openEngine(docker, credentials),
    config,
    clock,
    context,
    section: async () => requireBackend({ service, config }, await config.read()),
  };
}

/**
 * Servers are added at run time from 3.0 on: that release has all of it (checks, and deletion that can wait for the last
 * connection) out of its experimental state.
 */
export function modeOf(version: string): Mode {
  return Number.parseInt(version, 10) >= 3 ? 'dynamic' : 'slots';
}
