import type { Project } from '../core/project.js';

/** The contract of `slipway detect --json`, format 1. */
export function detectionJson(project: Project): object {
  return { format: 1, kind: project.kind, name: project.name, facts: project.facts, others: project.others };
}
