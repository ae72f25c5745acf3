import type Docker from 'dockerode';
import type { RunContext } from '../../core/engine.js';
import { describeError, Failure } from '../../core/failure.js';
import { parseImageReference, registryOf } from '../../core/image-name.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { AppliedRollout, Orchestrator, RolloutJob, RolloutPreview, RolloutResult } from '../../core/target.js';
import { type Clock, monotonicClock } from '../clock.js';
import { type Applied, applySpec, wantedOf } from './apply.js';
import { hasEnded } from './convergence.js';
import { type DesiredService, readDesiredService } from './desired-service.js';
import { EngineRefusal, type RegistryAuth } from './engine-call.js';
import { refuseImpossible } from './feasibility.js';
import { ensureNetworks, findNetworks } from './networks.js';
import { observeService } from './observe.js';
import { previewService } from './preview.js';
import { completeSpec } from './spec.js';
import { type LiveService, openSwarm, type SwarmClient } from './swarm-client.js';
import { undoService } from './undo.js';
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

/** One call's tools. */
interface Site {
  readonly swarm: SwarmClient;
  readonly options: SwarmOptions;
  readonly clock: Clock;
  readonly context: RunContext;
}

/** Rolls a stack's service out on a Docker Swarm. `plan.options.stack` names the stack, or else the template's file name. */
export function createSwarmOrchestrator(options: SwarmOptions): Orchestrator {
  const connect = <T>(service: string, context: RunContext, work: (site: Site) => Promise<T>): Promise<T> =>
    withSwarm(options, service, context, work);
  return {
    name: 'swarm',
    check(plan, template) {
      readDesired(plan, template);
    },
    preview: (job, context) => connect(job.plan.service, context, (site) => preview(site, job)),
    apply: (job, context) => connect(job.plan.service, context, (site) => apply(site, job)),
    watch: (job, applied, context) => connect(job.plan.service, context, (site) => watch(site, job, applied)),
    undo: (job, applied, context) => connect(job.plan.service, context, (site) => undo(site, job, applied)),
    observe: (plan, template, context) =>
      connect(plan.service, context, ({ swarm }) =>
        observeService(swarm, readDesired(plan, template).name, context.signal),
      ),
  };
}

async function withSwarm<T>(
  options: SwarmOptions,
  service: string,
  context: RunContext,
  work: (site: Site) => Promise<T>,
): Promise<T> {
  try {
    const docker = typeof options.docker === 'function' ? await options.docker() : options.docker;
    return await work({ swarm: openSwarm(docker), options, clock: options.clock ?? monotonicClock, context });
  } catch (error) {
    context.signal.throwIfAborted();
    throw asFailure(error, service);
  }
}

/** `update_config.monitor` is the template's own word for "long enough"; Swarm's default is 5 s. Longer ones are cut. */
const defaultMonitorMilliseconds = 5_000;
const longestHoldMilliseconds = 30_000;
const unchangedHoldMilliseconds = 1_000;

async function preview({ swarm, context }: Site, job: RolloutJob): Promise<RolloutPreview> {
  const desired = readDesired(job.plan, job.template);
  const live = await swarm.findService(desired.name, context.signal);
  return previewService(completeSpec(desired, await findNetworks(swarm, desired.networks, context), live), live);
}

async function apply(site: Site, job: RolloutJob): Promise<AppliedRollout> {
  const { swarm, options, clock, context } = site;
  const desired = readDesired(job.plan, job.template);
  if (desired.image !== job.image) {
    throw new Failure('bug', { message: `The template has ${desired.image} and the release is ${job.image}` });
  }
  await refuseImpossible(swarm, desired, context.signal);
  const networkIds = await ensureNetworks(swarm, desired.networks, context);
  const auth = await findAuth(options, desired.image);
  const endedBefore = await listEnded(swarm, desired.name, context);
  const applied = await applySpec(swarm, wantedOf(desired, networkIds), auth, clock, context);
  context.progress.info(`${applied.change} service ${desired.name}`);
  return describeApplied(applied, endedBefore);
}

/** An update of ours that still goes on belongs to a run that died: what it replaced is the Swarm's own PreviousSpec. */
function describeApplied({ change, service, before }: Applied, endedBefore: readonly string[]): AppliedRollout {
  const updating = service.UpdateStatus?.State === 'updating';
  const replaced = change === 'unchanged' ? (updating ? service.PreviousSpec : undefined) : before;
  return {
    change: change === 'unchanged' && updating ? 'updated' : change,
    reference: {
      service: service.ID,
      template: JSON.stringify(service.Spec.TaskTemplate),
      ended: endedBefore.join(' '),
    },
    ...(replaced && { before: replaced }),
  };
}

async function watch(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  const { swarm, clock, context } = site;
  const desired = readDesired(job.plan, job.template);
  const { service: id = '', template = '', ended = '' } = applied.reference;
  const service = await swarm.findService(id, context.signal);
  if (service === undefined) {
    throw new Failure('deploy.superseded', {
      message: `Somebody else removed the service '${desired.name}'`,
      where: desired.name,
      remedy: 'Deploy again if this version is the one that shall run.',
    });
  }
  const unchanged = applied.change === 'unchanged';
  const expected = { image: desired.image, template, ignoreUpdateStatus: unchanged };
  const evidence = await watchService(
    swarm,
    {
      service,
      expected,
      endedBefore: new Set(ended.split(' ')),
      holdMilliseconds: holdOf(service, unchanged),
      deadline: clock.now() + job.plan.timeoutSeconds * 1000,
    },
    clock,
    context,
  );
  return { outcome: unchanged ? 'nothing-to-do' : 'succeeded', evidence };
}

async function undo(site: Site, job: RolloutJob, applied: AppliedRollout): Promise<RolloutResult> {
  const { swarm, options, clock, context } = site;
  const desired = readDesired(job.plan, job.template);
  const endedBefore = await listEnded(swarm, desired.name, context);
  const undone = await undoService(swarm, desired, applied, (image) => findAuth(options, image), clock, context);
  const { service } = undone;
  const image = service.Spec.TaskTemplate.ContainerSpec?.Image ?? '';
  const evidence = await watchService(
    swarm,
    {
      service,
      expected: {
        image,
        template: JSON.stringify(service.Spec.TaskTemplate),
        ignoreUpdateStatus: undone.change === 'unchanged',
      },
      endedBefore: new Set(endedBefore),
      holdMilliseconds: holdOf(service, undone.change === 'unchanged'),
      deadline: clock.now() + job.plan.timeoutSeconds * 1000,
    },
    clock,
    context,
  );
  return { outcome: undone.change === 'unchanged' ? 'nothing-to-do' : 'succeeded', evidence: `${image}: ${evidence}` };
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

async function listEnded(swarm: SwarmClient, name: string, context: RunContext): Promise<readonly string[]> {
  const service = await swarm.findService(name, context.signal);
  const tasks = service === undefined ? [] : await swarm.listTasks(service.ID, context.signal);
  return tasks.filter(hasEnded).map((task) => task.ID);
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
