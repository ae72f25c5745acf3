import type { RunContext } from '../../core/engine.js';
import { Failure } from '../../core/failure.js';
import type { StackNetwork } from './attachments.js';
import { EngineRefusal } from './engine-call.js';
import type { SwarmClient } from './swarm-client.js';

/**
 * The ids of the service's networks, in their order; those of the stack that are missing are created, as
 * `docker stack deploy` would. Throws `deploy.refused` for an external network that is not there.
 */
export async function ensureNetworks(
  swarm: SwarmClient,
  networks: readonly StackNetwork[],
  context: RunContext,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const network of networks) ids.push(await ensureNetwork(swarm, network, context));
  return ids;
}

/** The ids of those that are there, for a look that changes nothing; a name where a network is yet to be made. */
export async function findNetworks(
  swarm: SwarmClient,
  networks: readonly StackNetwork[],
  context: RunContext,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { name } of networks) ids.push((await swarm.findNetwork(name, context.signal))?.Id ?? name);
  return ids;
}

async function ensureNetwork(swarm: SwarmClient, network: StackNetwork, context: RunContext): Promise<string> {
  const found = await swarm.findNetwork(network.name, context.signal);
  if (found !== undefined) {
    if (network.attachable && found.Attachable === false && !network.external) {
      context.progress.warn(`network ${network.name} is there already, and not attachable as the template wants it`);
    }
    return found.Id;
  }
  if (network.external) {
    throw new Failure('deploy.refused', {
      message: `The external network '${network.name}' does not exist in this Swarm`,
      remedy: `Create it: docker network create --driver overlay ${network.name}`,
    });
  }
  const refusal = await createNetwork(swarm, network, context);
  const made = await swarm.findNetwork(network.name, context.signal);
  if (made !== undefined) return made.Id;
  throw new Failure('deploy.orchestrator', {
    message: `The network '${network.name}' cannot be created: ${refusal?.message ?? 'it is not there afterwards'}`,
    cause: refusal,
  });
}

/** A refusal may only mean that another deployment of the stack was faster (a plain 500), so what is there then decides. */
async function createNetwork(
  swarm: SwarmClient,
  network: StackNetwork,
  context: RunContext,
): Promise<EngineRefusal | undefined> {
  const spec = {
    Name: network.name,
    CheckDuplicate: true,
    Driver: network.driver,
    Attachable: network.attachable,
    Internal: network.internal,
    Labels: network.labels,
    Options: network.driverOptions,
  };
  try {
    await swarm.createNetwork(spec, context.signal);
    context.progress.info(`created network ${network.name}`);
    return undefined;
  } catch (error) {
    if (error instanceof EngineRefusal) return error;
    throw error;
  }
}
