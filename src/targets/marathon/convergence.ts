import { isBefore, type LiveService, type LiveTask } from './live-service.js';
import type { LiveDeployment } from './marathon-client.js';

/** One look at what is rolled out. */
export type Verdict =
  | { readonly state: 'waiting'; readonly text: string }
  | { readonly state: 'running'; readonly text: string; readonly tasks: string }
  | { readonly state: 'failed'; readonly text: string }
  | { readonly state: 'superseded'; readonly text: string };

export interface Expectation {
  /** The version that the app, pod or group has when our definition is in force. */
  readonly version: string;
  /** Our deployment; undefined where Marathon's answer was lost. */
  readonly deployment?: string;
  /** In a group, an app that did not change keeps an older version. */
  readonly olderIsOurs: boolean;
}

/** What a watch has seen so far; `judge` reads it, `remember` adds to it. */
export interface WatchMemory {
  /** Tasks of our version that ended badly, and how. */
  readonly ended: Map<string, string>;
  /** How often a task of our version was healthy, and then was not. */
  readonly flaps: Map<string, number>;
  readonly healthy: Set<string>;
}

export function emptyMemory(): WatchMemory {
  return { ended: new Map(), flaps: new Map(), healthy: new Set() };
}

/** So many tasks that end, or health checks that come and go, are a pattern; one may be an accident. */
const tooOften = 3;

/**
 * Judge by Slipway's own rules. Marathon lists a deployment late and drops it when it succeeded, failed, was cancelled
 * or superseded: its absence alone says nothing. Success is: no deployment of the service, our version in force, as many tasks of it
 * running as instances are wanted, each declared health check reporting alive, and no older task.
 */
export function judge(
  expected: Expectation,
  services: readonly (LiveService | undefined)[],
  deployments: readonly LiveDeployment[],
  memory: WatchMemory,
): Verdict {
  const verdicts = services.map((service) => judgeService(expected, service, deployments, memory));
  const bad = verdicts.find(({ state }) => state === 'superseded') ?? verdicts.find(({ state }) => state === 'failed');
  if (bad !== undefined) return bad;
  const text = verdicts.map((each) => each.text).join('; ');
  const running = verdicts.flatMap((each) => (each.state === 'running' ? [each.tasks] : []));
  return running.length === verdicts.length
    ? { state: 'running', text, tasks: running.join() }
    : { state: 'waiting', text };
}

/** Note what a look tells of the past: the tasks of our version that ended, and those that were healthy and are not. */
export function remember(expected: Expectation, service: LiveService | undefined, memory: WatchMemory): void {
  if (service === undefined) return;
  for (const { task, version, text } of service.failures) {
    if (version === expected.version) memory.ended.set(task, text);
  }
  for (const { id, version, health } of service.tasks) {
    if (version === undefined || isBefore(version, service.configSince)) continue;
    if (health === 'alive') memory.healthy.add(id);
    if (health === 'dead' && memory.healthy.delete(id)) memory.flaps.set(id, (memory.flaps.get(id) ?? 0) + 1);
  }
}

function judgeService(
  expected: Expectation,
  service: LiveService | undefined,
  deployments: readonly LiveDeployment[],
  memory: WatchMemory,
): Verdict {
  if (service === undefined) return { state: 'superseded', text: 'it was removed while it was being rolled out' };
  if (isForeign(expected, service.version)) {
    const image = service.images.join(', ') || 'none';
    return { state: 'superseded', text: `its version is now ${service.version}, its image ${image}` };
  }
  if (memory.ended.size >= tooOften) {
    const last = [...memory.ended.values()].at(-1);
    return { state: 'failed', text: `its tasks ended ${memory.ended.size} times: ${last}` };
  }
  const flaps = [...memory.flaps.values()].reduce((sum, each) => sum + each, 0);
  if (flaps >= tooOften) {
    return { state: 'failed', text: `its health comes and goes: healthy tasks failed their checks ${flaps} times` };
  }
  return judgeTasks(expected, service, deployments);
}

function isForeign(expected: Expectation, version: string): boolean {
  return expected.olderIsOurs ? isBefore(expected.version, version) : version !== expected.version;
}

function judgeTasks(expected: Expectation, service: LiveService, deployments: readonly LiveDeployment[]): Verdict {
  const current = service.tasks.filter((task) => !isOutdated(task, service));
  const well = current.filter((task) => task.running && task.health === 'alive');
  const old = service.tasks.length - current.length;
  const text = `${well.length}/${service.wanted} tasks running${service.checked ? ' and healthy' : ''}`;
  if (old > 0) return { state: 'waiting', text: `${text}, ${old} of the version before` };
  if (service.notReady.length > 0)
    return { state: 'waiting', text: `${text}, not ready: ${service.notReady.join(', ')}` };
  const goesOn =
    service.deployments.length > 0 ||
    deployments.some(({ id, affects }) => id === expected.deployment || affects.includes(service.id));
  if (goesOn) return { state: 'waiting', text: `${text}, the deployment goes on` };
  if (well.length !== service.wanted || current.length !== service.wanted) return { state: 'waiting', text };
  const tasks = well.map((task) => task.id).sort();
  return { state: 'running', text, tasks: tasks.join() };
}

/** A task that names no version is not known to be ours. */
function isOutdated(task: LiveTask, service: LiveService): boolean {
  return task.version === undefined || isBefore(task.version, service.configSince);
}
