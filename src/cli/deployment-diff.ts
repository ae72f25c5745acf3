import { parseDigest } from '../core/image-name.js';
import type { DeploymentPlan, Plan, Release } from '../core/plan.js';
import { releasedImage } from '../run/deploy-release.js';
import { rewriteTemplate } from '../run/rewrite-template.js';
import { openDeploySite } from './deploy-site.js';
import { formatTemplateDiff } from './template-diff.js';
import type { World } from './world.js';

const unknownDigest = '0'.repeat(64);

/**
 * What a release changes in the templates of its deployments, as unified diffs: reads, and writes nothing. Empty where the templates
 * have it all. Throws what rewriting throws.
 */
export async function diffDeployments(
  world: World,
  plans: readonly DeploymentPlan[],
  release: Release,
): Promise<string> {
  const site = openDeploySite(world);
  const diffs: string[] = [];
  for (const plan of plans) {
    const store = await site.openStore(plan);
    try {
      const files = await store.read(plan.template);
      const before = files.find((file) => file.path === plan.template)?.text ?? '';
      const { text } = rewriteTemplate(plan, release, releasedImage(release), site.formats, before, site.run);
      diffs.push(await formatTemplateDiff(plan.template, before, text, world.screen));
    } finally {
      await store.close();
    }
  }
  return diffs.join('').replaceAll(unknownDigest, '<known after the push>');
}

/** The same of a plan that has not been carried out: its digest is not known yet. */
export async function diffPlan(world: World, plan: Plan): Promise<string> {
  const { repository } = plan.image;
  const release: Release = {
    format: 1,
    repository,
    digest: parseDigest(`sha256:${unknownDigest}`),
    version: plan.version.version,
    tags: plan.version.tags,
    size: 0,
    kind: plan.project.kind,
    ...(plan.source.revision !== undefined && { commit: plan.source.revision }),
  };
  return diffDeployments(world, plan.deployments, release);
}
