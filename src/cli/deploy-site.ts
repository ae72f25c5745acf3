import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DeploymentJournal } from '../core/deployment-journal.js';
import { judgeOrder } from '../core/deployment-order.js';
import type { RunContext } from '../core/engine.js';
import type { DeploymentPlan, TemplateSource } from '../core/plan.js';
import type { Orchestrator } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import { askHealth } from '../io/ask-health.js';
import { openTemplateStore } from '../io/deploy-repository.js';
import type { DeploySite } from '../run/deploy-release.js';
import { loadOrchestrator, templateFormats } from '../targets/index.js';
import { engineOptions } from './build-site.js';
import type { World } from './world.js';

/** What a deployment needs of this machine. `opened`: the templates' place where it is open already; closing it is left to whoever opened it. */
export function openDeploySite(world: World, opened?: TemplateStore): DeploySite {
  const { allowOlder, unpin } = world.options;
  return {
    openStore: async (plan) => (opened === undefined ? openStore(world, plan.source) : leftOpen(opened)),
    formats: templateFormats,
    openOrchestrator: (plan) => openOrchestrator(world, plan),
    openJournal: (plan, context) => openJournal(world, plan, context),
    guard: ({ environment, service }, { version, image }) => {
      const ours = { environment, service, version, image };
      return (found) => judgeOrder(ours, found, { allowOlder, unpin });
    },
    ask: askHealth,
    now: world.now,
    pause: async (milliseconds, signal) => {
      await setTimeout(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
    },
  };
}

function leftOpen(store: TemplateStore): TemplateStore {
  return { ...store, close: async () => {} };
}

async function openJournal(world: World, plan: DeploymentPlan, context: RunContext): Promise<DeploymentJournal> {
  const [{ openDeploymentJournal }, { describeProcess, hasEnded }] = await Promise.all([
    import('../io/deployment-journal.js'),
    import('../engines/docker/owner.js'),
  ]);
  const process = await describeProcess(globalThis.process.pid);
  return openDeploymentJournal(plan, {
    directory: join(world.stateDirectory, 'deployments'),
    projectRoot: world.root,
    process,
    hasEnded: (theirs) => hasEnded(theirs, process),
    progress: context.progress,
    signal: context.signal,
  });
}

/** The templates' place; a repository of their own is cloned into this run's directory. */
export async function openStore(world: World, source: TemplateSource): Promise<TemplateStore> {
  return openTemplateStore(source, {
    projectRoot: world.root,
    workDirectory: source.in === 'project' ? world.root : await world.runDirectory.make(),
    stateDirectory: world.stateDirectory,
    progress: world.progress,
    signal: world.signal,
  });
}

/** The target's own pre-flight check of a template. */
export async function openChecker(world: World, plan: DeploymentPlan): Promise<Orchestrator['check']> {
  const orchestrator = await openOrchestrator(world, plan);
  return (checked, template) => orchestrator.check(checked, template);
}

/** The acting half of a plan's target, with what this machine knows of engines, registries and logins. */
export function openOrchestrator(world: World, plan: DeploymentPlan): Promise<Orchestrator> {
  return loadOrchestrator(plan.target, {
    environment: world.environment,
    connectDocker: async () => {
      const { connect } = await import('../engines/docker/connect.js');
      return (await connect(engineOptions(world, plan.options.url), world.signal)).docker;
    },
    registryCredentials: async (registry) => {
      const [{ findCredential }, { registryAuth }] = await Promise.all([
        import('../registry/credentials.js'),
        import('../registry/credential.js'),
      ]);
      const credential = await findCredential(registry, engineOptions(world));
      return credential && registryAuth(credential);
    },
  });
}
