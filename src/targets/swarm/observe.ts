import type { ActualService } from '../../core/target.js';
import { describeTasks } from './convergence.js';
import type { SwarmClient } from './swarm-client.js';

/** What the Swarm has of a service right now; undefined: it has none of this name. */
export async function observeService(
  swarm: SwarmClient,
  name: string,
  signal: AbortSignal,
): Promise<ActualService | undefined> {
  const service = await swarm.findService(name, signal);
  if (service === undefined) return undefined;
  const tasks = await swarm.listTasks(service.ID, signal);
  const running = tasks.filter((task) => task.DesiredState === 'running' && task.Status.State === 'running');
  const images = running.flatMap((task) => task.Spec.ContainerSpec?.Image ?? []);
  const troubled = describeTasks(name, tasks);
  const update = service.UpdateStatus?.State;
  const state = [...(update === undefined || update === 'completed' ? [] : [update]), ...troubled.slice(0, 3)];
  return {
    images: [...new Set(images)].sort(),
    running: running.length,
    wanted: service.Spec.Mode.Replicated?.Replicas ?? running.length + troubled.length,
    state: state.length === 0 ? 'steady' : state.join('; '),
  };
}
