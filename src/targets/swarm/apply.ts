import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { Clock } from '../clock.js';
import type { DesiredService } from './desired-service.js';
import { EngineRefusal, type RegistryAuth } from './engine-call.js';
import type { Data } from './fields.js';
import { completeSpec, isSameSpec } from './spec.js';
import type { LiveService, SwarmClient } from './swarm-client.js';

/** What `applySpec` did, and the service as the Swarm had it right after. */
export interface Applied {
  readonly change: 'created' | 'updated' | 'unchanged';
  readonly service: LiveService;
  /** The spec before, where there was a service. */
  readonly before?: LiveService['Spec'];
}

/** A spec that the Swarm shall have. */
export interface WantedSpec {
  readonly name: string;
  /** The whole spec to send, given what the Swarm has. */
  readonly complete: (live: LiveService | undefined) => Data;
  /** Throws where what the Swarm has must be left alone. */
  readonly review: (live: LiveService) => void;
}

/** What a stack file wants of a service. */
export function wantedOf(desired: DesiredService, networkIds: readonly string[]): WantedSpec {
  return {
    name: desired.name,
    complete: (live) => completeSpec(desired, networkIds, live),
    review: (live) => refuseForeign(desired, live),
  };
}

const attempts = 6;

/**
 * Create or update the service. A refused or lost update is judged by what the Swarm then has, never by the refusal's
 * text ("update out of sequence" is a plain 500): ours arrived; only the version moved (the Swarm's own bookkeeping
 * does that), so it is sent again; or somebody else changed the spec. Throws `deploy.superseded`, `deploy.refused`,
 * `deploy.unsupported`, `deploy.orchestrator`.
 */
export async function applySpec(
  swarm: SwarmClient,
  wanted: WantedSpec,
  auth: RegistryAuth | undefined,
  clock: Clock,
  context: RunContext,
): Promise<Applied> {
  let seen: LiveService | undefined = await swarm.findService(wanted.name, context.signal);
  const before = seen && { before: seen.Spec };
  let sent = false;
  let refusal: EngineRefusal | undefined;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const spec = wanted.complete(seen);
    if (seen !== undefined) wanted.review(seen);
    if (seen !== undefined && isSameSpec(spec, seen.Spec) && !isHalted(seen, sent)) {
      return { change: sent ? 'updated' : 'unchanged', service: seen, ...before };
    }
    refusal = await send(swarm, seen, spec, auth, context);
    sent = true;
    const now = await swarm.findService(wanted.name, context.signal);
    // Accepted, though the daemon's form of the spec may be one that we do not know to be the same: the image tells.
    if (now !== undefined && (refusal === undefined || isSameSpec(wanted.complete(now), now.Spec))) {
      return { change: seen === undefined ? 'created' : 'updated', service: now, ...before };
    }
    refuseChanged(wanted.name, seen, now);
    if (refusal?.status !== undefined && refusal.status < 500 && refusal.status !== 409) break;
    seen = now;
    await clock.sleep(100 * attempt + Math.random() * 200, context.signal);
  }
  throw cannotApply(wanted.name, refusal);
}

async function send(
  swarm: SwarmClient,
  seen: LiveService | undefined,
  spec: Data,
  auth: RegistryAuth | undefined,
  context: RunContext,
): Promise<EngineRefusal | undefined> {
  try {
    if (seen === undefined) await swarm.createService(spec, auth, context.signal);
    else await swarm.updateService(seen, spec, auth, context.signal);
    return undefined;
  } catch (error) {
    if (error instanceof EngineRefusal) return error;
    throw error;
  }
}

/** An update that stopped halfway stays stopped although the spec is ours: sending the same spec again resumes it. */
function isHalted(service: LiveService, sent: boolean): boolean {
  return !sent && /^(?:paused|rollback_paused)$/.test(service.UpdateStatus?.State ?? '');
}

function refuseForeign(desired: DesiredService, live: LiveService): void {
  const namespace = live.Spec.Labels?.['com.docker.stack.namespace'];
  if (namespace !== desired.stack) {
    throw new Failure('deploy.refused', {
      message: `There is a service '${desired.name}' that does not belong to the stack '${desired.stack}'`,
      remedy: `Remove or rename it (docker service inspect ${desired.name}), or choose another stack name.`,
    });
  }
  const mode = live.Spec.Mode.Replicated === undefined ? 'global' : 'replicated';
  if (mode !== desired.mode) {
    throw new Failure('deploy.unsupported', {
      message: `Service '${desired.name}' is ${mode} and the template wants it ${desired.mode}; Swarm cannot change that`,
      remedy: `Remove it first: docker service rm ${desired.name}`,
    });
  }
}

function refuseChanged(name: string, seen: LiveService | undefined, now: LiveService | undefined): void {
  const before = seen && JSON.stringify(seen.Spec);
  const after = now && JSON.stringify(now.Spec);
  // Nothing there before means a create that failed or lost a race; the next attempt updates what is there now.
  if (before === undefined || before === after) return;
  throw new Failure('deploy.superseded', {
    message: `Somebody else ${now === undefined ? 'removed' : 'changed'} the service '${name}' at the same time`,
    remedy: 'Look at what it runs now, and deploy again if this version is the one that shall run.',
  });
}

function cannotApply(name: string, refusal: EngineRefusal | undefined): Failure {
  const refused = refusal?.status !== undefined && refusal.status < 500;
  const said = refusal?.message ?? 'no answer';
  return new Failure(refused ? 'deploy.refused' : 'deploy.orchestrator', {
    message: `Swarm did not take the service '${name}': ${said}`,
    ...(refusal?.status === 503 && { remedy: 'Deploy through a manager node of a Swarm (docker node ls).' }),
    cause: refusal,
  });
}
