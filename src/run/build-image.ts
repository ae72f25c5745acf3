import type { BuildJob, Engine, PackedImage, RunContext, SourceFiles } from '../core/engine.js';
import { formatImageReference } from '../core/image-name.js';
import type { Artifacts, BuildRun, Image, ImageOrigin, Plan } from '../core/plan.js';

/** What a build needs beside the plan: all that belongs to this machine. */
export interface BuildSite {
  readonly engine: Engine;
  readonly sources: SourceFiles;
  /** Names the caches of this project on this machine. */
  readonly cacheProject: string;
  /** Make an empty directory for the outputs. */
  readonly makeOutputDirectory: () => Promise<string>;
  /** Remove it, whatever happened. */
  readonly removeOutputDirectory: (directory: string) => Promise<void>;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Who runs this build. */
  readonly run: BuildRun;
}

/** The image, and how long each stage took. */
export interface BuiltImage {
  readonly image: Image;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Build, pack and try what the plan says. Throws `build.*`. */
export async function buildImage(plan: Plan, site: BuildSite, context: RunContext): Promise<BuiltImage> {
  const milliseconds: Record<string, number> = {};
  const outputDirectory = await site.makeOutputDirectory();
  try {
    const artifacts = await timed(site, milliseconds, 'build', () =>
      site.engine.build(buildJob(plan, site, outputDirectory), context),
    );
    const packed = await timed(site, milliseconds, 'pack', () => {
      context.progress.step(`pack   ${referenceOf(plan)}`);
      return site.engine.pack({ artifacts, image: plan.image, tags: plan.version.tags }, context);
    });
    await timed(site, milliseconds, 'try', () => tryImage(plan, artifacts, site.engine, packed.id, context));
    return { image: imageOf(plan, packed, originOf(plan, artifacts, packed, site.run)), milliseconds };
  } finally {
    await site.removeOutputDirectory(outputDirectory);
  }
}

function buildJob(plan: Plan, site: BuildSite, outputDirectory: string): BuildJob {
  return {
    project: site.cacheProject,
    kind: plan.project.kind,
    builder: plan.builder,
    sources: site.sources,
    outputDirectory,
  };
}

/** The builder's shell asks: the image itself may have none. */
async function tryImage(plan: Plan, built: Artifacts, engine: Engine, id: string, context: RunContext): Promise<void> {
  const wanted = plan.image.try;
  if (wanted === undefined) return;
  const { probe } = wanted;
  context.progress.step(
    probe === undefined ? 'try    no port is known' : `try    port ${probe.port}${probe.path ?? ''}`,
  );
  const { answer, milliseconds } = await engine.tryImage(id, wanted, built.builder, context);
  const seen = probe === undefined ? answer : `answered ${answer}`;
  context.progress.info(`${seen} after ${(milliseconds / 1000).toFixed(1)} s`);
}

function originOf(plan: Plan, artifacts: Artifacts, packed: PackedImage, run: BuildRun): ImageOrigin {
  const facts = Object.entries(plan.project.facts).map(([name, { value }]) => [name, value] as const);
  return {
    source: plan.source,
    facts: Object.fromEntries(facts),
    platform: plan.image.platform,
    builder: artifacts.builtIn,
    bases: packed.bases,
    steps: plan.builder.steps,
    env: plan.builder.env,
    dockerfile: plan.image.dockerfile,
    run,
  };
}

function imageOf(plan: Plan, packed: PackedImage, origin: ImageOrigin): Image {
  return {
    format: 1,
    id: packed.id,
    repository: plan.image.repository,
    ...(plan.image.also && { also: plan.image.also }),
    tags: plan.version.tags,
    ...(plan.version.moving && { moving: plan.version.moving }),
    version: plan.version.version,
    kind: plan.project.kind,
    size: packed.size,
    ...(plan.source.revision !== undefined && { revision: plan.source.revision }),
    origin,
  };
}

/** `repository:tag` of the image's immutable tag. */
export function referenceOf(plan: Plan): string {
  const [tag] = plan.version.tags;
  return formatImageReference({ repository: plan.image.repository, ...(tag && { tag }) });
}

async function timed<T>(
  site: BuildSite,
  into: Record<string, number>,
  stage: string,
  work: () => Promise<T>,
): Promise<T> {
  const start = site.now();
  try {
    return await work();
  } finally {
    into[stage] = Math.round(site.now() - start);
  }
}
