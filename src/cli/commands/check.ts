import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Capacity, Finding } from '../../check/finding.js';
import { checkEnvironment, sortFindings } from '../../check/rules.js';
import type { DeclaredService } from '../../core/declared-service.js';
import { exitCodes, Failure } from '../../core/failure.js';
import type { EnvironmentSettings } from '../../plan/deployments.js';
import type { Settings } from '../../settings/settings.js';
import { templateReaders } from '../../targets/index.js';
import { findAbsentImages } from '../check-images.js';
import { environmentOf } from '../choices.js';
import { openStore } from '../deploy-site.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

interface CheckedEnvironment {
  readonly environment: string;
  readonly templates: number;
  readonly services: number;
  readonly findings: readonly Finding[];
}

/** `slipway check [env]`: everything in an environment's templates that a rollout, or somebody else's, would stumble over. */
export async function runCheck(world: World): Promise<CommandResult> {
  const settings = await world.settings();
  const names = environmentNames(world, settings);
  const checked: CheckedEnvironment[] = [];
  for (const name of names) checked.push(await checkOne(world, settings, name));
  const errors = checked.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error').length;
  return {
    text: checked.map(formatEnvironment).join('\n'),
    json: { format: 1, environments: checked },
    ...(errors > 0 && { exitCode: exitCodes['deploy.template-invalid'] }),
  };
}

async function checkOne(world: World, settings: Settings, name: string): Promise<CheckedEnvironment> {
  const environment = environmentOf(settings, undefined, name);
  if (environment === undefined) throw unknownEnvironment(name);
  const store = await openStore(world, environment.source);
  try {
    const files = await store.read(environment.path);
    const broken: Finding[] = [];
    const services = files.flatMap((file) => declareServices(file, environment, broken));
    const absent = world.options.offline ? [] : await findAbsentImages(world, services);
    const ignored = new Set(world.options.ignore ?? []);
    const found = [
      ...broken,
      ...checkEnvironment({ services, capacity: capacityOf(settings, name) }, ignored),
      ...absent,
    ];
    return {
      environment: name,
      templates: files.length,
      services: services.length,
      findings: sortFindings(found.filter(({ rule }) => !ignored.has(rule))),
    };
  } finally {
    await store.close();
  }
}

/** A template that cannot be read is a finding: the others are looked at all the same. */
function declareServices(
  file: { readonly path: string; readonly text: string },
  environment: EnvironmentSettings,
  broken: Finding[],
): readonly DeclaredService[] {
  const readers = templateReaders.filter(
    ({ target }) => environment.target === undefined || target === environment.target,
  );
  try {
    for (const reader of readers) {
      const services = reader.declare(file.path, file.text);
      if (services !== undefined) return services;
    }
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    broken.push({
      rule: 'unreadable',
      severity: 'error',
      message: error.message,
      where: /:\d+$/.test(error.where ?? '') ? (error.where ?? '') : `${file.path}:1`,
      service: '',
      remedy: error.remedy ?? 'Repair the template.',
    });
    return [];
  }
}

function capacityOf(settings: Settings, name: string): Capacity {
  const own = settings.values.deploy.environments?.[name];
  const memory = own?.['node-memory'];
  return {
    ...(own?.nodes !== undefined && { nodes: own.nodes }),
    ...(own?.['node-cpus'] !== undefined && { cpus: Number(own['node-cpus']) }),
    ...(memory !== undefined && { memory: bytesOf(memory) }),
  };
}

function bytesOf(size: string): number {
  return Number.parseFloat(size) * 1024 ** ('kmgt'.indexOf((/[kmgt]/i.exec(size)?.[0] ?? 'k').toLowerCase()) + 1);
}

/** The one that is named; else those of the settings; else the directories under `deploy`. */
function environmentNames(world: World, settings: Settings): readonly string[] {
  if (world.options.env !== undefined) return [world.options.env];
  const known = Object.keys(settings.values.deploy.environments ?? {});
  const names = known.length > 0 ? known : directoriesIn(join(world.root, 'deploy'));
  if (names.length > 0) return names;
  throw new Failure('deploy.no-template', {
    message: 'No deploy environment is known',
    where: 'deploy.environments',
    remedy: 'Put templates into deploy/<name>, describe the environments in slipway.yml, or begin with slipway init.',
  });
}

function directoriesIn(path: string): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

function unknownEnvironment(name: string): Failure {
  return new Failure('settings.invalid', {
    message: `There is no deploy environment '${name}'`,
    where: 'deploy.environments',
  });
}

function formatEnvironment(checked: CheckedEnvironment): string {
  const { environment, templates, services, findings } = checked;
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const lines = findings.flatMap(({ severity, where, message, remedy, rule }) => [
    `  ${severity === 'error' ? 'error  ' : 'warning'} ${where}  ${rule}`,
    `          ${message}`,
    `          ${remedy}`,
  ]);
  const verdict =
    findings.length === 0
      ? 'nothing found'
      : `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}`;
  return [
    `${environment}: ${plural(services, 'service')} in ${plural(templates, 'template')}, ${verdict}`,
    ...lines,
    '',
  ].join('\n');
}

function plural(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
