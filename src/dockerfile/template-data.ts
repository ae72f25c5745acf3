import { Failure } from '../core/failure.js';
import { tryParseImageReference } from '../core/image-name.js';
import type { Facts, FactValue } from '../core/project.js';
import type { Output, Recipe } from '../core/recipe.js';
import { type BuildStageData, buildStageData } from './build-stage-data.js';
import { printable, quoteJson, quoteWord } from './quote.js';

/** What a Dockerfile is made from: plain data, free of secrets and of paths of the host. */
export interface DockerfileInput {
  readonly project: { readonly kind: string; readonly name: string; readonly facts: Facts };
  readonly recipe: Recipe;
  /** In the order in which they will stand in the Dockerfile. */
  readonly labels: Readonly<Record<string, string>>;
  /** What a failure names the template by. */
  readonly templatePath?: string;
}

/**
 * What every template gets as `it`. Version 1: fields may be added, none is renamed or removed before version 2.
 */
export interface TemplateData {
  readonly version: 1;
  readonly project: { readonly kind: string; readonly name: string };
  /** Values of the facts by key, without their evidence: `it.facts['go.version']`. */
  readonly facts: Readonly<Record<string, FactValue>>;
  /** The whole recipe; `it.recipe.data` is what the kind gives its own template. */
  readonly recipe: Recipe;
  readonly image: {
    /** Reference for FROM. */
    readonly base: string;
    /** `uid:gid`, numeric. */
    readonly user: string;
    readonly entrypoint: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly port?: number;
    /** Argv for `HEALTHCHECK CMD`. */
    readonly healthcheck?: readonly string[];
    /** Their `to` is what COPY takes from the context. */
    readonly outputs: readonly Output[];
  };
  /** True when the Dockerfile also builds, so that plain `docker build` of the sources does it all. */
  readonly standalone: boolean;
  /** The build stage's text in a standalone Dockerfile, ending with an empty line; otherwise ''. */
  readonly buildStage: string;
  /** Stands before a COPY's source: `--from=build /out/` in a standalone Dockerfile, otherwise ''. */
  readonly copyPrefix: string;
  /** What a build stage is made of. */
  readonly build: BuildStageData;
  /** One line of JSON: for exec forms. */
  json(value: unknown): string;
  /** One double-quoted word in which nothing is expanded: for LABEL and ENV. Throws for control characters. */
  quote(text: string): string;
}

/** Which of the two Dockerfiles, with the build stage of the standalone one. */
export type Form = { readonly standalone: false } | { readonly standalone: true; readonly buildStage: string };

/** Throws `settings.invalid` for a base, a builder or a label's name that cannot be written in a Dockerfile. */
export function makeTemplateData(input: DockerfileInput, form: Form): TemplateData {
  const { recipe } = input;
  checkInput(input);
  return {
    version: 1,
    project: { kind: input.project.kind, name: input.project.name },
    facts: factValues(input.project.facts),
    recipe,
    image: {
      base: recipe.base,
      user: recipe.user,
      entrypoint: recipe.entrypoint,
      labels: input.labels,
      ...(recipe.probe && { port: recipe.probe.port }),
      ...(recipe.healthcheck && { healthcheck: recipe.healthcheck }),
      outputs: recipe.outputs,
    },
    standalone: form.standalone,
    buildStage: form.standalone ? form.buildStage : '',
    copyPrefix: form.standalone ? '--from=build /out/' : '',
    build: buildStageData(recipe),
    json: quoteJson,
    quote: quoteWord,
  };
}

function factValues(facts: Facts): Readonly<Record<string, FactValue>> {
  return Object.fromEntries(Object.entries(facts).flatMap(([key, fact]) => (fact ? [[key, fact.value]] : [])));
}

const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const labelName = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;
const cachePath = /^(?:\/[A-Za-z0-9._@+-]+)+$/;

function checkInput({ recipe, labels }: DockerfileInput): void {
  checkImage(recipe.base, 'base');
  checkImage(recipe.builder, 'builder');
  checkEach(Object.keys(labels), labelName, 'the name of a label');
  checkEach(Object.keys(recipe.env), environmentName, 'the name of an environment variable');
  checkEach(
    recipe.caches.map((cache) => cache.path),
    cachePath,
    'an absolute path for a cache',
  );
  checkEach(
    recipe.caches.map((cache) => cache.name),
    /^[a-z0-9-]+$/,
    'the name of a cache',
  );
  checkEach([recipe.user], /^[0-9]+(?::[0-9]+)?$/, 'a numeric user, uid:gid');
}

function checkImage(image: string, setting: string): void {
  if (tryParseImageReference(image) || image === 'scratch') return;
  throw new Failure('settings.invalid', {
    message: `${printable(image)} is not an image`,
    where: setting,
    remedy: 'Give an image as repository:tag, e.g. debian:bookworm-slim.',
  });
}

function checkEach(texts: readonly string[], pattern: RegExp, meaning: string): void {
  const wrong = texts.find((text) => !pattern.test(text));
  if (wrong === undefined) return;
  throw new Failure('detect.hostile', { message: `${printable(wrong)} cannot be ${meaning}` });
}
