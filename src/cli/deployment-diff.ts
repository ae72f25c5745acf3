import { parseDigest } from '../core/image-name.js';
import type { Plan, Release } from '../core/plan.js';
import { readCiFacts } from '../io/ci.js';
import { rewriteTemplate } from '../run/rewrite-template.js';
import { wantedOfRelease } from '../run/wanted-release.js';
import { templateFormats } from '../targets/index.js';
import { openStore } from './deploy-site.js';
import { formatTemplateDiff } from './template-diff.js';
import type { World } from './world.js';

const unknownDigest = '0'.repeat(64);

/**
 * What a plan that is not carried out yet will change in its deployments' templates, as unified diffs: reads, and writes nothing. Empty
 * where there is nothing to change. Throws what rewriting throws.
 */
export async function diffPlan(world: World, plan: Plan): Promise<string> {
  const wanted = wantedOfRelease(releaseToBe(plan), readCiFacts(world.environment).runNumber);
  const diffs: string[] = [];
  for (const deployment of plan.deployments) {
    const store = await openStore(world, deployment.source);
    try {
      const files = await store.read(deployment.template);
      const before = files.find((file) => file.path === deployment.template)?.text ?? '';
      const { text } = rewriteTemplate(deployment, wanted, templateFormats, before);
      diffs.push(await formatTemplateDiff(deployment.template, before, text, world.screen));
    } finally {
      await store.close();
    }
  }
  return diffs.join('').replaceAll(unknownDigest, '<known after the push>');
}

/** Its digest is not known yet. */
function releaseToBe(plan: Plan): Release {
  return {
    format: 1,
    repository: plan.image.repository,
    digest: parseDigest(`sha256:${unknownDigest}`),
    version: plan.version.version,
    tags: plan.version.tags,
    size: 0,
    kind: plan.project.kind,
    ...(plan.source.revision !== undefined && { commit: plan.source.revision }),
  };
}
