import { DeploymentFailure, type DeploymentReport } from '../core/deployment-failure.js';
import { describeError, Failure } from '../core/failure.js';
import { shortenDigests } from '../core/image-name.js';
import { visible } from './explain/screen.js';
import { Judgement } from './judgement.js';

/** The failure as a person reads it: what, where, what to do, the choices, the last lines. Ends with a newline. */
export function formatFailure(failure: Failure): string {
  const lines = [`slipway: ${visible(failure.message)}`];
  if (failure.where !== undefined) lines.push(`  where: ${visible(failure.where)}`);
  if (failure instanceof DeploymentFailure && failure.reports.length > 1) {
    lines.push('  services:', ...failure.reports.map((report) => `    ${visible(describeReport(report))}`));
  }
  if (failure.account) lines.push(...failure.account.map((line) => `  - ${visible(line)}`));
  if (failure.lastLines && failure.lastLines.length > 0) {
    lines.push('  last lines:', ...failure.lastLines.map((line) => `    | ${line}`));
  }
  if (failure.candidates && failure.candidates.length > 0) {
    lines.push('  choices:', ...failure.candidates.map((candidate) => `    - ${visible(candidate)}`));
  }
  if (failure.remedy !== undefined) lines.push(`  ${visible(failure.remedy)}`);
  return `${lines.join('\n')}\n`;
}

/** The failure as a program reads it: the command line's contract, format 1. */
export function failureJson(failure: Failure): object {
  return {
    format: 1,
    error: {
      code: failure.code,
      message: failure.message,
      where: failure.where ?? null,
      remedy: failure.remedy ?? null,
      candidates: failure.candidates ?? [],
      ...(failure.account && { account: failure.account }),
      ...(failure.lastLines && { lastLines: failure.lastLines }),
    },
    ...(failure instanceof DeploymentFailure && { deployments: failure.reports }),
    ...(failure instanceof Judgement && failure.result),
  };
}

function describeReport({ service, outcome, evidence, now, drift }: DeploymentReport): string {
  return shortenDigests(
    [`${service}  ${outcome}  ${evidence}`, now, drift].filter((part) => part !== undefined).join('. '),
  );
}

/** Whatever was thrown, as a failure: what Slipway does not know is a bug of ours, with its stack. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const stack = error instanceof Error && error.stack !== undefined ? error.stack.split('\n').slice(1, 9) : [];
  return new Failure('bug', {
    message: `This is a bug in Slipway: ${describeError(error)}`,
    remedy: 'Please report it with the command line and these lines.',
    lastLines: stack.map((line) => line.trim()),
    cause: error,
  });
}
