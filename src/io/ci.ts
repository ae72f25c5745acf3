import { readFileSync } from 'node:fs';
import type { CiFacts } from '../core/history.js';

/** A process's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the CI says of this run. Only variables that are the CI's own decide which one it is (Woodpecker reuses GitLab's
 * `CI_COMMIT_*`). An empty variable is an absent one. Sources: "Default environment variables" (GitHub), "Predefined CI/CD
 * variables" (GitLab), "Using environment variables" and the git plugin (Jenkins).
 */
export function readCiFacts(environment: Environment): CiFacts {
  if (environment.GITHUB_ACTIONS === 'true') return readGitHub(environment);
  if (environment.GITLAB_CI === 'true') return readGitLab(environment);
  if (environment.JENKINS_URL || environment.JENKINS_HOME) return readJenkins(environment);
  return { name: 'none' };
}

/**
 * In a pull request `GITHUB_SHA` is a merge commit that GitHub made, and for `pull_request_target` the ref is the base
 * branch: the number is then only in the event file.
 */
function readGitHub(environment: Environment): CiFacts {
  const ref = environment.GITHUB_REF ?? '';
  const fromRef = /^refs\/pull\/(\d+)\//.exec(ref)?.[1];
  const isTarget = environment.GITHUB_EVENT_NAME === 'pull_request_target';
  const pullRequest = fromRef ?? (isTarget ? eventNumber(environment.GITHUB_EVENT_PATH) : undefined);
  return present({
    name: 'github',
    branch: pullRequest === undefined ? after('refs/heads/', ref) : environment.GITHUB_HEAD_REF,
    tag: after('refs/tags/', ref),
    pullRequest,
    runNumber: environment.GITHUB_RUN_NUMBER,
    commit: environment.GITHUB_SHA,
  });
}

/** `CI_COMMIT_BRANCH` is absent in merge request and tag pipelines; `_IID` is the number people see, `_ID` is not. */
function readGitLab(environment: Environment): CiFacts {
  return present({
    name: 'gitlab',
    branch: environment.CI_COMMIT_BRANCH || environment.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME,
    tag: environment.CI_COMMIT_TAG,
    pullRequest: environment.CI_MERGE_REQUEST_IID,
    runNumber: environment.CI_PIPELINE_IID,
    commit: environment.CI_COMMIT_SHA,
  });
}

/** In a multibranch job `BRANCH_NAME` is the tag's name for a tag and `PR-N` for a change; elsewhere git's own names it `origin/x`. */
function readJenkins(environment: Environment): CiFacts {
  const { TAG_NAME: tag, CHANGE_ID: pullRequest } = environment;
  const remote =
    environment.GIT_BRANCH === 'detached'
      ? undefined
      : environment.GIT_BRANCH?.replace(/^(refs\/remotes\/)?origin\//, '');
  const branch = environment.BRANCH_NAME || environment.GIT_LOCAL_BRANCH || remote;
  return present({
    name: 'jenkins',
    branch: pullRequest ? environment.CHANGE_BRANCH : tag ? undefined : branch,
    tag,
    pullRequest,
    runNumber: environment.BUILD_NUMBER,
    commit: environment.GIT_COMMIT,
  });
}

function after(prefix: string, text: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** Undefined where the event file cannot be read, or has no number. */
function eventNumber(path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    const event: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const number = typeof event === 'object' && event !== null && 'number' in event ? event.number : undefined;
    return Number.isSafeInteger(number) ? String(number) : undefined;
  } catch {
    return undefined;
  }
}

function present(facts: { readonly [K in keyof CiFacts]: string | undefined } & { readonly name: string }): CiFacts {
  const { name, ...rest } = facts;
  return { name, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value)) };
}
