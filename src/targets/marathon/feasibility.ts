import { z } from 'zod';
import { Failure } from '../../core/failure.js';
import type { DeploymentPlan } from '../../core/plan.js';
import type { Definition } from './definition.js';
import type { JsonObject } from './marathon-client.js';

const port = z.looseObject({ hostPort: z.number().nullish(), port: z.number().nullish() });
const ports = z.array(port).nullish();
const strategy = z.looseObject({ minimumHealthCapacity: z.number().nullish() }).nullish();
const appShape = z.looseObject({
  instances: z.number().optional(),
  requirePorts: z.boolean().nullish(),
  ports: z.array(z.number()).nullish(),
  portDefinitions: ports,
  container: z.looseObject({ portMappings: ports, docker: z.looseObject({ portMappings: ports }).nullish() }).nullish(),
  constraints: z.array(z.array(z.string())).nullish(),
  upgradeStrategy: strategy,
});
const podShape = z.looseObject({
  scaling: z.looseObject({ instances: z.number().optional() }).nullish(),
  scheduling: z
    .looseObject({
      upgrade: strategy,
      placement: z.looseObject({ constraints: z.array(z.unknown()).nullish() }).nullish(),
    })
    .nullish(),
  containers: z.array(z.looseObject({ endpoints: z.array(port).nullish() })),
});

/** What decides whether a definition can replace its own tasks. */
export interface PortNeeds {
  /** Host ports that an agent must have free. */
  readonly fixed: readonly number[];
  readonly instances: number;
  /** Tasks that must stay well while others are replaced. */
  readonly kept: number;
  /** All tasks are bound to one host. */
  readonly oneHost: boolean;
}

/**
 * What an app or pod needs of its hosts; undefined where it has not the form of the API (Marathon itself refuses that). Marathon
 * rounds the minimum health capacity up: with one instance, anything above 0 is one task.
 */
export function portNeeds(kind: 'app' | 'pod', body: JsonObject): PortNeeds | undefined {
  if (kind === 'pod') {
    const pod = podShape.safeParse(body).data;
    if (pod === undefined) return undefined;
    const endpoints = pod.containers.flatMap((each) => each.endpoints ?? []);
    const instances = pod.scaling?.instances ?? 1;
    const minimum = pod.scheduling?.upgrade?.minimumHealthCapacity ?? 1;
    return { fixed: fixedOf(endpoints), instances, kept: Math.ceil(instances * minimum), oneHost: false };
  }
  const app = appShape.safeParse(body).data;
  if (app === undefined) return undefined;
  const mappings = app.container?.portMappings ?? app.container?.docker?.portMappings ?? [];
  const required =
    app.requirePorts === true
      ? [...(app.portDefinitions ?? []), ...(app.ports ?? []).map((each) => ({ port: each }))]
      : [];
  const instances = app.instances ?? 1;
  const kept = Math.ceil(instances * (app.upgradeStrategy?.minimumHealthCapacity ?? 1));
  const oneHost = (app.constraints ?? []).some(
    ([field, operator]) => field === 'hostname' && (operator === 'CLUSTER' || operator === 'IS'),
  );
  return {
    fixed: [...fixedOf(mappings), ...required.map((each) => each.port ?? 0).filter((each) => each > 0)],
    instances,
    kept,
    oneHost,
  };
}

/**
 * Refuse what can never be rolled out: a fixed host port on one agent together with a minimum of healthy tasks that forbids to stop the
 * old task first is a deadlock, in which Marathon waits without end. How many agents there are, the option `agents` or a
 * constraint says; else it is not known, and `warnOfPorts` speaks. Throws `deploy.unsupported`.
 */
export function checkPorts(plan: DeploymentPlan, definition: Definition): void {
  const needs = portNeeds(definition.service.kind, definition.serviceBody);
  if (needs === undefined || needs.fixed.length === 0) return;
  const where = `${plan.template}: ${definition.service.id}`;
  const agents = needs.oneHost ? 1 : agentsOf(plan);
  if (agents === undefined) return;
  if (needs.instances > agents) {
    throw new Failure('deploy.unsupported', {
      message: `${needs.instances} instances with the fixed host port ${needs.fixed.join(', ')} need as many agents, and there ${agents === 1 ? 'is 1' : `are ${agents}`}`,
      where,
      remedy: 'Let Marathon choose the port (hostPort 0, requirePorts false), or lower the instances.',
    });
  }
  if (needs.kept >= needs.instances && needs.instances > 0 && needs.instances + 1 > agents) {
    throw new Failure('deploy.unsupported', {
      message: describeDeadlock(needs, agents),
      where,
      remedy: deadlockRemedy(needs, "raise 'agents' in the environment when there are more"),
    });
  }
}

/** What to warn of where the number of agents is not known; undefined: all is well, or `seen` agents are enough. */
export function warnOfPorts(plan: DeploymentPlan, definition: Definition, seen: number): string | undefined {
  const needs = portNeeds(definition.service.kind, definition.serviceBody);
  if (needs === undefined || needs.fixed.length === 0 || needs.kept < needs.instances) return undefined;
  if (agentsOf(plan) !== undefined || seen > needs.instances) return undefined;
  return `${definition.service.id}: ${describeDeadlock(needs, undefined)}. ${deadlockRemedy(needs, "say how many agents there are ('agents' in the environment)")}`;
}

function describeDeadlock({ fixed, instances }: PortNeeds, agents: number | undefined): string {
  const free = instances === 1 ? 'a second agent' : `${instances + 1} agents`;
  const ports = `The fixed host port ${fixed.join(', ')}`;
  return agents === undefined
    ? `${ports} and a minimum health capacity that keeps every old task need ${free} for each rollout`
    : `${ports} is held by the old task, which the minimum health capacity keeps until the new one is healthy: on ${agents === 1 ? 'one agent' : `${agents} agents`} the new one can never start`;
}

function deadlockRemedy({ instances }: PortNeeds, agents: string): string {
  const most = Math.floor(((instances - 1) / instances) * 100) / 100;
  const lower = instances === 1 ? '0 (with one instance, anything above is rounded up to 1)' : `at most ${most}`;
  return `Set upgradeStrategy.minimumHealthCapacity to ${lower}, let Marathon choose the port (hostPort 0, requirePorts false), or ${agents}.`;
}

function agentsOf(plan: DeploymentPlan): number | undefined {
  const { agents } = plan.options;
  return agents === undefined ? undefined : Number(agents);
}

function fixedOf(mappings: readonly z.infer<typeof port>[]): readonly number[] {
  return [...new Set(mappings.map(({ hostPort }) => hostPort ?? 0).filter((each) => each > 0))];
}
