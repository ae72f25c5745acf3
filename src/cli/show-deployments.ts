import { describeError } from '../core/failure.js';
import type { DeploymentPlan } from '../core/plan.js';
import type { RolloutPreview } from '../core/target.js';
import type { TemplateStore } from '../core/template-store.js';
import type { DeployJob } from '../run/deploy-release.js';
import { rewriteTemplate } from '../run/rewrite-template.js';
import { templateFormats } from '../targets/index.js';
import { openOrchestrator, openStore } from './deploy-site.js';
import type { CommandResult } from './result.js';
import { formatTemplateDiff } from './template-diff.js';
import { contextOf, type World } from './world.js';

/** What a deployment would change: in the template, and, where the target can say it beforehand, on the orchestrator. */
export async function showDeployments(
  world: World,
  jobs: readonly DeployJob[],
  opened?: TemplateStore,
): Promise<CommandResult> {
  const shown: Shown[] = [];
  for (const job of jobs) shown.push(await lookAt(world, job, opened));
  return {
    text: shown.map(formatShown).join(''),
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

interface Shown {
  readonly job: DeployJob;
  /** A unified diff of the template; empty: it has it all. */
  readonly diff: string;
  /** Undefined: the target has no preview. A text: it has one, and could not be asked. */
  readonly preview: RolloutPreview | string | undefined;
}

function formatShown({ job: { plan }, diff, preview }: Shown): string {
  const head = `${plan.environment}/${plan.service} (${plan.target}, ${plan.template})\n`;
  return `${head}${diff || '  the template has it all\n'}${formatPreview(plan, preview)}`;
}

function formatPreview(plan: DeploymentPlan, preview: RolloutPreview | string | undefined): string {
  if (preview === undefined) return '';
  if (typeof preview === 'string') return `  ${plan.target} could not be asked: ${preview}\n`;
  const by = preview.by === 'server' ? `${plan.target} plans` : `compared with what ${plan.target} has`;
  const head = preview.change === 'none' ? 'nothing to change' : preview.change;
  return `  ${by}: ${head}\n${preview.lines.map((line) => `    ${line}\n`).join('')}`;
}

async function lookAt(world: World, job: DeployJob, opened: TemplateStore | undefined): Promise<Shown> {
  const { plan, wanted } = job;
  const store = opened ?? (await openStore(world, plan.source));
  try {
    const files = await store.read(plan.template);
    const text = files.find(({ path }) => path === plan.template)?.text ?? '';
    const template = rewriteTemplate(plan, wanted, templateFormats, text).text;
    const orchestrator = await openOrchestrator(world, plan);
    orchestrator.check(plan, template);
    const preview = await orchestrator
      .preview?.({ plan, template, image: wanted.image }, contextOf(world))
      .catch((error) => {
        world.signal.throwIfAborted();
        return describeError(error);
      });
    return { job, diff: await formatTemplateDiff(plan.template, text, template, world.screen), preview };
  } finally {
    if (opened === undefined) await store.close();
  }
}
