import type { LiveApp, LiveTask } from './marathon-replies.js';

/** One look at an app. */
export type Verdict =
  | { readonly state: 'waiting'; readonly text: string }
  | { readonly state: 'running'; readonly text: string; readonly tasks: string }
  | { readonly state: 'failed'; readonly text: string }
  | { readonly state: 'superseded'; readonly text: string };

export interface Expectation {
  /** The version that the app has when our definition is in force. */
  readonly version: string;
  /** Our deployment; undefined where Marathon's answer was lost. */
  readonly deployment?: string;
}

/**
 * Judge an app by Slipway's own rules. Marathon lists a deployment late and drops it when it succeeded, failed, was
 * cancelled or superseded: its absence alone says nothing. Success is: no deployment of the app, our version in force,
 * as many tasks of it running as instances are wanted, each declared health check reporting alive, and no older task.
 */
export function judge(
  expected: Expectation,
  app: LiveApp | undefined,
  deployments: readonly string[],
  failedTasks: number,
): Verdict {
  if (app === undefined) return { state: 'failed', text: 'the app was removed while it was being rolled out' };
  if (app.version !== expected.version) {
    const image = app.container?.docker?.image ?? 'none';
    return { state: 'superseded', text: `the app's version is now ${app.version}, its image ${image}` };
  }
  const failure = app.lastTaskFailure;
  if (failedTasks >= 3) {
    return {
      state: 'failed',
      text: `its tasks ended ${failedTasks} times: ${failure?.state ?? ''} ${failure?.message ?? ''}`.trim(),
    };
  }
  return judgeTasks(expected, app, deployments);
}

function judgeTasks(expected: Expectation, app: LiveApp, deployments: readonly string[]): Verdict {
  const since = app.versionInfo?.lastConfigChangeAt ?? app.version;
  const current = app.tasks.filter((task) => task.version !== undefined && task.version >= since);
  const running = current.filter((task) => task.state === undefined || task.state === 'TASK_RUNNING');
  const checks = app.healthChecks?.length ?? 0;
  const well = running.filter((task) => isHealthy(task, checks));
  const old = app.tasks.length - current.length;
  const text = `${well.length}/${app.instances} tasks running${checks > 0 ? ' and healthy' : ''}`;
  if (old > 0) return { state: 'waiting', text: `${text}, ${old} of the version before` };
  const mine = expected.deployment !== undefined && deployments.includes(expected.deployment);
  if (mine || app.deployments.length > 0) return { state: 'waiting', text: `${text}, the deployment goes on` };
  if (well.length !== app.instances || current.length !== app.instances) return { state: 'waiting', text };
  return {
    state: 'running',
    text,
    tasks: well
      .map((task) => task.id)
      .sort()
      .join(),
  };
}

/** No result yet is not known, and not known is not healthy. */
function isHealthy(task: LiveTask, checks: number): boolean {
  const results = task.healthCheckResults ?? [];
  return (
    results.filter((result) => result?.alive === true).length >= checks &&
    !results.some((result) => result?.alive === false)
  );
}
