import type { Repository } from '../core/image-name.js';
import type { ProjectKind } from '../core/kind.js';
import {
  type BuilderPlan,
  type DeploymentPlan,
  freezeDeep,
  type ImagePlan,
  type MountPlan,
  type Plan,
  type SourceFacts,
  type TryPlan,
  type VersionPlan,
} from '../core/plan.js';
import type { Project } from '../core/project.js';
import type { Recipe } from '../core/recipe.js';
import {
  type DockerfileInput,
  renderDockerignore,
  renderRuntimeDockerfile,
  renderStandaloneDockerfile,
} from '../dockerfile/index.js';
import { baseLabels, imageLabels } from './labels.js';
import { type PinChoice, pinImage } from './pins.js';

/** What a person decided, as far as a plan depends on it. Undefined: detection or the default decides. */
export interface PlanChoices {
  readonly repository: Repository;
  /** The image's names in further registries. */
  readonly also?: readonly Repository[];
  readonly platform: string;
  readonly base?: string;
  /** Digests for the builder and the base. */
  readonly pins?: PinChoice;
  readonly builderImage?: string;
  /** Path in the project of a Dockerfile that makes the builder. */
  readonly builderDockerfile?: string;
  readonly mounts: readonly MountPlan[];
  readonly timeoutSeconds: number;
  readonly transfer: BuilderPlan['transfer'];
  readonly try: {
    readonly enabled: boolean;
    readonly timeoutSeconds: number;
    readonly path?: string;
    readonly port?: number;
    readonly environment: Readonly<Record<string, string>>;
  };
}

/** A template's text and where it came from, for messages. */
export interface Template {
  readonly text: string;
  readonly origin: string;
}

export interface PlanInput {
  readonly project: Project;
  readonly kind: ProjectKind;
  readonly source: SourceFacts;
  readonly version: VersionPlan;
  readonly choices: PlanChoices;
  readonly template: Template;
  readonly deployments: readonly DeploymentPlan[];
}

/** Put every decision into one frozen value. Pure. Throws `detect.template`, `detect.hostile`, `detect.unsupported`. */
export function assemblePlan(input: PlanInput): Plan {
  const recipe = planRecipe({ ...input, version: input.version.version });
  const dockerfile = dockerfileInput(input, recipe, {
    ...imageLabels(input.project.name, input.source, input.version),
    ...baseLabels(recipe.base),
  });
  return freezeDeep<Plan>({
    format: 1,
    project: input.project,
    source: input.source,
    version: input.version,
    builder: builderPlan(recipe, input.choices),
    image: imagePlan(
      input.choices,
      recipe,
      dockerfile.labels,
      renderRuntimeDockerfile(input.template.text, dockerfile),
    ),
    deployments: input.deployments,
  });
}

/** A Dockerfile that builds the project from source with plain `docker build`, and the `.dockerignore` beside it. */
export interface StandaloneFiles {
  readonly dockerfile: string;
  readonly dockerignore: string;
}

/**
 * The standalone Dockerfile. It holds nothing that changes with every commit (version, revision, time) or with the clone
 * (its origin), so that it can be committed itself and checked anywhere; a build adds those as labels. Pure. Throws as `assemblePlan`.
 */
export function assembleStandalone(input: PlanInput, buildStage: string): StandaloneFiles {
  const recipe = planRecipe({ ...input, version: '0.0.0' });
  const labels = { ...imageLabels(input.project.name, { dirty: false }, undefined), ...baseLabels(recipe.base) };
  const dockerfile = dockerfileInput(input, recipe, labels);
  return {
    dockerfile: renderStandaloneDockerfile(input.template.text, buildStage, dockerfile),
    dockerignore: renderDockerignore(recipe),
  };
}

function dockerfileInput(input: PlanInput, recipe: Recipe, labels: Readonly<Record<string, string>>): DockerfileInput {
  return { project: input.project, recipe, labels, templatePath: input.template.origin };
}

/** The kind's recipe under the person's choices, its images pinned. Throws `settings.invalid` where a pin must be and is not. */
export function planRecipe(
  input: Pick<PlanInput, 'kind' | 'project' | 'choices'> & { readonly version: string },
): Recipe {
  const { choices } = input;
  const recipe = input.kind.recipe(input.project, {
    platform: choices.platform,
    version: input.version,
    ...(choices.base !== undefined && { base: choices.base }),
    ...(choices.builderImage !== undefined && { builder: choices.builderImage }),
  });
  const hasOwnBuilder = choices.builderDockerfile !== undefined;
  return {
    ...recipe,
    builder: hasOwnBuilder ? recipe.builder : pinImage(recipe.builder, choices.pins),
    base: pinImage(recipe.base, choices.pins),
  };
}

function builderPlan(recipe: Recipe, choices: PlanChoices): BuilderPlan {
  return {
    from:
      choices.builderDockerfile === undefined ? { image: recipe.builder } : { dockerfile: choices.builderDockerfile },
    steps: recipe.steps,
    env: recipe.env,
    caches: recipe.caches,
    outputs: recipe.outputs,
    mounts: choices.mounts
      .filter((mount) => recipe.mounts.includes(mount.name))
      .map((mount) => (mount.name === 'npmrc' && recipe.variables ? { ...mount, variables: recipe.variables } : mount)),
    timeoutSeconds: choices.timeoutSeconds,
    transfer: choices.transfer,
  };
}

function imagePlan(
  choices: PlanChoices,
  recipe: Recipe,
  labels: Readonly<Record<string, string>>,
  dockerfile: string,
): ImagePlan {
  const tried = tryPlan(choices, recipe);
  return {
    repository: choices.repository,
    ...(choices.also && { also: choices.also }),
    platform: choices.platform,
    dockerfile,
    labels,
    ...(tried && { try: tried }),
  };
}

function tryPlan(choices: PlanChoices, recipe: Recipe): TryPlan | undefined {
  const port = choices.try.port ?? recipe.probe?.port;
  if (!choices.try.enabled) return undefined;
  const path = choices.try.path ?? recipe.probe?.path;
  return {
    ...(port !== undefined && { probe: { port, ...(path !== undefined && { path }) } }),
    timeoutSeconds: choices.try.timeoutSeconds,
    env: choices.try.environment,
  };
}
