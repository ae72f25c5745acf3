import { Failure } from '../../core/failure.js';
import { member, numberMember, textMember } from '../../formats/json-member.js';
import type { DesiredService } from './desired-service.js';
import type { SwarmClient } from './swarm-client.js';

/**
 * An update that could never end: `start-first` starts the new task beside the old one, and a port published with
 * `mode: host` can be held by one of them on a node. With no node to spare the new task is pending for ever, which
 * Swarm does not call a failure (swarmkit, orchestrator/update/updater.go waits without a timeout). Throws `deploy.refused`.
 */
export async function refuseImpossible(
  swarm: SwarmClient,
  desired: DesiredService,
  signal: AbortSignal,
): Promise<void> {
  const ports = hostPorts(desired);
  if (ports.length === 0 || orderOf(desired) !== 'start-first') return;
  const live = await swarm.findService(desired.name, signal);
  if (live === undefined) return;
  const nodes = await swarm.countNodes(signal);
  const tasks = desired.mode === 'global' ? nodes : (desired.replicas ?? live.Spec.Mode.Replicated?.Replicas ?? 1);
  if (nodes > tasks) return;
  throw new Failure('deploy.refused', {
    message: `The update of '${desired.name}' could never end: 'order: start-first' needs a node on which port ${ports.join(', ')} is free, and ${tasks} tasks hold it on all ${nodes} nodes that take tasks`,
    where: desired.name,
    remedy: "Set 'order: stop-first' in update_config, publish the port through the ingress network, or add a node.",
  });
}

function hostPorts(desired: DesiredService): readonly number[] {
  const ports = member(desired.rest.EndpointSpec, 'Ports');
  if (!Array.isArray(ports)) return [];
  return ports.flatMap((port: unknown) => {
    const published = numberMember(port, 'PublishedPort');
    return published !== undefined && textMember(port, 'PublishMode') === 'host' ? [published] : [];
  });
}

function orderOf(desired: DesiredService): string | undefined {
  return textMember(desired.rest.UpdateConfig, 'Order');
}
