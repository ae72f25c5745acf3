import type { RunContext } from '../core/engine.js';
import { describeError, Failure } from '../core/failure.js';
import type { DeploymentPlan } from '../core/plan.js';
import type { Orchestrator, TemplateFormat } from '../core/target.js';
import type { DeploymentEnd, LandedIntent, Proposal, TemplateIntent, TemplateStore } from '../core/template-store.js';
import { imageInTemplate, rewriteTemplate } from './rewrite-template.js';
import type { WantedRelease } from './wanted-release.js';

/** A service's template with the release in it. */
export interface LandedTemplate {
  readonly text: string;
  /** As it was before the release; undefined where the release was in it already and nobody knows what was before. */
  readonly before?: string;
  readonly commit?: string;
  readonly record?: string;
  readonly proposal?: Proposal;
  /** The release was in the template, and the run that put it there never said how that ended. */
  readonly continued: boolean;
}

/** What landing needs. */
export interface LandingSite {
  readonly plan: DeploymentPlan;
  readonly format: TemplateFormat;
  readonly orchestrator: Orchestrator;
  readonly store: TemplateStore;
}

/** A person's rollback instead of a release's first deployment. */
export interface LandingWords {
  readonly pinned?: boolean;
  /** The record that is taken back. */
  readonly rollbackOf?: string;
  readonly because?: string;
  readonly guard?: TemplateIntent['guard'];
}

/** Put the release into the template, in git. Throws what the store and the rewriting throw; nothing is landed then. */
export async function landTemplate(
  site: LandingSite,
  wanted: WantedRelease,
  words: LandingWords,
  context: RunContext,
): Promise<LandedTemplate> {
  const { plan, store } = site;
  const landed = await store.apply(
    {
      path: plan.template,
      rewrite: (text) => rewriteFor(site, wanted, text),
      currentImage: (text) => imageIn(site, text),
      expectedImage: plan.currentImage,
      deployment: {
        environment: plan.environment,
        service: plan.service,
        version: wanted.version,
        image: wanted.image,
        ...(wanted.revision !== undefined && { revision: wanted.revision }),
        ...(wanted.run !== undefined && { run: wanted.run }),
        ...(words.pinned && { pinned: true }),
        ...(words.rollbackOf !== undefined && { rollbackOf: words.rollbackOf }),
        ...(words.because !== undefined && { because: words.because }),
      },
      ...(words.guard && { guard: words.guard }),
    },
    context.progress,
  );
  tellLanded(plan, wanted, landed, context);
  const { text, before, commit, record, proposal } = landed;
  if (before === text) return { text, ...(await recallLanding(site, wanted)) };
  return {
    text,
    before,
    continued: false,
    ...(commit !== undefined && { commit }),
    ...(record !== undefined && { record }),
    ...(proposal && { proposal }),
  };
}

function tellLanded(plan: DeploymentPlan, wanted: WantedRelease, landed: LandedIntent, context: RunContext): void {
  if (landed.proposal !== undefined) return;
  context.progress.info(
    landed.commit === undefined
      ? `${plan.template} names ${wanted.image}`
      : `${plan.template} committed as ${landed.commit.slice(0, 12)}`,
  );
}

/** The text with the release in it, and proof that the orchestrator could take it. Pure. */
export function rewriteFor(site: LandingSite, wanted: WantedRelease, text: string): string {
  const rewritten = rewriteTemplate(site.plan, wanted, [site.format], text).text;
  site.orchestrator.check(site.plan, rewritten);
  return rewritten;
}

/** The service's image in a text; undefined where it has none. */
export function imageIn(site: Pick<LandingSite, 'plan' | 'format'>, text: string): string | undefined {
  return imageInTemplate(site.plan, [site.format], text);
}

/**
 * The release is in the template already. A record of it without an outcome is of a run that died between git and the
 * orchestrator, on whatever machine: this run carries it on, and what was before is what git had before.
 */
async function recallLanding(
  { plan, store }: LandingSite,
  wanted: WantedRelease,
): Promise<Pick<LandedTemplate, 'before' | 'record' | 'continued'>> {
  const { environment, service } = plan;
  const [newest, previous] = await store.history({ environment, service, limit: 2 });
  if (newest === undefined || newest.image !== wanted.image) return { continued: false };
  if (newest.outcome !== undefined && newest.outcome !== 'unknown') return { continued: false };
  const parent = await store.readAt(`${newest.commit}^`, plan.template).catch(() => undefined);
  const before = parent ?? (previous && (await store.readAt(previous.commit, previous.template)));
  return { continued: true, record: newest.commit, ...(before !== undefined && { before }) };
}

/** What became of a template that was to be put back. */
export type PutBack =
  | { readonly done: true; readonly image: string; readonly commit?: string }
  | { readonly done: false; readonly drift: string };

/**
 * Write into git again what was there before, as a change of its own, whatever else was changed meanwhile. Never throws for what git
 * or another actor does: that git and the orchestrator differ then is said.
 */
export async function putTemplateBack(
  site: LandingSite,
  landed: LandedTemplate,
  wanted: WantedRelease,
  words: { readonly because: string; readonly ended: DeploymentEnd },
  context: RunContext,
): Promise<PutBack> {
  const { plan, store } = site;
  const image = landed.before === undefined ? undefined : imageIn(site, landed.before);
  if (landed.before === undefined || image === undefined)
    return { done: false, drift: `${plan.template} names ${wanted.image}: what it named before is not known` };
  const { before } = landed;
  try {
    const back = await store.apply(
      {
        path: plan.template,
        rewrite: (text) =>
          text === landed.text
            ? before
            : site.format.rewrite(plan.template, text, plan.service, [{ path: 'image', value: image }]).text,
        currentImage: (text) => imageIn(site, text),
        expectedImage: wanted.image,
        deployment: {
          environment: plan.environment,
          service: plan.service,
          version: await versionOf(site, image),
          image,
          because: words.because,
          ended: words.ended,
          ...(landed.record !== undefined && { rollbackOf: landed.record }),
        },
      },
      context.progress,
    );
    return { done: true, image, ...(back.commit !== undefined && { commit: back.commit }) };
  } catch (error) {
    context.signal.throwIfAborted();
    const superseded = error instanceof Failure && error.code === 'deploy.superseded';
    const drift = superseded
      ? `${plan.template} was changed by somebody else meanwhile and is left as it is (${describeError(error)})`
      : `${plan.template} still names ${wanted.image}, since it could not be put back to ${image} (${describeError(error)})`;
    return { done: false, drift };
  }
}

/** As it was recorded; else by its tag. */
async function versionOf({ plan, store }: LandingSite, image: string): Promise<string> {
  const { environment, service } = plan;
  const records = await store.history({ environment, service, limit: 20 }).catch(() => []);
  return records.find((record) => record.image === image)?.version ?? tagOf(image) ?? image;
}

function tagOf(image: string): string | undefined {
  return /:([^/:@]+)(?:@|$)/.exec(image)?.[1];
}
