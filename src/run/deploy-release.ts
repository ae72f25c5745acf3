import type { RunContext } from '../core/engine.js';
import { formatImageReference } from '../core/image-name.js';
import type { Deployment, DeploymentPlan, Release } from '../core/plan.js';
import type { Orchestrator, TemplateFormat } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import { imageInTemplate, rewriteTemplate } from './rewrite-template.js';

/** What a deployment needs beside the plan and the release. */
export interface DeploySite {
  readonly openStore: (plan: DeploymentPlan) => Promise<TemplateStore>;
  readonly formats: readonly TemplateFormat[];
  readonly openOrchestrator: (plan: DeploymentPlan) => Promise<Orchestrator>;
  /** What `{run}` is in a plan's values: the number of the CI's run. Undefined: there is none. */
  readonly run?: string;
  /** A clock in milliseconds. */
  readonly now: () => number;
}

/**
 * Rewrite the template, land it in git, roll out and wait. Rerunning it after a death at any point ends in the same
 * state: the rewrite and the rollout are both no-ops where they were done. Throws `deploy.*`.
 */
export async function deployRelease(
  plan: DeploymentPlan,
  release: Release,
  site: DeploySite,
  context: RunContext,
): Promise<Deployment> {
  const start = site.now();
  const image = releasedImage(release);
  context.progress.step(`deploy ${plan.environment}: ${plan.service} (${plan.target})`);
  const store = await site.openStore(plan);
  try {
    const orchestrator = await site.openOrchestrator(plan);
    const landed = await landTemplate(plan, release, image, store, orchestrator, site, context);
    const job = { plan, template: landed.text, image };
    const rolledOut = await orchestrator.watch(job, await orchestrator.apply(job, context), context);
    return {
      format: 1,
      environment: plan.environment,
      target: plan.target,
      service: plan.service,
      image,
      ...rolledOut,
      ...(landed.commit !== undefined && { commit: landed.commit }),
      milliseconds: Math.round(site.now() - start),
    };
  } finally {
    await store.close();
  }
}

async function landTemplate(
  plan: DeploymentPlan,
  release: Release,
  image: string,
  store: TemplateStore,
  orchestrator: Orchestrator,
  site: DeploySite,
  context: RunContext,
): Promise<{ readonly text: string; readonly commit?: string }> {
  const rewrite = (text: string): string => {
    const rewritten = rewriteTemplate(plan, release, image, site.formats, text, site.run).text;
    orchestrator.check(plan, rewritten);
    return rewritten;
  };
  const currentImage = (text: string): string | undefined => imageInTemplate(plan, site.formats, text);
  const landed = await store.apply(
    {
      path: plan.template,
      rewrite,
      currentImage,
      expectedImage: plan.currentImage,
      deployment: {
        environment: plan.environment,
        service: plan.service,
        version: release.version,
        image,
        ...(release.commit !== undefined && { revision: release.commit }),
      },
    },
    context.progress,
  );
  context.progress.info(
    landed.commit === undefined
      ? `${plan.template} names ${image}`
      : `${plan.template} committed as ${landed.commit.slice(0, 12)}`,
  );
  return landed;
}

/** `repository:tag@digest`: the tag for people, the digest for machines. */
export function releasedImage(release: Release): string {
  const [tag] = release.tags;
  return formatImageReference({ repository: release.repository, ...(tag && { tag }), digest: release.digest });
}
