import { Failure, type FailureCode, type FailureDetails } from './failure.js';
import type { Deployment, Outcome } from './plan.js';

/** How the deployment of one service ended, well or badly. */
export interface DeploymentReport extends Omit<Deployment, 'outcome'> {
  readonly outcome: Outcome;
  /** Where it failed: what the service is now, in one sentence. */
  readonly now?: string;
  /** The commit that put the template back. */
  readonly restored?: string;
  /** Where git and the orchestrator are known to differ: how. */
  readonly drift?: string;
}

/** A deployment that ended badly, with what became of each service. */
export class DeploymentFailure extends Failure {
  /** Of every service of the run that was begun, in their order. */
  readonly reports: readonly DeploymentReport[];

  constructor(code: FailureCode, details: FailureDetails, reports: readonly DeploymentReport[]) {
    super(code, details);
    this.reports = reports;
  }
}

/** How a failure of a rollout is called; undefined: it says nothing of what the service is. */
export function outcomeOf(code: FailureCode): Outcome | undefined {
  return outcomes[code];
}

const outcomes: Readonly<Partial<Record<FailureCode, Outcome>>> = {
  'deploy.rolled-back': 'rolled-back',
  'deploy.stuck': 'stuck',
  'deploy.superseded': 'superseded',
  'deploy.unknown': 'unknown',
};
