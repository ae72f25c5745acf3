import type { DeploymentPlan } from '../core/plan.js';
import type { TemplateFormat } from '../core/target.js';
import type { WantedRelease } from './wanted-release.js';

/** The template with the release's image and the plan's values in it. Pure. Throws what the format's rewriting throws. */
export function rewriteTemplate(
  format: TemplateFormat,
  plan: DeploymentPlan,
  wanted: WantedRelease,
  text: string,
): string {
  return format.rewriteImage(plan.template, text, plan.service, wanted.image);
}
