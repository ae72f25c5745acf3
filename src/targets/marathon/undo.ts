import { Failure } from '../../core/failure.js';
import type { AppliedRollout, RolloutJob, RolloutResult } from '../../core/target.js';
import { type ApplyOptions, applyDefinition } from './apply.js';
import { differences } from './compare.js';
import { type Definition, withoutReadOnly } from './definition.js';
import type { JsonObject, MarathonClient } from './marathon-client.js';
import { objectSchema } from './marathon-replies.js';
import { askPatiently } from './patience.js';
import { imagesOf } from './read-images.js';
import { watchRollout } from './watch.js';

/**
 * PUT what was there before as a new version, and wait until it runs. The deployment that is undone holds the lock, and is forced away,
 * which is said; any other one is waited for. `DELETE /v2/deployments` is not used: its revert is not awaited, and can leave nothing
 * running. Throws `deploy.refused` where there was nothing before, `deploy.superseded` where somebody else has changed it since.
 */
export async function undoRollout(
  marathon: MarathonClient,
  job: RolloutJob,
  applied: AppliedRollout,
  definition: Definition,
  options: ApplyOptions,
): Promise<RolloutResult> {
  const before = objectSchema.safeParse(applied.before);
  if (!before.success) throw nothingBefore(definition, applied);
  const body = withoutReadOnly(before.data);
  const { clock, context } = options;
  const live = await askPatiently(() => marathon.find(definition.service), clock, context.signal);
  const stored = await askPatiently(() => marathon.read(definition.unit), clock, context.signal);
  const isBack = stored !== undefined && differences(withoutReadOnly(stored), body).length === 0;
  if (!isBack && live?.version !== applied.reference.version && definition.unit.kind !== 'group') {
    throw new Failure('deploy.superseded', {
      message: `'${definition.unit.id}' is not what this rollout left: its version is ${live?.version ?? 'none'}, and it is not put back`,
      where: definition.unit.id,
      remedy: 'Look at who changed it; deploy the version that shall run.',
    });
  }
  const back = previousDefinition(definition, body);
  const { deployment: ours } = applied.reference;
  context.progress.info(`deploy ${definition.unit.id}: putting back ${back.image || 'what was there before'}`);
  const force = options.force === 'any' ? 'any' : ours === undefined ? [] : [ours];
  const put = await applyDefinition(marathon, back, { ...options, force });
  const expected = {
    version: put.version,
    olderIsOurs: definition.unit.kind === 'group',
    ...(put.deployment !== undefined && { deployment: put.deployment }),
  };
  const watched = { name: `${definition.unit.id} (undo)`, services: back.members, expected };
  const evidence = await watchRollout(marathon, watched, { timeoutSeconds: job.plan.timeoutSeconds, clock, context });
  return { outcome: put.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence };
}

function previousDefinition(definition: Definition, body: JsonObject): Definition {
  const [image = ''] = imagesOf(body, definition.service) ?? [];
  const members = definition.members.filter((each) => imagesOf(body, each) !== undefined);
  return { ...definition, body, serviceBody: body, image, members };
}

function nothingBefore({ unit }: Definition, applied: AppliedRollout): Failure {
  const unchanged = applied.change === 'unchanged';
  return new Failure('deploy.refused', {
    message: unchanged
      ? `The rollout of '${unit.id}' changed nothing: there is nothing to go back to`
      : `'${unit.id}' was not there before this rollout: there is nothing to go back to`,
    where: unit.id,
    remedy: unchanged ? 'Deploy the version that shall run.' : 'Remove it in Marathon if it shall not run.',
  });
}
