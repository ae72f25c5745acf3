import { Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import { findNode, hasMask, invalidTemplate, placeOf, plainOf, type TextTree } from '../../formats/text-tree.js';
import { onlyService } from '../template-format.js';
import { absoluteId, marathonServices, parseMarathon } from './app-document.js';
import type { ServiceId } from './live-service.js';
import type { JsonObject, UnitId } from './marathon-client.js';

/** What is PUT, and what is watched then. */
export interface Definition {
  /** An app, a pod, or the template's whole group. */
  readonly unit: UnitId;
  /** The app or pod that has the image. */
  readonly service: ServiceId;
  readonly image: string;
  readonly body: JsonObject;
  /** The service's own definition: the same as `body` where no group is rolled out. */
  readonly serviceBody: JsonObject;
  /** The apps and pods of `body`. */
  readonly members: readonly ServiceId[];
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
 * The plan's app or pod from its template; with the option `group`, the whole group that the template is. Throws
 * `deploy.no-match`, `deploy.ambiguous-match`, `deploy.template-invalid`, `settings.invalid` for a template that is no group.
 */
export function readDefinition(plan: DeploymentPlan, template: string): Definition {
  const tree = parseMarathon(plan.template, template);
  const root = tree?.roots[0];
  const found = tree && onlyService({ noun: 'app', services: marathonServices }, tree, plan.service, undefined);
  const node = tree && found && findNode(tree, root, ...found.definition);
  if (tree === undefined || found === undefined || root === undefined || node === undefined)
    throw new Failure('deploy.no-match', { message: 'This is not a Marathon file', where: plan.template });
  const isGroup = plan.options.group === 'true';
  const rolledOut = isGroup ? root : node;
  if (hasMask(tree, rolledOut.start, rolledOut.end)) throw unfilled(tree, rolledOut.start);
  const service: ServiceId = { kind: found.type, id: found.id.split('#')[0] ?? '' };
  const image = found.image ?? found.written ?? '';
  const serviceBody = { ...withoutReadOnly(plainOf(node)), id: service.id };
  if (isGroup) return { ...readGroup(plan, tree, plainOf(root)), service, image, serviceBody };
  return { unit: service, service, image, body: serviceBody, serviceBody, members: [service] };
}

/** What is rolled out is what stands in the file: a masked placeholder would be sent. */
function unfilled(tree: TextTree, offset: number): Failure {
  return invalidTemplate(
    placeOf(tree, offset),
    'This template has placeholders, and is no JSON until they are filled in',
    'Slipway rewrites it; roll out what it is filled in to.',
  );
}

function readGroup(
  plan: DeploymentPlan,
  tree: TextTree,
  group: unknown,
): Pick<Definition, 'unit' | 'body' | 'members'> {
  const body = withoutReadOnly(group);
  if (
    typeof body.id !== 'string' ||
    absoluteId(body.id) === '/' ||
    !('apps' in body || 'groups' in body || 'pods' in body)
  ) {
    throw new Failure('settings.invalid', {
      message: 'A whole group is to be rolled out, and the template is no group with an id',
      where: plan.template,
      remedy: `Take deploy.environments.${plan.environment}.group out, or make the template a group below the root.`,
    });
  }
  const services = marathonServices(tree).map(({ type, id }) => ({ kind: type, id: id.split('#')[0] ?? '' }));
  const members = services.filter(({ id }, index) => services.findIndex((each) => each.id === id) === index);
  return { unit: { kind: 'group', id: absoluteId(body.id) }, body: { ...body, id: absoluteId(body.id) }, members };
}

/**
 * A definition that can be PUT: without what Marathon adds when it is read, in an app, a pod, or a group and all that is in it.
 */
export function withoutReadOnly(definition: unknown): JsonObject {
  const entries = typeof definition === 'object' && definition !== null ? Object.entries(definition) : [];
  const kept = entries.filter(([key]) => !readOnlyKeys.includes(key));
  return Object.fromEntries(
    kept.map(([key, value]) =>
      ['apps', 'pods', 'groups'].includes(key) && Array.isArray(value)
        ? [key, value.map(withoutReadOnly)]
        : [key, value],
    ),
  );
}
