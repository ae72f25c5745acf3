import { Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import { findNode, placeOf, plainOf } from '../../formats/text-tree.js';
import { onlyService } from '../template-format.js';
import { marathonServices, parseMarathon } from './app-document.js';

/** An app's definition, ready to PUT. */
export interface AppDefinition {
  readonly id: string;
  readonly image: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What Marathon adds to an app when it is read; a `version` in a PUT would mean "roll back to it". */
const readOnlyKeys: readonly string[] = [
  'version',
  'versionInfo',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'tasksStats',
  'taskStats',
  'deployments',
  'lastTaskFailure',
  'readinessCheckResults',
];

/**
 * The plan's app from its template. Throws `deploy.unsupported` for a pod, `deploy.no-match`, `deploy.ambiguous-match`,
 * `deploy.template-invalid`.
 */
export function readDefinition(plan: DeploymentPlan, template: string): AppDefinition {
  const tree = parseMarathon(plan.template, template);
  const service = tree && onlyService({ noun: 'app', services: marathonServices }, tree, plan.service, undefined);
  const node = tree && service && findNode(tree, tree.roots[0], ...service.definition);
  if (tree === undefined || service === undefined || node === undefined)
    throw new Failure('deploy.no-match', { message: 'This is not a Marathon file', where: plan.template });
  if (service.type === 'pod') {
    throw new Failure('deploy.unsupported', {
      message: `'${service.id}' is a pod; Slipway rewrites pods, and rolls out apps`,
      where: placeOf(tree, node.start),
      remedy: 'Keep it in a repository that something else rolls out, or make it an app.',
    });
  }
  const body = Object.fromEntries(Object.entries(plainOf(node) ?? {}).filter(([key]) => !readOnlyKeys.includes(key)));
  return { id: service.id, image: service.image ?? service.written ?? '', body: { ...body, id: service.id } };
}
