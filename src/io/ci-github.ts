import { readFileSync } from 'node:fs';
import { Failure } from '../core/failure.js';
import { afterPrefix, type CiReading, type Environment } from './ci-reading.js';

/**
 * "Variables reference" and "Events that trigger workflows" of GitHub Actions. In a pull request `GITHUB_SHA` is a merge
 * commit that GitHub made, and for `pull_request_target` the ref is the base branch: number, head and fork are in the event file.
 * Throws `detect.no-history` where it cannot be read then: the run would pass for one of the base branch.
 */
export function readGitHub(environment: Environment): CiReading {
  const ref = environment.GITHUB_REF ?? '';
  const request = /^pull_request/.test(environment.GITHUB_EVENT_NAME ?? '')
    ? readEvent(environment.GITHUB_EVENT_PATH)
    : {};
  const queue = /^refs\/heads\/gh-readonly-queue\/.*\/pr-(\d+)-/.exec(ref);
  if (environment.GITHUB_EVENT_NAME === 'pull_request_target' && request.number === undefined)
    throw noEvent(environment);
  const pullRequest = /^refs\/pull\/(\d+)\//.exec(ref)?.[1] ?? queue?.[1] ?? request.number;
  return {
    branch: afterPrefix('refs/heads/', pullRequest === undefined ? ref : '') ?? environment.GITHUB_HEAD_REF,
    tag: afterPrefix('refs/tags/', ref),
    pullRequest,
    runNumber: environment.GITHUB_RUN_NUMBER,
    commit: environment.GITHUB_SHA,
    headCommit: request.head,
    fork: request.fork,
    queued: queue !== null,
  };
}

function noEvent(environment: Environment): Failure {
  return new Failure('detect.no-history', {
    message: 'The run is for a pull request, and its event file does not tell which',
    where: environment.GITHUB_EVENT_PATH || 'GITHUB_EVENT_PATH',
    remedy: 'Let this step see the file that GITHUB_EVENT_PATH names.',
  });
}

interface PullRequestEvent {
  readonly number?: string;
  readonly head?: string;
  readonly fork?: boolean;
}

/** "Webhook events and payloads", `pull_request`. Nothing where the file cannot be read, or is about something else. */
function readEvent(path: string | undefined): PullRequestEvent {
  const request = memberOf(parseFile(path), 'pull_request');
  const number = memberOf(request, 'number') ?? memberOf(parseFile(path), 'number');
  const head = memberOf(request, 'head');
  const sha = memberOf(head, 'sha');
  const from = memberOf(memberOf(head, 'repo'), 'full_name');
  const into = memberOf(memberOf(memberOf(request, 'base'), 'repo'), 'full_name');
  return {
    ...(Number.isSafeInteger(number) && { number: String(number) }),
    ...(typeof sha === 'string' && { head: sha }),
    // A fork that was deleted has no repository any more.
    ...(into !== undefined && from !== into && { fork: true }),
  };
}

function parseFile(path: string | undefined): unknown {
  if (!path) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(key)
    : undefined;
}
