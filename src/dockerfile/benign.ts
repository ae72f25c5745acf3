import type { Facts } from '../core/project.js';
import type { Recipe } from '../core/recipe.js';
import type { DockerfileInput } from './template-data.js';

/** Characters that mean nothing to a Dockerfile, to a shell or to JSON, and so can never make a rendered text another one. */
const meaningful = /[^A-Za-z0-9 ._/:@=+,~%-]/gu;

/**
 * The same input with every character that has a meaning somewhere replaced by `x`. What a template decides by comparing
 * values with its own constants stays decided the same way; so a text rendered from it shows the instructions that the
 * template itself wrote. Scripts of the recipe are constants by contract and stay.
 */
export function makeBenign(input: DockerfileInput): DockerfileInput {
  const { recipe } = input;
  return {
    project: {
      kind: input.project.kind,
      name: benignText(input.project.name),
      facts: benignValue(input.project.facts) as Facts,
    },
    recipe: {
      ...(benignValue({ ...recipe, steps: [] }) as Recipe),
      steps: recipe.steps.map((step) =>
        'argv' in step
          ? { title: benignText(step.title), argv: step.argv.map(benignText) }
          : { title: benignText(step.title), script: step.script },
      ),
    },
    labels: benignValue(input.labels) as Readonly<Record<string, string>>,
  };
}

function benignText(text: string): string {
  return text.replace(meaningful, 'x');
}

function benignValue(value: unknown): unknown {
  if (typeof value === 'string') return benignText(value);
  if (Array.isArray(value)) return value.map(benignValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, benignValue(inner)]));
}
