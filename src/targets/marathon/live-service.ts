import type { z } from 'zod';
import type { appSchema, podStatusSchema } from './marathon-replies.js';

/** Which app or pod. */
export interface ServiceId {
  readonly kind: 'app' | 'pod';
  /** Absolute: `/shop/web`. */
  readonly id: string;
}

/** An app or a pod as Marathon has it, in one form. */
export interface LiveService extends ServiceId {
  readonly version: string;
  /** Tasks of versions before this one are outdated: scaling makes a new version, and replaces nothing. */
  readonly configSince: string;
  readonly wanted: number;
  /** Whether health checks are declared. */
  readonly checked: boolean;
  /** Image of an app; images of a pod's containers, in order. */
  readonly images: readonly string[];
  readonly tasks: readonly LiveTask[];
  /** Deployments that hold it, as far as it says itself. */
  readonly deployments: readonly string[];
  /** Tasks that ended badly. */
  readonly failures: readonly LiveFailure[];
  /** Tasks whose readiness check says no, with its answer. */
  readonly notReady: readonly string[];
}

export interface LiveTask {
  readonly id: string;
  readonly version?: string;
  readonly host?: string;
  readonly running: boolean;
  /** `unknown`: a check that has not answered yet. Without checks it is `alive`. */
  readonly health: 'alive' | 'unknown' | 'dead';
}

export interface LiveFailure {
  readonly task: string;
  readonly version: string;
  readonly text: string;
}

type App = z.infer<typeof appSchema>;
type PodStatus = z.infer<typeof podStatusSchema>;

/** An app with its embedded tasks. */
export function liveApp(app: App): LiveService {
  const image = app.container?.docker?.image;
  const checks = app.healthChecks?.length ?? 0;
  const failure = app.lastTaskFailure;
  return {
    kind: 'app',
    id: app.id,
    version: app.version,
    configSince: app.versionInfo?.lastConfigChangeAt ?? app.version,
    wanted: app.instances,
    checked: checks > 0,
    images: image === undefined ? [] : [image],
    tasks: app.tasks.map(({ id, version, host, state, healthCheckResults }) => ({
      id,
      ...(version !== undefined && { version }),
      ...(host !== undefined && { host }),
      running: state === undefined || state === 'TASK_RUNNING',
      health: healthOf(
        (healthCheckResults ?? []).map((each) => each?.alive),
        checks,
      ),
    })),
    deployments: app.deployments.map(({ id }) => id),
    failures: failure?.version
      ? [
          {
            task: failure.taskId ?? failure.message ?? '',
            version: failure.version,
            text: `${failure.state ?? ''} ${failure.message ?? ''}`.trim(),
          },
        ]
      : [],
    notReady: (app.readinessCheckResults ?? [])
      .filter(({ ready }) => !ready)
      .map(({ name, lastResponse }) => {
        const answer = lastResponse?.status === undefined ? '' : ` answers ${lastResponse.status}`;
        const body = lastResponse?.body ? ` (${lastResponse.body.slice(0, 80)})` : '';
        return `${name ?? 'readiness check'}${answer}${body}`;
      }),
  };
}

/** No result yet is not known, and not known is not healthy; fewer results than checks are results that are missing. */
function healthOf(results: readonly (boolean | undefined)[], checks: number): LiveTask['health'] {
  if (results.includes(false)) return 'dead';
  return results.filter((alive) => alive === true).length >= checks ? 'alive' : 'unknown';
}

/**
 * A pod's status. An instance is `STABLE` when its containers run and their checks are well. Its terminations name no version:
 * those of instances that began after this version was made are of it.
 */
export function livePod(status: PodStatus): LiveService {
  const { spec } = status;
  const states = { STABLE: 'alive', DEGRADED: 'dead' } as const;
  return {
    kind: 'pod',
    id: status.id,
    version: spec.version,
    configSince: spec.version,
    wanted: spec.scaling?.instances ?? 1,
    checked: spec.containers.some((each) => 'healthCheck' in each && each.healthCheck != null),
    images: spec.containers.flatMap(({ image }) => image?.id ?? []),
    tasks: (status.instances ?? []).map(({ id, status: state, specReference, agentHostname }) => {
      const version = specReference?.split('::versions/')[1];
      return {
        id,
        ...(version !== undefined && { version }),
        ...(agentHostname != null && { host: agentHostname }),
        running: state === 'STABLE' || state === 'DEGRADED',
        health: state === 'STABLE' || state === 'DEGRADED' ? states[state] : 'unknown',
      };
    }),
    deployments: [],
    failures: (status.terminationHistory ?? [])
      .filter(({ startedAt }) => startedAt !== undefined && isBefore(spec.version, startedAt))
      .map(({ instanceID, message }) => ({ task: instanceID, version: spec.version, text: message ?? 'it ended' })),
    notReady: [],
  };
}

/** Whether one of Marathon's timestamps is before another. */
export function isBefore(left: string, right: string): boolean {
  return Date.parse(left) < Date.parse(right);
}
