import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../core/failure.js';
import { formatImageReference, parseTag } from '../../core/image-name.js';
import type { Project } from '../../core/project.js';
import type { StarterFacts, TemplateStarter } from '../../core/starter.js';
import { writeTextFile } from '../../io/text-files.js';
import { kindNamed } from '../../projects/detect-project.js';
import { kinds } from '../../projects/index.js';
import { templateStarters } from '../../targets/index.js';
import { planChoices } from '../choices.js';
import { detect } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway init`: the first deploy template of a project, of what detection knows. */
export async function runInit(world: World): Promise<CommandResult> {
  const starter = starterNamed(world.options.deployTarget ?? '');
  const settings = await world.settings();
  const environment = settings.values.deploy.environment ?? 'prod';
  const configured = settings.values.deploy.environments?.[environment];
  if ((configured?.repository ?? settings.values.deploy.repository) !== undefined) throw inRepository(environment);
  const project = await detect(world);
  const directory = configured?.path ?? `deploy/${environment}`;
  const path = `${directory}/${starter.fileName(project.name)}`;
  const facts = await starterFacts(world, project);
  if (starter.needsPort && facts.port === undefined) throw noPort(starter);
  const text = starter.render(facts);
  const result = { format: 1, target: starter.target, environment, path, text };
  if (world.options.dryRun) return { text, json: { ...result, written: false } };
  if (existsSync(join(world.root, path)) && !world.options.force) throw isThere(path);
  await mkdir(dirname(join(world.root, path)), { recursive: true });
  await writeTextFile(join(world.root, path), text);
  return { text: nextSteps(starter, environment, path, configured !== undefined), json: { ...result, written: true } };
}

async function starterFacts(world: World, project: Project): Promise<StarterFacts> {
  const settings = await world.settings();
  const kind = kindNamed(kinds, project.kind);
  const { repository, platform } = planChoices(settings, project.name);
  const { probe } = kind.recipe(project, { platform, version: '0.0.0' });
  return {
    name: project.name,
    image: formatImageReference({ repository, tag: parseTag('0.0.0') }),
    memory: kind.memory,
    ...(probe !== undefined && { port: probe.port }),
    ...(probe?.path !== undefined && { health: probe.path }),
  };
}

function starterNamed(target: string): TemplateStarter {
  const starter = templateStarters.find((candidate) => candidate.target === target);
  if (starter) return starter;
  throw new Failure('settings.usage', {
    message: `There is no deploy target '${target}' that a template can be begun for`,
    where: '--deploy',
    remedy: 'Choose one.',
    candidates: templateStarters.map((candidate) => candidate.target),
  });
}

function nextSteps(starter: TemplateStarter, environment: string, path: string, configured: boolean): string {
  const needs = Object.entries({ target: starter.target, ...starter.needs })
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
  const settings = configured
    ? ''
    : `\nIn slipway.yml:\n  deploy:\n    environments:\n      ${environment}: { ${needs} }\n`;
  return `Wrote ${path}: look at it, and commit it.\n${settings}
Next:
  slipway check ${environment}
  slipway ship --env ${environment} --dry-run
`;
}

function noPort({ target }: TemplateStarter): Failure {
  return new Failure('settings.usage', {
    message: `A service behind ${target} listens on a port, and none is known of this project`,
    where: 'port',
    remedy: 'Name it: --port 8080, or port in slipway.yml.',
  });
}

function inRepository(environment: string): Failure {
  return new Failure('settings.usage', {
    message: `The templates of '${environment}' are in a repository of their own, into which init does not write`,
    where: 'deploy.repository',
    remedy: 'Print the template with --dry-run, and commit it there: slipway init --deploy swarm --dry-run > shop.yml',
  });
}

function isThere(path: string): Failure {
  return new Failure('settings.usage', {
    message: `${path} is there already`,
    where: path,
    remedy: 'See what would be written with --dry-run; --force overwrites it.',
  });
}
