import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import { parseImageReference, registryOf } from '../../core/image-name.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { AppliedRollout, Orchestrator, RolloutJob, RolloutResult } from '../../core/target.js';
import { type Clock, monotonicClock } from '../clock.js';
import { applyService } from './apply.js';
import { hasEnded } from './convergence.js';
import { type DesiredService, readDesiredService } from './desired-service.js';
import { EngineRefusal, type RegistryAuth } from './engine-call.js';
import { ensureNetworks } from './networks.js';
import { type LiveService, openSwarm, type SwarmClient } from './swarm-client.js';
import { watchService } from './watch.js';

/** A login for a registry, or the finished value of the Engine API's `X-Registry-Auth` (base64url of its JSON). */
export type RegistryLogin = { readonly username: string; readonly password: string } | { readonly base64: string };

/** What a Swarm rollout is given. */
export interface SwarmOptions {
  /** A client of a manager node's engine, or how to get one when it is needed. */
  readonly docker: Docker | (() => Promise<Docker>);
  /**
   * Who may pull from a registry (`host[:port]`; `docker.io` for Docker Hub). The Swarm keeps it, for later restarts on
   * other nodes; without it, what the service already has is kept.
   */
  readonly credentials?: (registry: string) => Promise<RegistryLogin | undefined>;
  readonly clock?: Clock;
}

/** Rolls a stack's service out on a Docker Swarm. `plan.options.stack` names the stack, or else the template's file name. */
export function createSwarmOrchestrator(options: SwarmOptions): Orchestrator {
  return {
    name: 'swarm',
    check(plan, template) {
      readDesired(plan, template);
    },
    apply: (job, context) => withSwarm(options, job, context, (swarm) => applyDesired(swarm, options, job, context)),
    watch: (job, applied, context) =>
      withSwarm(options, job, context, (swarm) => watchDesired(swarm, options, job, applied, context)),
  };
}

async function withSwarm<T>(
  options: SwarmOptions,
  job: RolloutJob,
  context: RunContext,
  work: (swarm: SwarmClient) => Promise<T>,
): Promise<T> {
  try {
    return await work(openSwarm(typeof options.docker === 'function' ? await options.docker() : options.docker));
  } catch (error) {
    context.signal.throwIfAborted();
    throw asFailure(error, job.plan.service);
  }
}

/** `update_config.monitor` is the template's own word for "long enough"; Swarm's default is 5 s. Longer ones are cut. */
const defaultMonitorMilliseconds = 5_000;
const longestHoldMilliseconds = 30_000;
const unchangedHoldMilliseconds = 1_000;

async function applyDesired(
  swarm: SwarmClient,
  options: SwarmOptions,
  job: RolloutJob,
  context: RunContext,
): Promise<AppliedRollout> {
  const clock = options.clock ?? monotonicClock;
  const desired = readDesired(job.plan, job.template);
  if (desired.image !== job.image) {
    throw new Failure('bug', { message: `The template has ${desired.image} and the release is ${job.image}` });
  }
  const networkIds = await ensureNetworks(swarm, desired.networks, context);
  const auth = await findAuth(options, desired.image);
  const endedBefore = await listEnded(swarm, desired.name, context);
  const { change, service } = await applyService(swarm, desired, networkIds, auth, clock, context);
  context.progress.info(`${change} service ${desired.name}`);
  const reference = {
    service: service.ID,
    template: JSON.stringify(service.Spec.TaskTemplate),
    updating: String(service.UpdateStatus?.State === 'updating'),
    ended: [...endedBefore].join(' '),
  };
  return { change, reference };
}

async function watchDesired(
  swarm: SwarmClient,
  options: SwarmOptions,
  job: RolloutJob,
  applied: AppliedRollout,
  context: RunContext,
): Promise<RolloutResult> {
  const clock = options.clock ?? monotonicClock;
  const desired = readDesired(job.plan, job.template);
  const { service: id = '', template = '', updating, ended = '' } = applied.reference;
  const service = await swarm.findService(id, context.signal);
  if (service === undefined) {
    throw new Failure('deploy.superseded', { message: `Somebody else removed the service '${desired.name}'` });
  }
  const unchanged = applied.change === 'unchanged';
  const expected = { image: desired.image, template, ignoreUpdateStatus: unchanged && updating !== 'true' };
  const watch = {
    service,
    expected,
    endedBefore: new Set(ended.split(' ')),
    holdMilliseconds: holdOf(service, unchanged),
    deadline: clock.now() + job.plan.timeoutSeconds * 1000,
  };
  const evidence = await watchService(swarm, watch, clock, context);
  return { outcome: unchanged ? 'nothing-to-do' : 'succeeded', evidence };
}

function holdOf(service: LiveService, unchanged: boolean): number {
  const monitor = (service.Spec.UpdateConfig?.Monitor ?? 0) / 1e6 || defaultMonitorMilliseconds;
  return unchanged ? unchangedHoldMilliseconds : Math.min(monitor, longestHoldMilliseconds);
}

function readDesired(plan: DeploymentPlan, template: string): DesiredService {
  const stack = plan.options.stack ?? stackNameOf(plan.template);
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(stack)) {
    throw new Failure('settings.invalid', {
      message: `'${stack}' is not the name of a stack`,
      where: `environment ${plan.environment}`,
      remedy:
        "Set deploy.environments.<name>.stack: letters, digits, - and _. Without it, the template's file name is the stack's.",
    });
  }
  return readDesiredService(plan.template, template, plan.service, stack);
}

/** As people name it: `prod/shop.yml` describes the stack `shop`. */
function stackNameOf(template: string): string {
  return (template.split('/').at(-1) ?? template).replace(/(\.(stack|compose))?\.ya?ml$/i, '');
}

async function findAuth(options: SwarmOptions, image: string): Promise<RegistryAuth | undefined> {
  const registry = registryOf(parseImageReference(image).repository) ?? 'docker.io';
  const found = await options.credentials?.(registry);
  return found && { ...found, serveraddress: registry };
}

async function listEnded(swarm: SwarmClient, name: string, context: RunContext): Promise<ReadonlySet<string>> {
  const service = await swarm.findService(name, context.signal);
  const tasks = service === undefined ? [] : await swarm.listTasks(service.ID, context.signal);
  return new Set(tasks.filter(hasEnded).map((task) => task.ID));
}

function asFailure(error: unknown, service: string): Failure {
  if (error instanceof Failure && /^(?:deploy|settings)\.|^bug$/.test(error.code)) return error;
  const away = error instanceof EngineRefusal;
  return new Failure('deploy.orchestrator', {
    message: `Swarm cannot be worked with: ${describeError(error)}`,
    where: service,
    ...(away && { remedy: 'The engine must answer and be a manager of a Swarm (docker node ls).' }),
    cause: error,
  });
}
