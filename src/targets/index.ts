import type Docker from 'dockerode';
import type { TemplateReader } from '../core/declared-service.js';
import { Failure } from '../core/failure.js';
import type { TemplateStarter } from '../core/starter.js';
import type { Orchestrator, TemplateFormat } from '../core/target.js';
import { createGitOpsOrchestrator } from './gitops.js';
import { haproxyReader } from './haproxy/declare.js';
import { haproxyStarter } from './haproxy/starter.js';
import { haproxyTemplate } from './haproxy/template.js';
import { helmTemplate } from './helm/template.js';
import { kubernetesReader } from './kubernetes/declare.js';
import { kubernetesStarter } from './kubernetes/starter.js';
import { kubernetesTemplate } from './kubernetes/template.js';
import { kustomizeTemplate } from './kustomize/template.js';
import { marathonReader } from './marathon/declare.js';
import { marathonStarter } from './marathon/starter.js';
import { marathonTemplate } from './marathon/template.js';
import { swarmReader } from './swarm/declare.js';
import type { RegistryLogin } from './swarm/rollout.js';
import { swarmStarter } from './swarm/starter.js';
import { swarmTemplate } from './swarm/template.js';

/** The rewriting half of every target, in the order in which a file is shown to them. */
export const templateFormats: readonly TemplateFormat[] = [
  // First what a name or a kind tells; a Compose file is told by what is in it.
  helmTemplate,
  kustomizeTemplate,
  kubernetesTemplate,
  swarmTemplate,
  haproxyTemplate,
  marathonTemplate,
];

/** What reads the services that every target's templates declare, in the same order. */
export const templateReaders: readonly TemplateReader[] = [
  kubernetesReader,
  swarmReader,
  haproxyReader,
  marathonReader,
];

/** What writes the first template of a target. */
export const templateStarters: readonly TemplateStarter[] = [
  swarmStarter,
  marathonStarter,
  kubernetesStarter,
  haproxyStarter,
];

/** What the acting halves are given; each takes what it needs, when it rolls out and not before. */
export interface OrchestratorOptions {
  /** A client of a Swarm manager's engine, or of the engine of the host behind HAProxy. */
  readonly connectDocker: () => Promise<Docker>;
  /** Who may pull from a registry (`host[:port]`; `docker.io` for Docker Hub); the Swarm keeps it in the service. */
  readonly registryCredentials?: (registry: string) => Promise<RegistryLogin | undefined>;
  /** Logins: `SLIPWAY_MARATHON_*` and `SLIPWAY_DCOS_*` (src/targets/marathon/credentials.ts). */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The acting half of a target, loaded when it is asked for. Throws `settings.invalid` for a name that is none. */
export async function loadOrchestrator(name: string, options: OrchestratorOptions): Promise<Orchestrator> {
  const load = loaders[name];
  if (load !== undefined) return load(options);
  throw new Failure('settings.invalid', {
    message: `There is no deploy target '${name}'`,
    remedy: 'Choose one of the targets that Slipway knows.',
    candidates: Object.keys(loaders),
  });
}

const loaders: Readonly<Record<string, (options: OrchestratorOptions) => Promise<Orchestrator>>> = {
  swarm: async (options) => {
    const { createSwarmOrchestrator } = await import('./swarm/rollout.js');
    const credentials = options.registryCredentials;
    return createSwarmOrchestrator({ docker: options.connectDocker, ...(credentials && { credentials }) });
  },
  marathon: async (options) => {
    const [{ createMarathonOrchestrator }, { leaderOrigins, marathonCredentials }] = await Promise.all([
      import('./marathon/rollout.js'),
      import('./marathon/credentials.js'),
    ]);
    return createMarathonOrchestrator({
      credentials: () => marathonCredentials(options.environment),
      leaders: leaderOrigins(options.environment),
    });
  },
  kubernetes: async () => (await import('./kubernetes/rollout.js')).createKubernetesOrchestrator(),
  haproxy: async (options) => {
    const { createHaproxyOrchestrator } = await import('./haproxy/rollout.js');
    const credentials = options.registryCredentials;
    return createHaproxyOrchestrator({ docker: options.connectDocker, ...(credentials && { credentials }) });
  },
  kustomize: async () => createGitOpsOrchestrator('kustomize'),
  helm: async () => createGitOpsOrchestrator('helm'),
};
