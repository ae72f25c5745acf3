import type { DeploymentPlan, TemplateSource } from '../core/plan.js';
import type { Orchestrator } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import { readCiFacts } from '../io/ci.js';
import { openTemplateStore } from '../io/deploy-repository.js';
import type { DeploySite } from '../run/deploy-release.js';
import { loadOrchestrator, templateFormats } from '../targets/index.js';
import { engineOptions } from './build-site.js';
import type { World } from './world.js';

/** What a deployment needs of this machine. */
export function openDeploySite(world: World): DeploySite {
  const run = readCiFacts(world.environment).runNumber;
  return {
    ...(run !== undefined && { run }),
    openStore: (plan) => openStore(world, plan.source),
    formats: templateFormats,
    openOrchestrator: (plan) => openOrchestrator(world, plan),
    now: world.now,
  };
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

function openOrchestrator(world: World, plan: DeploymentPlan): Promise<Orchestrator> {
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
