import type { DeclaredService } from '../core/declared-service.js';
import { type Capacity, type DeclaredEnvironment, type Finding, placeOf, type Rule } from './finding.js';

/** What all services reserve against what all nodes have, and one instance against one node. */
export const capacityExceeded: Rule = {
  name: 'capacity',
  about:
    'The services reserve more memory or processors than the declared nodes have, or one instance more than a node has.',
  find: (environment) => [
    ...exceeds(environment, 'memory', (bytes) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`),
    ...exceeds(environment, 'cpus', (cpus) => `${Number(cpus.toFixed(2))} CPUs`),
  ],
};

/** One instance that is kept while it is updated: a second one has to find room beside it. */
export const singleInstance: Rule = {
  name: 'single-instance',
  about: 'One instance with a minimum health above 0: an update needs room for a second one.',
  find: ({ services }) =>
    services.flatMap((service) => {
      const { instances, keptWhileUpdating: kept, ports } = service;
      // A fixed port makes it impossible, which another rule says.
      if (instances !== 1 || kept?.value !== 1 || ports.some(({ scope }) => scope === 'host')) return [];
      return [
        {
          ...placeOf(service, kept.line),
          severity: 'warning' as const,
          message: `${service.id} has one instance that is kept while it is updated: the update waits until there is room for a second one`,
          remedy: 'Run two instances, or let the one stop first (minimumHealthCapacity 0, order stop-first).',
        },
      ];
    }),
};

function exceeds(
  { services, capacity }: DeclaredEnvironment,
  what: 'memory' | 'cpus',
  format: (amount: number) => string,
): readonly Omit<Finding, 'rule'>[] {
  const one = capacity[what];
  if (one === undefined) return [];
  const tooLarge = services
    .filter((service) => (service[what] ?? 0) > one)
    .map((service) => ({
      ...placeOf(service),
      severity: 'error' as const,
      message: `An instance of ${service.id} reserves ${format(service[what] ?? 0)}, and a node has ${format(one)}`,
      remedy: 'Lower the reservation, or declare the larger nodes that there are.',
    }));
  const total = services.reduce((sum, service) => sum + (service[what] ?? 0) * countOf(service, capacity), 0);
  const [first] = services;
  if (capacity.nodes === undefined || first === undefined || total <= one * capacity.nodes) return tooLarge;
  const largest = [...services].sort((a, b) => shareOf(b, what, capacity) - shareOf(a, what, capacity)).slice(0, 3);
  return [
    ...tooLarge,
    {
      ...placeOf(largest[0] ?? first),
      severity: 'error' as const,
      message: `${services.length} services reserve ${format(total)}, and ${capacity.nodes} nodes have ${format(one * capacity.nodes)}; most is for ${largest.map((service) => `${service.id} (${format(shareOf(service, what, capacity))})`).join(', ')}`,
      remedy: 'Add nodes, or lower instances or reservations.',
    },
  ];
}

function shareOf(service: DeclaredService, what: 'memory' | 'cpus', capacity: Capacity): number {
  return (service[what] ?? 0) * countOf(service, capacity);
}

function countOf({ instances }: DeclaredService, capacity: Capacity): number {
  return instances === 'everywhere' ? (capacity.nodes ?? 1) : (instances ?? 1);
}
