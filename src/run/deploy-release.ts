import type { RunContext } from '../core/engine.js';
import { Failure } from '../core/failure.js';
import { formatImageReference } from '../core/image-name.js';
import type { Deployment, DeploymentPlan, Release } from '../core/plan.js';
import type { Orchestrator, TemplateFormat } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';

/** What a deployment needs beside the plan and the release. */
export interface DeploySite {
  readonly openStore: (plan: DeploymentPlan) => Promise<TemplateStore>;
  readonly formats: readonly TemplateFormat[];
  readonly openOrchestrator: (plan: DeploymentPlan) => Promise<Orchestrator>;
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
  const format = formatOf(plan, site.formats);
  const rewrite = (text: string): string => {
    const rewritten = format.rewriteImage(plan.template, text, plan.service, image);
    orchestrator.check(plan, rewritten);
    return rewritten;
  };
  const currentImage = (text: string): string | undefined =>
    format.read(plan.template, text)?.find((service) => service.id === plan.service)?.image;
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

function formatOf(plan: DeploymentPlan, formats: readonly TemplateFormat[]): TemplateFormat {
  const format = formats.find((candidate) => candidate.name === plan.target);
  if (format) return format;
  throw new Failure('settings.plan-file', {
    message: `The plan names the deploy target '${plan.target}', which this Slipway does not have`,
    remedy: 'Make the plan again with this version of Slipway.',
    candidates: formats.map((candidate) => candidate.name),
  });
}
