import { getNodeValue } from 'jsonc-parser';
import { Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import { parseMarathon } from './app-document.js';
import { findService } from './template.js';

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
  const document = parseMarathon(plan.template, template);
  if (document === undefined)
    throw new Failure('deploy.no-match', { message: 'This is not a Marathon file', where: plan.template });
  const service = findService(document, plan.service);
  const where = `${plan.template}:${document.lineOf(service.node.offset)}`;
  if (service.type === 'pod') {
    throw new Failure('deploy.unsupported', {
      message: `'${service.id}' is a pod; Slipway rewrites pods, and rolls out apps`,
      where,
      remedy: 'Keep it in a repository that something else rolls out, or make it an app.',
    });
  }
  const value: unknown = getNodeValue(service.node);
  const body = Object.fromEntries(Object.entries(value as object).filter(([key]) => !readOnlyKeys.includes(key)));
  return { id: service.id, image: String(service.image?.value ?? ''), body: { ...body, id: service.id } };
}
