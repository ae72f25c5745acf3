import { Failure, type FailureCode, type FailureDetails } from '../core/failure.js';

/** A failure that is the result of a command: what was found is told whole, to people and to programs. */
export class Judgement extends Failure {
  /** What a person reads in the place of the failure's own lines. */
  readonly page: string;
  /** Members of the one object that `--json` prints, beside `error`. */
  readonly result: object;

  constructor(code: FailureCode, details: FailureDetails, page: string, result: object) {
    super(code, details);
    this.page = page;
    this.result = result;
  }
}
