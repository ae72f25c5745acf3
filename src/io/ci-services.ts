import { afterPrefix, type CiReading, type Environment } from './ci-reading.js';

/**
 * GitLab, "Predefined CI/CD variables". `CI_COMMIT_BRANCH` is absent in merge request and tag pipelines; `_IID` is the number
 * people see, `_ID` is not. `_SOURCE_BRANCH_SHA` is there only where the merged result is built.
 */
export function readGitLab(environment: Environment): CiReading {
  const source = environment.CI_MERGE_REQUEST_SOURCE_PROJECT_ID;
  return {
    branch: environment.CI_COMMIT_BRANCH || environment.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME,
    tag: environment.CI_COMMIT_TAG,
    pullRequest: environment.CI_MERGE_REQUEST_IID,
    runNumber: environment.CI_PIPELINE_IID,
    commit: environment.CI_COMMIT_SHA,
    headCommit: environment.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA,
    fork: Boolean(source) && source !== environment.CI_MERGE_REQUEST_PROJECT_ID,
    queued: environment.CI_MERGE_REQUEST_EVENT_TYPE === 'merge_train',
  };
}

/**
 * Jenkins, "Using environment variables", the git and the branch-api plugin. In a multibranch job `BRANCH_NAME` is the tag's
 * name for a tag and `PR-N` for a change; elsewhere git's own names it `origin/x`. Outside of multibranch jobs the GitHub pull
 * request builder (`ghprb…`) and the GitLab plugin (`gitlab…`) tell of requests in variables of their own.
 */
export function readJenkins(environment: Environment): CiReading {
  const { TAG_NAME: tag, GIT_BRANCH: checkedOut, gitlabSourceNamespace: from } = environment;
  const remote = checkedOut === 'detached' ? undefined : checkedOut?.replace(/^(refs\/remotes\/)?origin\//, '');
  const branch = environment.BRANCH_NAME || environment.GIT_LOCAL_BRANCH || remote;
  const source = environment.CHANGE_BRANCH || environment.ghprbSourceBranch || environment.gitlabSourceBranch;
  const pullRequest = environment.CHANGE_ID || environment.ghprbPullId || environment.gitlabMergeRequestIid;
  return {
    branch: pullRequest ? source : tag ? undefined : branch,
    tag,
    pullRequest,
    runNumber: environment.BUILD_NUMBER,
    commit: environment.GIT_COMMIT,
    headCommit: environment.ghprbActualCommit,
    fork:
      Boolean(environment.CHANGE_FORK) || Boolean(pullRequest && from && from !== environment.gitlabTargetNamespace),
  };
}

/**
 * Azure Pipelines, "Use predefined variables". `…NUMBER` is GitHub's own number of a pull request, `…ID` Azure's; of a pull
 * request, `BUILD_SOURCEVERSION` is a merge commit that Azure or GitHub made.
 */
export function readAzure(environment: Environment): CiReading {
  const ref = environment.BUILD_SOURCEBRANCH;
  const pullRequest =
    environment.SYSTEM_PULLREQUEST_PULLREQUESTNUMBER ||
    environment.SYSTEM_PULLREQUEST_PULLREQUESTID ||
    /^refs\/pull\/(\d+)\//.exec(ref ?? '')?.[1];
  const source = environment.SYSTEM_PULLREQUEST_SOURCEBRANCH;
  return {
    branch: pullRequest ? (afterPrefix('refs/heads/', source) ?? source) : afterPrefix('refs/heads/', ref),
    tag: afterPrefix('refs/tags/', ref),
    pullRequest,
    runNumber: environment.BUILD_BUILDNUMBER,
    commit: environment.BUILD_SOURCEVERSION,
    headCommit: environment.SYSTEM_PULLREQUEST_SOURCECOMMITID,
    fork: environment.SYSTEM_PULLREQUEST_ISFORK?.toLowerCase() === 'true',
  };
}

/**
 * Bitbucket, "Variables and secrets". Of a pull request the commit is its own last one, and the destination is merged into it
 * on the spot. Pipelines of a fork run in the fork, with its secrets.
 */
export function readBitbucket(environment: Environment): CiReading {
  return {
    branch: environment.BITBUCKET_BRANCH,
    tag: environment.BITBUCKET_TAG,
    pullRequest: environment.BITBUCKET_PR_ID,
    runNumber: environment.BITBUCKET_BUILD_NUMBER,
    commit: environment.BITBUCKET_COMMIT,
    ...(environment.BITBUCKET_PR_ID && { headCommit: environment.BITBUCKET_COMMIT }),
  };
}

/**
 * CircleCI, "Project values and variables". `CIRCLE_PR_NUMBER` is there for forks only, whose branch is `pull/15`. A run for
 * a tag is none for a pull request, whatever else is open for its commit.
 */
export function readCircleCi(environment: Environment): CiReading {
  const { CIRCLE_BRANCH: branch, CIRCLE_PR_NUMBER: ofFork, CIRCLE_TAG: tag } = environment;
  return {
    branch: ofFork && branch === `pull/${ofFork}` ? undefined : branch,
    tag,
    pullRequest: tag ? undefined : ofFork || /\/(\d+)$/.exec(environment.CIRCLE_PULL_REQUEST ?? '')?.[1],
    runNumber: environment.CIRCLE_BUILD_NUM,
    commit: environment.CIRCLE_SHA1,
    fork: Boolean(ofFork),
  };
}

/**
 * Drone, "Environment reference". Of a pull request `DRONE_BRANCH` is the branch it goes to, and the clone step merges the
 * commit into it on the spot.
 */
export function readDrone(environment: Environment): CiReading {
  const pullRequest = environment.DRONE_PULL_REQUEST;
  return {
    branch: pullRequest
      ? environment.DRONE_SOURCE_BRANCH
      : environment.DRONE_TAG
        ? undefined
        : environment.DRONE_BRANCH,
    tag: environment.DRONE_TAG,
    pullRequest,
    runNumber: environment.DRONE_BUILD_NUMBER,
    commit: environment.DRONE_COMMIT_SHA,
    ...(pullRequest && { headCommit: environment.DRONE_COMMIT_SHA }),
  };
}

/** Woodpecker, "Environment variables". Of a pull request `CI_COMMIT_BRANCH` is the branch it goes to. */
export function readWoodpecker(environment: Environment): CiReading {
  const pullRequest = environment.CI_COMMIT_PULL_REQUEST;
  return {
    branch: pullRequest
      ? environment.CI_COMMIT_SOURCE_BRANCH
      : environment.CI_COMMIT_TAG
        ? undefined
        : environment.CI_COMMIT_BRANCH,
    tag: environment.CI_COMMIT_TAG,
    pullRequest,
    runNumber: environment.CI_PIPELINE_NUMBER,
    commit: environment.CI_COMMIT_SHA,
  };
}
