import type { DeclaredPort, DeclaredService } from '../core/declared-service.js';
import { placeOf, type Rule } from './finding.js';

interface Claim {
  readonly service: DeclaredService;
  readonly port: DeclaredPort;
}

/** Two services on one port: of the whole environment, or of a machine where both cannot be elsewhere. */
export const portConflict: Rule = {
  name: 'port-conflict',
  about: 'Two services take the same service port, or the same fixed host port with too few nodes for both.',
  find: ({ services, capacity }) =>
    claimsByPort(services).flatMap((claims) => {
      const [first, ...others] = distinct(claims);
      if (first === undefined || others.length === 0) return [];
      const { port, protocol, scope } = first.port;
      const wanted = claims.reduce((sum, { service }) => sum + instancesOf(service, capacity.nodes), 0);
      // On a host, both may still run where there are enough nodes.
      if (scope === 'host' && capacity.nodes !== undefined && wanted <= capacity.nodes) return [];
      const certain = scope === 'service' || capacity.nodes !== undefined;
      return others.map(({ service, port: claimed }) => ({
        ...placeOf(service, claimed.line),
        severity: certain ? ('error' as const) : ('warning' as const),
        message: `${service.id} takes ${scope} port ${port}/${protocol}, and so does ${first.service.id} (${first.service.path}:${first.port.line})`,
        remedy:
          scope === 'service'
            ? 'Give one of them another port.'
            : `Give one of them another port, or let the orchestrator choose it${capacity.nodes === undefined ? '; with enough nodes (set nodes for the environment) both may run' : ''}.`,
      }));
    }),
};

/** A fixed port on the host with an update that keeps every instance: the new one never finds a free machine. */
export const updateStuck: Rule = {
  name: 'update-never-starts',
  about:
    'A fixed host port, and an update that starts the new instance before an old one stops, without a node to spare.',
  find: ({ services, capacity }) =>
    services.flatMap((service) => {
      const { instances, keptWhileUpdating: kept } = service;
      const fixed = service.ports.find(({ scope }) => scope === 'host');
      if (fixed === undefined || typeof instances !== 'number' || kept === undefined) return [];
      if (instances === 0 || kept.value < instances) return [];
      if (capacity.nodes !== undefined && capacity.nodes > instances) return [];
      return [
        {
          ...placeOf(service, kept.line),
          severity: capacity.nodes === undefined ? ('warning' as const) : ('error' as const),
          message: `${service.id} keeps all ${instances} instances while it is updated, and host port ${fixed.port} is taken wherever one runs: the update ${capacity.nodes === undefined ? `needs more than ${instances} nodes` : `can never start on ${capacity.nodes} nodes`}`,
          remedy:
            'Let an old instance stop first (Marathon: minimumHealthCapacity below 1, 0 for one instance; Swarm: order stop-first), or take the fixed port away.',
        },
      ];
    }),
};

function claimsByPort(services: readonly DeclaredService[]): readonly (readonly Claim[])[] {
  const claims = new Map<string, Claim[]>();
  for (const service of services) {
    for (const port of service.ports) {
      const key = `${port.scope} ${port.port}/${port.protocol}`;
      const known = claims.get(key);
      if (known) known.push({ service, port });
      else claims.set(key, [{ service, port }]);
    }
  }
  return [...claims.values()];
}

/** A service that names its port twice does not contend with itself. */
function distinct(claims: readonly Claim[]): readonly Claim[] {
  return [...new Map(claims.map((claim) => [`${claim.service.path} ${claim.service.id}`, claim])).values()];
}

function instancesOf({ instances }: DeclaredService, nodes: number | undefined): number {
  return instances === 'everywhere' ? (nodes ?? Number.POSITIVE_INFINITY) : (instances ?? 1);
}
