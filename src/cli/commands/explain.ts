import { basename, relative, resolve } from 'node:path';
import { Failure } from '../../core/failure.js';
import type { Project } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { openSourceTree } from '../../io/source-tree.js';
import { kinds } from '../../projects/index.js';
import { detectionJson } from '../detection-json.js';
import type { BuildFacts } from '../explain/build-lines.js';
import { factNamed, formatFactPage } from '../explain/one-fact.js';
import { formatPage } from '../explain/page.js';
import { formatRefusal, openChoice, Refusal } from '../explain/refusal.js';
import { screenOf } from '../explain/screen.js';
import { detect, readBuildFacts } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway explain`: the project, why, what was not used, what will be built; or all about one fact. */
export async function runExplain(world: World): Promise<CommandResult> {
  const project = await detectOrExplain(world);
  const name = world.options.fact;
  if (name !== undefined) return explainFact(world, project, name);
  const build = await buildOrFailure(world, project);
  if (build instanceof Failure)
    throw world.options.json ? build : new Refusal(build, await formatProject(world, project, build));
  return {
    text: world.options.json ? '' : await formatProject(world, project, build),
    json: { ...detectionJson(project), build: buildJson(build) },
    outputs: { kind: project.kind },
  };
}

/**
 * `slipway detect` without `--json`: the page of `slipway explain`, as a person asks both the same. That nothing can be built
 * of the project is told, and is no failure: it was detected.
 */
export async function detectForPerson(world: World): Promise<CommandResult> {
  const project = await detectOrExplain(world);
  const text = await formatProject(world, project, await buildOrFailure(world, project));
  return { text, json: detectionJson(project), outputs: { kind: project.kind } };
}

/** The page. The settings' schema is loaded for people alone: a program has no use for it. */
async function formatProject(world: World, project: Project, build: BuildFacts | Failure): Promise<string> {
  const { settingPaths } = await import('../../settings/schema-paths.js');
  const paths = new Set(settingPaths());
  const isSetting = (key: string): boolean => paths.has(key);
  return formatPage({ project, tree: openQuotedTree(world), build, isSetting }, world.screen);
}

/** The project. Throws the refusal with the page for it, unless a program reads. */
async function detectOrExplain(world: World): Promise<Project> {
  try {
    return await detect(world);
  } catch (error) {
    if (!(error instanceof Failure) || world.options.json || !error.code.startsWith('detect.')) throw error;
    throw new Refusal(error, await refusalPage(error, world));
  }
}

/**
 * The project's files, to quote from. A settings file from elsewhere is told by its name alone, so that a file of that name in the
 * project is not the one that evidence means.
 */
function openQuotedTree(world: World): SourceTree {
  const tree = openSourceTree(world.root);
  const { config } = world.options;
  if (config === undefined || !relative(world.root, resolve(config)).startsWith('..')) return tree;
  return { ...tree, read: (path, role) => (path === basename(config) ? undefined : tree.read(path, role)) };
}

/** What would be built, or why there is no recipe for what was found: that is part of the answer. */
async function buildOrFailure(world: World, project: Project): Promise<BuildFacts | Failure> {
  try {
    return await readBuildFacts(world, project);
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('detect.')) return error;
    throw error;
  }
}

async function refusalPage(failure: Failure, world: World): Promise<string> {
  const [{ settingPaths }, { isValidSetting }] = await Promise.all([
    import('../../settings/schema-paths.js'),
    import('../../settings/setting-about.js'),
  ]);
  const choice = openChoice(failure, settingPaths(), isValidSetting);
  return formatRefusal(
    failure,
    openQuotedTree(world),
    kinds,
    choice,
    screenOf(process.stderr, world.environment).width,
  );
}

async function explainFact(world: World, project: Project, name: string): Promise<CommandResult> {
  const { aboutSetting } = await import('../../settings/setting-about.js');
  const fact = factNamed(project, name);
  return {
    text: formatFactPage(name, fact, openQuotedTree(world), aboutSetting(name), world.screen),
    json: { format: 1, key: name, ...fact },
    outputs: { kind: project.kind },
  };
}

/** Part of the contract of `slipway explain --json`, format 1. */
function buildJson({ recipe, platform, template, builderDockerfile }: BuildFacts): object {
  return {
    builder: builderDockerfile === undefined ? recipe.builder : null,
    base: recipe.base,
    platform,
    steps: recipe.steps.map(({ title }) => title),
    entrypoint: recipe.entrypoint,
    port: recipe.probe?.port ?? null,
    health: recipe.probe?.path ?? null,
    healthcheck: recipe.healthcheck ?? null,
    user: recipe.user,
    template,
  };
}
