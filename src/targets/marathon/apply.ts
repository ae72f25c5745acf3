import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';
import type { Expectation } from './convergence.js';
import type { AppDefinition } from './definition.js';
import type { MarathonClient } from './marathon-client.js';
import type { LiveApp } from './marathon-replies.js';

/** What a PUT led to. */
export interface Applied {
  readonly changed: boolean;
  readonly expected: Expectation;
}

const pollMilliseconds = 1_000;
const lostAnswers = 5;

/**
 * PUT the whole definition. A locked app is waited for, never forced; a lost answer is judged by what Marathon then has,
 * so that nothing is deployed twice. Marathon has no compare-and-set: a change by somebody else between our reading and
 * our PUT is overwritten. Throws `deploy.refused` when the lock outlasts the deadline, `deploy.superseded`.
 */
export async function applyDefinition(
  marathon: MarathonClient,
  definition: AppDefinition,
  deadline: number,
  clock: Clock,
  context: RunContext,
): Promise<Applied> {
  const before = await marathon.findApp(definition.id);
  let lost = 0;
  for (;;) {
    const result = await marathon.putApp(definition.id, definition.body);
    if (result.state === 'accepted') return accept(marathon, definition, before, result.version, result.deployment);
    if (result.state === 'locked') {
      context.progress.status(`deploy ${definition.id}: locked by deployment ${result.deployments.join(', ')}`);
      if (clock.now() >= deadline) throw stillLocked(definition, result.deployments);
    } else if (++lost >= lostAnswers) {
      throw new Failure('deploy.orchestrator', {
        message: `Marathon does not take the definition of '${definition.id}': ${result.reason}`,
      });
    }
    await clock.sleep(pollMilliseconds, context.signal);
    const landed = await findLanded(marathon, definition, before, result.state === 'unknown');
    if (landed !== undefined) return landed;
  }
}

/** Marathon stores before it answers: an app that keeps its version had this definition already. */
async function accept(
  marathon: MarathonClient,
  definition: AppDefinition,
  before: LiveApp | undefined,
  version: string,
  deployment: string,
): Promise<Applied> {
  if (before === undefined) return { changed: true, expected: { version, deployment } };
  const now = await marathon.findApp(definition.id).catch(() => undefined);
  const unchanged = now !== undefined && now.version === before.version && imageOf(now) === definition.image;
  return { changed: !unchanged, expected: { version: unchanged ? before.version : version, deployment } };
}

async function findLanded(
  marathon: MarathonClient,
  definition: AppDefinition,
  before: LiveApp | undefined,
  isOurs: boolean,
): Promise<Applied | undefined> {
  const now = await marathon.findApp(definition.id).catch(() => undefined);
  if (now === undefined || now.version === before?.version) return undefined;
  if (imageOf(now) === definition.image)
    return isOurs ? { changed: true, expected: { version: now.version } } : undefined;
  throw new Failure('deploy.superseded', {
    message: `Somebody else changed '${definition.id}' meanwhile: its image is now ${imageOf(now) ?? 'none'}`,
    remedy: 'Deploy again if this version is the one that shall run.',
  });
}

function imageOf(app: LiveApp): string | undefined {
  return app.container?.docker?.image;
}

function stillLocked(definition: AppDefinition, deployments: readonly string[]): Failure {
  return new Failure('deploy.refused', {
    message: `'${definition.id}' is still locked by another deployment (${deployments.join(', ')})`,
    where: definition.id,
    remedy: 'Wait for it, or end it in Marathon; Slipway never forces its way past another deployment.',
    candidates: deployments,
  });
}
