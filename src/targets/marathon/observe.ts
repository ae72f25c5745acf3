import type { ActualService } from '../../core/target.js';
import { isBefore, type LiveService, type ServiceId } from './live-service.js';
import type { MarathonClient } from './marathon-client.js';
import { imagesOf } from './read-images.js';

/** So many older versions are looked up for their image; a rollout has one or two. */
const mostVersions = 3;

/** What runs now: images of the tasks, also of those of an older version, and what is going on. Undefined: there is no such service. */
export async function observeService(marathon: MarathonClient, service: ServiceId): Promise<ActualService | undefined> {
  const deployments = await marathon.listDeployments();
  const live = await marathon.find(service);
  if (live === undefined) return undefined;
  const old = live.tasks.flatMap(({ version }) =>
    version !== undefined && isBefore(version, live.configSince) ? [version] : [],
  );
  const images = new Set(live.tasks.length > old.length ? live.images : []);
  for (const version of [...new Set(old)].slice(0, mostVersions)) {
    const definition = await marathon.readVersion(service, version);
    for (const image of (definition && imagesOf(definition, service)) ?? []) images.add(image);
  }
  const going = deployments.some(({ affects }) => affects.includes(service.id)) || live.deployments.length > 0;
  const running = live.tasks.filter((task) => task.running).length;
  return {
    images: [...images],
    running,
    wanted: live.wanted,
    state: await describeState(marathon, live, going, running),
  };
}

async function describeState(
  marathon: MarathonClient,
  live: LiveService,
  going: boolean,
  running: number,
): Promise<string> {
  const unwell = live.tasks.filter((task) => task.running && task.health !== 'alive').length;
  const missing = live.wanted - running;
  const parts = [
    ...(going ? ['updating'] : []),
    ...(missing > 0 ? [`${missing} of ${live.wanted} tasks not running`] : []),
    ...(unwell > 0 ? [`${unwell} not known to be healthy`] : []),
  ];
  const reasons = missing > 0 ? await marathon.explainQueue(live.id).catch(() => []) : [];
  const why = reasons.length > 0 ? `: ${reasons.join(', ')}` : '';
  return parts.length === 0 ? 'steady' : `${parts.join(', ')}${why}`;
}
