import { expect, test } from 'vitest';
import { readBuildRun } from '../../src/io/ci-run.js';

const read = (environment: Readonly<Record<string, string>>) => readBuildRun(environment, '9.9.9');

test.each([
  [
    'GitHub',
    {
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'team/app',
      GITHUB_WORKFLOW_REF: 'team/app/.github/workflows/ship.yml@refs/heads/main',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '1',
    },
    'https://github.com/team/app/.github/workflows/ship.yml@refs/heads/main',
    'https://github.com/team/app/actions/runs/7/attempts/1',
  ],
  [
    'GitLab',
    {
      GITLAB_CI: 'true',
      CI_PROJECT_URL: 'https://gitlab.example.com/team/app',
      CI_RUNNER_ID: '12',
      CI_JOB_URL: 'https://gitlab.example.com/team/app/-/jobs/9',
    },
    'https://gitlab.example.com/team/app/-/runners/12',
    'https://gitlab.example.com/team/app/-/jobs/9',
  ],
  [
    'Azure',
    {
      TF_BUILD: 'True',
      SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme/',
      SYSTEM_TEAMPROJECT: 'My Shop',
      BUILD_BUILDID: '31',
    },
    'https://dev.azure.com/acme/My%20Shop/_build',
    'https://dev.azure.com/acme/My%20Shop/_apis/build/builds/31',
  ],
  [
    'Jenkins',
    {
      JENKINS_URL: 'https://ci.example.com/',
      JOB_URL: 'https://ci.example.com/job/app/',
      BUILD_URL: 'https://ci.example.com/job/app/5/',
    },
    'https://ci.example.com/job/app/',
    'https://ci.example.com/job/app/5/',
  ],
])('%s tells what builds, and which run of it', (_, environment, builder, invocation) => {
  expect(read(environment)).toEqual({ builder, invocation, slipway: '9.9.9' });
});

test('without a CI it is this machine, and a CI that gives no address is still a CI', () => {
  expect(read({})).toEqual({ builder: 'urn:slipway:builder:local', slipway: '9.9.9' });
  const run = { builder: 'urn:slipway:builder:ci', slipway: '9.9.9' };
  expect(read({ GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://github.com', GITHUB_RUN_ID: '' })).toEqual(run);
  expect(read({ CIRCLECI: 'true', CIRCLE_BUILD_URL: 'no address' })).toEqual(run);
});

test('a password in an address is left out', () => {
  const secret = {
    GITLAB_CI: 'true',
    CI_JOB_URL: 'https://gitlab-ci-token:s3cret@gitlab.example.com/x/-/jobs/9?private_token=s3cret',
  };
  expect(read(secret).invocation).toBe('https://gitlab.example.com/x/-/jobs/9');
});
