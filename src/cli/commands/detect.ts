import type { Evidence, Fact, FactValue, Project } from '../../core/project.js';
import { detect } from '../make-plan.js';
import type { CommandResult } from '../result.js';
import type { World } from '../world.js';

/** `slipway detect`: what the project is, and why. */
export async function runDetect(world: World): Promise<CommandResult> {
  const project = await detect(world);
  return { text: formatProject(project), json: detectionJson(project), outputs: { kind: project.kind } };
}

/** The contract of `slipway detect --json`, format 1. */
export function detectionJson(project: Project): object {
  return { format: 1, kind: project.kind, name: project.name, facts: project.facts, others: project.others };
}

function formatProject(project: Project): string {
  const facts = Object.entries(project.facts).filter((entry): entry is [string, Fact] => entry[1] !== undefined);
  const width = Math.max(0, ...facts.map(([key]) => key.length));
  return [
    `${project.name} is a ${project.kind} project`,
    '',
    ...facts.flatMap(([key, fact]) => formatFact(key.padEnd(width), fact)),
    ...project.others.flatMap((other) => ['', `Also seen, not used: ${other.kind}: ${other.because}`]),
    '',
    'Change a fact with its key, such as --set port=8080, or in slipway.yml.',
    '',
  ].join('\n');
}

function formatFact(key: string, fact: Fact): readonly string[] {
  const indent = ' '.repeat(key.length + 4);
  return [
    `  ${key}  ${formatValue(fact.value)}`,
    ...fact.from.map((evidence) => `${indent}${formatEvidence(evidence)}`),
    ...fact.rejected.map((rejected) => `${indent}not ${formatValue(rejected.value)}: ${formatEvidence(rejected)}`),
  ];
}

function formatEvidence({ file, line, because }: Evidence): string {
  if (file === undefined) return because;
  return `${file}${line === undefined ? '' : `:${line}`}: ${because}`;
}

function formatValue(value: FactValue): string {
  return typeof value === 'object'
    ? value.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
    : String(value);
}
