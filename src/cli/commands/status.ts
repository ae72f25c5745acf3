import { describeError, type Failure } from '../../core/failure.js';
import { shortenDigests } from '../../core/image-name.js';
import type { DeploymentRecord, TemplateStore } from '../../core/template-store.js';
import { type Actual, findDrift, type ServiceStatus } from '../../plan/deployment-status.js';
import type { EnvironmentSettings } from '../../plan/deployments.js';
import { openOrchestrator } from '../deploy-site.js';
import { chosenEnvironments, type DeployedService, withServices } from '../environment-services.js';
import { asFailure, failureJson } from '../print-failure.js';
import type { CommandResult } from '../result.js';
import { contextOf, type World } from '../world.js';

/** One environment's services, or why nothing is known of them. */
type EnvironmentStatus =
  | { readonly environment: string; readonly services: readonly ServiceStatus[] }
  | { readonly environment: string; readonly failure: Failure };

/** `slipway status`: what git wants, what was recorded, what runs. What cannot be asked hides nothing else. */
export async function runStatus(world: World): Promise<CommandResult> {
  const environments = await chosenEnvironments(world);
  const statuses = await Promise.all(environments.map((environment) => statusOf(world, environment)));
  const [only] = statuses;
  if (only && statuses.length === 1 && 'failure' in only) throw only.failure;
  return {
    text: statuses.map(formatEnvironment).join('\n'),
    json: { format: 1, environments: statuses.map(jsonOf) },
  };
}

async function statusOf(world: World, environment: EnvironmentSettings): Promise<EnvironmentStatus> {
  try {
    const services = await withServices(world, environment, (store, found) =>
      readStatuses(world, environment, store, found),
    );
    return { environment: environment.name, services };
  } catch (error) {
    world.signal.throwIfAborted();
    return { environment: environment.name, failure: asFailure(error) };
  }
}

/** So many services are asked about at the same time. */
const atOnce = 8;

async function readStatuses(
  world: World,
  environment: EnvironmentSettings,
  store: TemplateStore,
  found: readonly DeployedService[],
): Promise<readonly ServiceStatus[]> {
  const records = await newestRecords(store, environment, found);
  const statuses: ServiceStatus[] = [];
  for (let at = 0; at < found.length; at += atOnce) {
    const some = found.slice(at, at + atOnce).map(async (service): Promise<ServiceStatus> => {
      const { plan } = service;
      const actual = await observe(world, service);
      const recorded = records.get(plan.service);
      return {
        environment: plan.environment,
        service: plan.service,
        target: plan.target,
        template: plan.template,
        desired: plan.currentImage,
        ...(recorded && { recorded }),
        actual,
        drift: findDrift(plan.currentImage, recorded, actual),
      };
    });
    statuses.push(...(await Promise.all(some)));
  }
  return statuses;
}

/** One walk through the history for an environment of many services; for those that it does not reach, one each. */
async function newestRecords(
  store: TemplateStore,
  { name }: EnvironmentSettings,
  found: readonly DeployedService[],
): Promise<ReadonlyMap<string, DeploymentRecord>> {
  const records = new Map<string, DeploymentRecord>();
  if (found.length <= 3) {
    for (const { plan } of found) {
      const [newest] = await store.history({ environment: name, service: plan.service, limit: 1 });
      if (newest) records.set(plan.service, newest);
    }
    return records;
  }
  for (const record of await store.history({ environment: name, limit: 2_000 })) {
    if (!records.has(record.service)) records.set(record.service, record);
  }
  return records;
}

async function observe(world: World, { plan, text }: DeployedService): Promise<Actual> {
  try {
    const orchestrator = await openOrchestrator(world, plan);
    if (orchestrator.observe === undefined)
      return { known: 'not', because: `${plan.target} cannot be asked what runs` };
    const { withDeadline } = await import('../../core/deadline.js');
    const actual = await withDeadline(30_000, world.signal, async (signal) =>
      orchestrator.observe?.(plan, text, { ...contextOf(world), signal }),
    );
    return actual === undefined ? { known: 'absent' } : { known: 'runs', ...actual };
  } catch (error) {
    world.signal.throwIfAborted();
    return { known: 'not', because: describeError(error) };
  }
}

function formatEnvironment(status: EnvironmentStatus): string {
  if ('failure' in status) return `${status.environment}\n  not known: ${status.failure.message}\n`;
  if (status.services.length === 0) return `${status.environment}\n  its templates have no service with an image\n`;
  return `${status.environment}\n${status.services.map(formatService).join('')}`;
}

function formatService({ service, target, template, desired, recorded, actual, drift }: ServiceStatus): string {
  const pinned = recorded?.pinned ? ', pinned by a rollback' : '';
  const lines = [
    `  ${service} (${target}, ${template})`,
    `    desired   ${shortenDigests(desired)}`,
    `    recorded  ${recorded === undefined ? 'nothing' : `${recorded.version}  ${recorded.outcome ?? 'no outcome'}  ${recorded.at} by ${recorded.author}${pinned}`}`,
    `    actual    ${formatActual(actual)}`,
    ...drift.map((line) => `    drift     ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function formatActual(actual: Actual): string {
  switch (actual.known) {
    case 'not':
      return `not known: ${actual.because}`;
    case 'absent':
      return 'no such service';
    case 'runs':
      return `${actual.images.map(shortenDigests).join(' and ') || 'nothing'}  ${actual.running}/${actual.wanted}  ${actual.state}`;
  }
}

function jsonOf(status: EnvironmentStatus): object {
  return 'failure' in status ? { environment: status.environment, ...failureJson(status.failure) } : status;
}
