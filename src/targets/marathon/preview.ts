import type { RolloutPreview } from '../../core/target.js';
import { absoluteId } from './app-document.js';
import { describeDifferences, differences } from './compare.js';
import { type Definition, withoutReadOnly } from './definition.js';
import type { JsonObject, MarathonClient } from './marathon-client.js';

/**
 * What a rollout would do. Only groups can be planned by Marathon itself (`dryRun`): the service's own group is read, the new definition
 * put in, and Marathon asked for the steps. A service at the root is compared by us: the root group is everybody's.
 */
export async function previewRollout(marathon: MarathonClient, definition: Definition): Promise<RolloutPreview> {
  const { unit, service } = definition;
  const stored = await marathon.read(unit);
  const lines = stored === undefined ? [] : describeDifferences(differences(withoutReadOnly(stored), definition.body));
  const plan = await planOnServer(marathon, definition);
  if (plan === undefined) {
    const change = stored === undefined ? 'create' : lines.length === 0 ? 'none' : 'update';
    return { change, by: 'compared', lines };
  }
  const steps = plan.filter(({ id }) => unit.kind === 'group' || id === service.id);
  const creates = steps.some(({ action, id }) => action.startsWith('Start') && id === service.id);
  const change = creates ? 'create' : steps.length === 0 ? 'none' : 'update';
  return { change, by: 'server', lines: [...lines, ...steps.map(({ action, id }) => `${action}  ${id}`)] };
}

async function planOnServer(marathon: MarathonClient, { unit, service, body }: Definition) {
  if (unit.kind === 'group') return marathon.planGroup(unit.id, body);
  const parent = absoluteId(service.id.split('/').slice(0, -1).join('/'));
  if (parent === '/') return undefined;
  const group = await marathon.read({ kind: 'group', id: parent });
  return marathon.planGroup(parent, withMember(withoutReadOnly(group ?? {}), parent, service, body));
}

/** A group with this app or pod in it, in the place of the one with its id. */
function withMember(group: JsonObject, parent: string, service: Definition['service'], body: JsonObject): JsonObject {
  const key = `${service.kind}s`;
  const members: readonly JsonObject[] = Array.isArray(group[key]) ? group[key] : [];
  const others = members.filter((each) => absoluteId(String(each.id), parent) !== service.id);
  return { ...group, id: parent, [key]: [...others, body] };
}
