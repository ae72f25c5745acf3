import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Environment, readCiFacts } from '../../src/io/ci.js';
import { makeDirectory } from './repository.js';

const sha = '860c1904a1ce19322e91ac35af1ab07466440c37';
const github = { GITHUB_ACTIONS: 'true', GITHUB_SHA: sha, GITHUB_RUN_NUMBER: '7', CI: 'true' };
const gitlab = { GITLAB_CI: 'true', CI_COMMIT_SHA: sha, CI_PIPELINE_IID: '8', CI_COMMIT_REF_NAME: 'not asked' };
const jenkins = { JENKINS_URL: 'https://jenkins.example.com/', BUILD_NUMBER: '9', GIT_COMMIT: sha };

const cases: readonly (readonly [string, Environment, object])[] = [
  ['no CI', { CI: 'true', CI_COMMIT_SHA: sha }, { name: 'none' }],
  ['Woodpecker, which borrows names', { CI: 'woodpecker', CI_COMMIT_BRANCH: 'x' }, { name: 'none' }],
  [
    'a GitHub branch',
    { ...github, GITHUB_REF: 'refs/heads/releases/v1' },
    { name: 'github', branch: 'releases/v1', runNumber: '7', commit: sha },
  ],
  [
    'a GitHub tag',
    { ...github, GITHUB_REF: 'refs/tags/v1.1.1', GITHUB_HEAD_REF: '' },
    { name: 'github', tag: 'v1.1.1', runNumber: '7', commit: sha },
  ],
  [
    'a GitHub pull request',
    { ...github, GITHUB_REF: 'refs/pull/15/merge', GITHUB_HEAD_REF: 'feature', GITHUB_EVENT_NAME: 'pull_request' },
    { name: 'github', pullRequest: '15', branch: 'feature', runNumber: '7', commit: sha },
  ],
  [
    'a GitHub merge queue',
    { ...github, GITHUB_REF: 'refs/heads/gh-readonly-queue/main/pr-1-a' },
    { name: 'github', branch: 'gh-readonly-queue/main/pr-1-a', runNumber: '7', commit: sha },
  ],
  [
    'a GitLab branch',
    { ...gitlab, CI_COMMIT_BRANCH: 'main', CI_COMMIT_TAG: '' },
    { name: 'gitlab', branch: 'main', runNumber: '8', commit: sha },
  ],
  ['a GitLab tag', { ...gitlab, CI_COMMIT_TAG: 'v1' }, { name: 'gitlab', tag: 'v1', runNumber: '8', commit: sha }],
  [
    'a GitLab merge request',
    {
      ...gitlab,
      CI_MERGE_REQUEST_IID: '3',
      CI_MERGE_REQUEST_ID: '4711',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'feature',
    },
    { name: 'gitlab', pullRequest: '3', branch: 'feature', runNumber: '8', commit: sha },
  ],
  [
    'a Jenkins multibranch job',
    { ...jenkins, BRANCH_NAME: 'dev', GIT_BRANCH: 'origin/dev' },
    { name: 'jenkins', branch: 'dev', runNumber: '9', commit: sha },
  ],
  [
    'a Jenkins job',
    { ...jenkins, GIT_BRANCH: 'origin/feature/x' },
    { name: 'jenkins', branch: 'feature/x', runNumber: '9', commit: sha },
  ],
  ['a detached Jenkins job', { ...jenkins, GIT_BRANCH: 'detached' }, { name: 'jenkins', runNumber: '9', commit: sha }],
  [
    'a Jenkins tag',
    { ...jenkins, BRANCH_NAME: 'v1.0.0', TAG_NAME: 'v1.0.0' },
    { name: 'jenkins', tag: 'v1.0.0', runNumber: '9', commit: sha },
  ],
  [
    'a Jenkins change',
    { ...jenkins, BRANCH_NAME: 'PR-15', CHANGE_ID: '15', CHANGE_BRANCH: 'feature', CHANGE_TARGET: 'main' },
    { name: 'jenkins', pullRequest: '15', branch: 'feature', runNumber: '9', commit: sha },
  ],
];

test.each(cases)('%s', (_name, environment, expected) => {
  expect(readCiFacts(environment)).toEqual(expected);
});

test('a GitHub pull_request_target run takes its number from the event, as its ref is the base branch', () => {
  const directory = makeDirectory({ 'event.json': '{"number":15}', 'broken.json': '{' });
  const run = {
    ...github,
    GITHUB_REF: 'refs/heads/master',
    GITHUB_HEAD_REF: 'feature',
    GITHUB_EVENT_NAME: 'pull_request_target',
  };
  expect(readCiFacts({ ...run, GITHUB_EVENT_PATH: join(directory, 'event.json') })).toEqual({
    name: 'github',
    pullRequest: '15',
    branch: 'feature',
    runNumber: '7',
    commit: sha,
  });
  expect(readCiFacts({ ...run, GITHUB_EVENT_PATH: join(directory, 'broken.json') }).pullRequest).toBeUndefined();
});
