import { Failure, type FailureCode } from '../core/failure.js';
import type { CredentialSearch } from './credential.js';
import { describeSearch } from './credentials.js';

/** The failure code of an HTTP status with which a registry refuses a push. */
export function pushCode(status: number): FailureCode {
  if (status === 401) return 'push.unauthorized';
  if (status === 403 || status === 405) return 'push.forbidden';
  if (status === 429) return 'push.rate-limited';
  return status >= 500 ? 'push.server-error' : 'push.failed';
}

export interface Refusal {
  readonly status: number;
  /** What the registry or the engine said, one line. */
  readonly said: string;
}

/** A registry's refusal in a person's words. */
export function refusalFailure(refusal: Refusal, where: string, search: CredentialSearch, cause?: unknown): Failure {
  const code = pushCode(refusal.status);
  const shown = describeSearch(search);
  const said = refusal.said === '' ? '' : `: ${refusal.said}`;
  const [message, remedy] = words(code, refusal.status, shown);
  return new Failure(code, { message: `${message}${said}`, where, remedy, cause });
}

function words(code: FailureCode, status: number, shown: string): readonly [string, string] {
  switch (code) {
    case 'push.unauthorized':
      return [
        `The registry does not know us (401); it was shown ${shown}`,
        'Log in with `docker login`, or give the CI job a login for this registry.',
      ];
    case 'push.forbidden':
      return [
        `The registry does not let us write there (${status}); it was shown ${shown}`,
        'Give this account the right to push to the repository, or name another repository.',
      ];
    case 'push.rate-limited':
      return [
        'The registry asks for fewer requests (429), also after waiting',
        'Wait, then run the same command again.',
      ];
    case 'push.server-error':
      return [
        `The registry fails (${status}), also after trying again`,
        'See the registry, then run the same command again.',
      ];
    default:
      return [`The registry refuses the push (${status})`, 'See what it says; check the name of the repository.'];
  }
}
