import { Failure } from '../core/failure.js';
import type { DeploymentPlan, Release } from '../core/plan.js';
import type { RewrittenTemplate, TemplateEdit, TemplateFormat } from '../core/target.js';

/**
 * A template with what the plan wants of it: its values (`set`), of which the release's facts are put in, and last the image. Pure.
 * `image`: the release's, as it is written. `run`: what CI run it is, a URL or a number. Throws what `TemplateFormat.rewrite` throws, and `settings.plan-file` for a target that
 * this Slipway does not have.
 */
export function rewriteTemplate(
  plan: DeploymentPlan,
  release: Release,
  image: string,
  formats: readonly TemplateFormat[],
  text: string,
  run?: string,
): RewrittenTemplate {
  const format = formatOf(plan, formats);
  return format.rewrite(plan.template, text, plan.service, [
    ...editsOf(plan, release, run),
    { path: 'image', value: image },
  ]);
}

/** The service's image in a text of the plan's template; undefined where there is none. */
export function imageInTemplate(
  plan: DeploymentPlan,
  formats: readonly TemplateFormat[],
  text: string,
): string | undefined {
  const services = formatOf(plan, formats).read(plan.template, text, true);
  return services?.find((service) => service.id === plan.service)?.image;
}

function editsOf(plan: DeploymentPlan, release: Release, run: string | undefined): readonly TemplateEdit[] {
  const facts: Readonly<Record<string, string | undefined>> = {
    version: release.version,
    revision: release.commit,
    digest: release.digest,
    run,
  };
  return Object.entries(plan.set ?? {}).map(([path, value]) => ({ path, value: fillIn(path, value, facts) }));
}

/** `{version}` and the like; every other brace stays. Throws `settings.invalid` for a fact that this release has not. */
function fillIn(path: string, value: string, facts: Readonly<Record<string, string | undefined>>): string {
  return value.replace(/\{(version|revision|digest|run)\}/g, (written, name: string) => {
    const fact = facts[name];
    if (fact !== undefined) return fact;
    throw new Failure('settings.invalid', {
      message: `'${path}' is to have ${written}, and this release has no ${name}`,
      where: 'deploy.environments.<name>.set',
      remedy: name === 'run' ? 'Deploy in a CI run, or leave {run} out.' : `Release a commit, or leave ${written} out.`,
    });
  });
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
