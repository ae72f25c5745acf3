import { Failure } from '../core/failure.js';
import type { GitFacts } from '../core/history.js';
import type { DeploymentPlan, Plan, SourceFacts } from '../core/plan.js';
import type { Project } from '../core/project.js';
import type { Template } from '../io/templates.js';
import { assemblePlan, type PlanChoices, type PlanInput, planRecipe } from '../plan/assemble.js';
import { planDeployment } from '../plan/deployments.js';
import { pinsFile } from '../plan/pins.js';
import { detectProject, kindNamed } from '../projects/detect-project.js';
import { kinds } from '../projects/index.js';
import { hintsFrom } from '../settings/hints.js';
import type { Settings } from '../settings/settings.js';
import { openTree } from './built-jar.js';
import { environmentOf, planChoices } from './choices.js';
import type { BuildFacts } from './explain/build-lines.js';
import { loadKindTemplate, reviewOwnTemplates } from './kind-template.js';
import { choosePins } from './pins.js';
import { readHandOver } from './read-hand-over.js';
import { readVersion } from './read-version.js';
import type { World } from './world.js';

/** What the project is. Throws `detect.*`, `settings.*`. */
export async function detect(world: World): Promise<Project> {
  const settings = await world.settings();
  const { kind, name } = settings.values;
  return detectProject(await openTree(world), kinds, {
    hints: hintsFrom(settings),
    ...(kind !== undefined && { kind }),
    ...(name !== undefined && { name }),
  });
}

/** Everything a plan is assembled from, without its deployments: reading only. */
export async function readPlanInput(world: World): Promise<PlanInput & { readonly template: Template }> {
  const settings = await world.settings();
  const history = readVersion(world);
  history.catch(() => {});
  const project = await detect(world);
  const kind = kindNamed(kinds, project.kind);
  const template = loadKindTemplate(world, settings, kind.name);
  const { git, decision } = await history;
  return {
    project,
    kind,
    source: sourceFacts(git),
    version: decision.plan,
    choices: planChoicesWithPins(world, settings, project.name),
    template,
    deployments: [],
  };
}

/** What would be built of a project, without git's history: nothing of it depends on the version. Throws `detect.*`, `settings.*`. */
export async function readBuildFacts(world: World, project: Project): Promise<BuildFacts> {
  const settings = await world.settings();
  const kind = kindNamed(kinds, project.kind);
  const choices = planChoicesWithPins(world, settings, project.name);
  const recipe = planRecipe({ kind, project, choices, version: '0.0.0' });
  const { builderDockerfile, platform } = choices;
  return {
    recipe,
    platform,
    template: loadKindTemplate(world, settings, kind.name).origin,
    pins: pinsFile,
    ...(builderDockerfile !== undefined && { builderDockerfile }),
  };
}

function planChoicesWithPins(world: World, settings: Settings, name: string): PlanChoices {
  const pins = choosePins(world, settings);
  return { ...planChoices(settings, name), ...(pins && { pins }) };
}

/** Make the plan; with `deploy`, find and prove the rewrite of the environment's template as well. */
export async function makePlan(world: World, wanted: { readonly deploy: boolean }): Promise<Plan> {
  const input = await readPlanInput(world);
  const plan = assemblePlan({ ...input, deployments: wanted.deploy ? await planDeployments(world, input) : [] });
  reviewOwnTemplates(world, [input.template], plan.image.dockerfile, 'packed');
  return plan;
}

/** The plan of `--plan FILE`, else a new one. Throws `settings.plan-file` for one that was made of another commit. */
export async function followOrMakePlan(world: World, wanted: { readonly deploy: boolean }): Promise<Plan> {
  const file = world.options.plan;
  if (file === undefined) return makePlan(world, wanted);
  const { parsePlanFile } = await import('../plan/plan-file.js');
  const plan = parsePlanFile(readHandOver(file, 'plan'), file);
  await checkPlanIsOfThisTree(world, plan, file);
  return plan;
}

async function checkPlanIsOfThisTree(world: World, plan: Plan, file: string): Promise<void> {
  const { git } = await readVersion(world);
  if (git.revision === plan.source.revision && git.dirty === plan.source.dirty) return;
  throw new Failure('settings.plan-file', {
    message: `The plan was made of ${describeSource(plan.source)}, and this tree is ${describeSource(git)}`,
    where: file,
    remedy: 'Check out the commit of the plan, or make the plan again.',
  });
}

function describeSource(source: SourceFacts): string {
  const commit = source.revision === undefined ? 'no commit' : `commit ${source.revision.slice(0, 12)}`;
  return source.dirty ? `${commit} with uncommitted changes` : commit;
}

function sourceFacts(git: GitFacts): SourceFacts {
  const { revision, branch, committedAt, url, dirty } = git;
  return {
    ...(revision !== undefined && { revision }),
    ...(branch !== undefined && { branch }),
    ...(committedAt !== undefined && { committedAt }),
    ...(url !== undefined && { url }),
    dirty,
  };
}

async function planDeployments(world: World, input: PlanInput): Promise<readonly DeploymentPlan[]> {
  const environment = environmentOf(await world.settings(), world.options.service);
  if (environment === undefined) return [];
  const [{ templateFormats }, { openStore, openChecker }] = await Promise.all([
    import('../targets/index.js'),
    import('./deploy-site.js'),
  ]);
  const store = await openStore(world, environment.source);
  try {
    const files = await store.read(environment.path);
    const [tag] = input.version.tags;
    const image = { repository: input.choices.repository, ...(tag && { tag }) };
    const plan = planDeployment(environment, files, templateFormats, image);
    const text = files.find((file) => file.path === plan.template)?.text ?? '';
    await openChecker(world, plan).then((check) => check(plan, text));
    return [plan];
  } finally {
    await store.close();
  }
}
