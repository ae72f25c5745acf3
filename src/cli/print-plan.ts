import type { Plan } from '../core/plan.js';
import type { Step } from '../core/recipe.js';

/** The plan as a person reads it before it is carried out. */
export function formatPlan(plan: Plan): string {
  const { builder, image, version, project } = plan;
  const from = 'image' in builder.from ? builder.from.image : `image of ${builder.from.dockerfile}`;
  return [
    `${project.name}: ${project.kind}, version ${version.version}`,
    `  ${version.because}`,
    '',
    `build in ${from} (at most ${builder.timeoutSeconds} s)`,
    ...builder.steps.map((step) => `  ${describeStep(step)}`),
    ...builder.caches.map((cache) => `  cache ${cache.name} at ${cache.path}`),
    ...builder.mounts.map((mount) => `  ${mount.name} of this host, read-only`),
    ...builder.outputs.map((output) => `  output ${output.from} → ${output.to}`),
    '',
    `image ${image.repository} for ${image.platform}`,
    ...(image.also ?? []).map((repository) => `  also pushed to ${repository}`),
    ...version.tags.map((tag) => `  tag ${tag}`),
    ...(version.moving ?? []).map(({ tag, because }) => `  moving tag ${tag}, where no newer one has it: ${because}`),
    ...image.dockerfile
      .trimEnd()
      .split('\n')
      .map((line) => `  | ${line}`),
    '',
    ...describeTry(plan),
    ...plan.deployments.map(
      (deployment) =>
        `deploy to ${deployment.environment}: ${deployment.service} in ${deployment.template} (${deployment.target}), now ${deployment.currentImage}`,
    ),
    ...(plan.deployments.length === 0 ? ['no deployment'] : []),
    '',
  ].join('\n');
}

function describeTry({ image }: Plan): readonly string[] {
  if (image.try === undefined) return ['the image is not tried'];
  const { probe, timeoutSeconds } = image.try;
  if (probe === undefined) return ['try that it does not end with an error, before the push: no port is known'];
  return [`try port ${probe.port}${probe.path ?? ''} for at most ${timeoutSeconds} s before the push`];
}

function describeStep(step: Step): string {
  return 'argv' in step ? `${step.title}: ${step.argv.join(' ')}` : step.title;
}
