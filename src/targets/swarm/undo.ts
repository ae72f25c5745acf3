import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { AppliedRollout } from '../../core/target.js';
import type { Clock } from '../clock.js';
import { type Applied, applySpec } from './apply.js';
import type { DesiredService } from './desired-service.js';
import type { RegistryAuth } from './engine-call.js';
import { parseSpec, type SwarmClient } from './swarm-client.js';

/**
 * Send the spec that the rollout replaced; the Swarm's own `rollback` is not asked for it, since an automatic rollback
 * forgets what it went back to (swarmkit, updater.go clears PreviousSpec). The same twice is `unchanged`. Throws `deploy.refused`
 * where there was nothing before, `deploy.superseded` where the Swarm has neither our version nor the one before.
 */
export async function undoService(
  swarm: SwarmClient,
  desired: DesiredService,
  applied: AppliedRollout,
  findAuth: (image: string) => Promise<RegistryAuth | undefined>,
  clock: Clock,
  context: RunContext,
): Promise<Applied> {
  const before = applied.before === undefined ? undefined : parseSpec(applied.before);
  const image = before?.TaskTemplate.ContainerSpec?.Image;
  if (before === undefined || image === undefined) {
    throw new Failure('deploy.refused', {
      message: `There is no version before of '${desired.name}' that could run again`,
      where: desired.name,
      remedy: `Deploy another version, or remove the service: docker service rm ${desired.name}`,
    });
  }
  const undone = await applySpec(
    swarm,
    {
      name: desired.name,
      complete: () => before,
      review: (live) => {
        const now = live.Spec.TaskTemplate.ContainerSpec?.Image;
        if (now === desired.image || now === image) return;
        throw new Failure('deploy.superseded', {
          message: `Somebody else changed '${desired.name}': its image is now ${now ?? 'none'}`,
          where: desired.name,
          remedy: 'Leave it as it is, or deploy the version that shall run.',
        });
      },
    },
    await findAuth(image),
    clock,
    context,
  );
  context.progress.info(`${undone.change === 'unchanged' ? 'already back' : 'went back'} to ${image}`);
  return undone;
}
