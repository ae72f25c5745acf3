import { capacityExceeded, singleInstance } from './capacity.js';
import { missingPart, mutableTag, refusedByTarget, secretInClear } from './contents.js';
import type { DeclaredEnvironment, Finding, Rule } from './finding.js';
import { portConflict, updateStuck } from './ports.js';

/** Every rule, in the order in which its findings are told. */
export const rules: readonly Rule[] = [
  refusedByTarget,
  portConflict,
  updateStuck,
  capacityExceeded,
  missingPart,
  singleInstance,
  mutableTag,
  secretInClear,
];

/** All that is found, errors first, then by template and line. Pure. */
export function checkEnvironment(
  environment: DeclaredEnvironment,
  ignored: ReadonlySet<string> = new Set(),
): readonly Finding[] {
  const found = rules
    .filter(({ name }) => !ignored.has(name))
    .flatMap(({ name, find }) => find(environment).map((finding) => ({ rule: name, ...finding })));
  return sortFindings(found);
}

/** Errors first; then templates by path, lines by number. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const order = (finding: Finding): string => {
    const [, path = '', line = ''] = /^(.*):(\d+)$/.exec(finding.where) ?? [];
    return `${finding.severity} ${path} ${line.padStart(9, '0')}`;
  };
  return findings
    .map((finding) => ({ finding, key: order(finding) }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ finding }) => finding);
}
