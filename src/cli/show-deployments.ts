import { describeError } from '../core/failure.js';
import type { DeploymentPlan } from '../core/plan.js';
import type { RolloutPreview } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import type { DeployJob } from '../run/deploy-release.js';
import { rewriteTemplate } from '../run/rewrite-template.js';
import { templateFormats } from '../targets/index.js';
import { openOrchestrator, openStore } from './deploy-site.js';
import type { CommandResult } from './result.js';
import { contextOf, type World } from './world.js';

/** What a deployment would change: in the template, and, where the target can say it beforehand, on the orchestrator. */
export async function showDeployments(
  world: World,
  jobs: readonly DeployJob[],
  opened?: TemplateStore,
): Promise<CommandResult> {
  const shown: { readonly job: DeployJob; readonly preview: RolloutPreview | string | undefined }[] = [];
  for (const job of jobs) shown.push({ job, preview: await previewOf(world, job, opened) });
  return {
    text: shown.map(({ job, preview }) => formatShown(job, preview)).join(''),
    json: {
      format: 1,
      deployments: shown.map(({ job: { plan, wanted }, preview }) => ({
        ...plan,
        image: wanted.image,
        version: wanted.version,
        preview: typeof preview === 'object' ? preview : null,
        ...(typeof preview === 'string' && { previewFailure: preview }),
      })),
      image: jobs[0]?.wanted.image,
    },
  };
}

function formatShown({ plan, wanted }: DeployJob, preview: RolloutPreview | string | undefined): string {
  const template =
    plan.currentImage === wanted.image ? `  = ${wanted.image}\n` : `  - ${plan.currentImage}\n  + ${wanted.image}\n`;
  return `${plan.environment}/${plan.service} (${plan.target}, ${plan.template})\n${template}${formatPreview(plan, preview)}`;
}

function formatPreview(plan: DeploymentPlan, preview: RolloutPreview | string | undefined): string {
  if (preview === undefined) return '';
  if (typeof preview === 'string') return `  ${plan.target} could not be asked: ${preview}\n`;
  const by = preview.by === 'server' ? `${plan.target} plans` : `compared with what ${plan.target} has`;
  const head = preview.change === 'none' ? 'nothing to change' : preview.change;
  return `  ${by}: ${head}\n${preview.lines.map((line) => `    ${line}\n`).join('')}`;
}

/** Undefined: the target has no preview. A text: it has one, and could not be asked. */
async function previewOf(
  world: World,
  { plan, wanted }: DeployJob,
  opened: TemplateStore | undefined,
): Promise<RolloutPreview | string | undefined> {
  const format = templateFormats.find(({ name }) => name === plan.target);
  if (format === undefined) return undefined;
  const store = opened ?? (await openStore(world, plan.source));
  try {
    const files = await store.read(plan.template);
    const text = files.find(({ path }) => path === plan.template)?.text ?? '';
    const template = rewriteTemplate(format, plan, wanted, text);
    const orchestrator = await openOrchestrator(world, plan);
    orchestrator.check(plan, template);
    return await orchestrator.preview?.({ plan, template, image: wanted.image }, contextOf(world)).catch((error) => {
      world.signal.throwIfAborted();
      return describeError(error);
    });
  } finally {
    if (opened === undefined) await store.close();
  }
}
