import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Failure } from '../core/failure.js';

/**
 * Append `name=value` outputs to the file of `GITHUB_OUTPUT`, in the heredoc form with a random delimiter, which no value
 * can end early (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings).
 */
export function writeOutputs(file: string, outputs: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(outputs)) {
    if (value === undefined) continue;
    const delimiter = `slipway-${randomUUID()}`;
    appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  }
}

/** The failure as an annotation of the run: `::error title=…::…`. */
export function formatAnnotation(failure: Failure): string {
  const where = failure.where === undefined ? '' : ` (${failure.where})`;
  const remedy = failure.remedy === undefined ? '' : `\n${failure.remedy}`;
  return `::error title=${escapeProperty(`Slipway: ${failure.code}`)}::${escapeData(`${failure.message}${where}${remedy}`)}\n`;
}

/**
 * From here on the runner prints lines such as `::set-output …` instead of obeying them, until `formatResume` with the same
 * token (https://docs.github.com/actions/reference/workflow-commands-for-github-actions#stopping-and-starting-workflow-commands).
 */
export function formatStop(token: string): string {
  return `::stop-commands::${token}\n`;
}

export function formatResume(token: string): string {
  return `::${token}::\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
