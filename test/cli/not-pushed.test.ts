import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { git, makeFixtureProject } from '../support/fixture-project.js';

const workspace = makeWorkspace();
const settings = 'deploy: { repository: /nowhere/deploy.git, environments: { prod: {} } }\n';
const project = makeFixtureProject('go-accountservice', join(workspace.path, 'accounts'), {
  files: { 'slipway.yml': settings },
});
const revision = git(project, 'rev-parse', 'HEAD');
const event = join(workspace.path, 'event.json');
const request = {
  number: 15,
  head: { sha: revision, repo: { full_name: 'other/app' } },
  base: { repo: { full_name: 'team/app' } },
};
writeFileSync(event, JSON.stringify({ number: 15, pull_request: request }));
afterAll(workspace.remove);

const github = { GITHUB_ACTIONS: 'true', GITHUB_SHA: revision, GITHUB_RUN_NUMBER: '7' };
const fork = {
  ...github,
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REF: 'refs/pull/15/merge',
  GITHUB_EVENT_PATH: event,
};
const queue = {
  ...github,
  GITHUB_EVENT_NAME: 'merge_group',
  GITHUB_REF: `refs/heads/gh-readonly-queue/main/pr-15-${revision}`,
};

describe.each([
  ['a fork', fork, 'the run is of a fork, and has no secrets (push.when)'],
  ['a merge queue', queue, 'the run tries a merge, which is no commit of a branch yet (push.when)'],
])('in a run of %s', (_name, env, because) => {
  it('push pushes nothing, says why, and ends well', async () => {
    const { code, stdout } = await slipway(['push', project, '--json'], { env });
    expect([code, JSON.parse(stdout)]).toEqual([0, { format: 1, pushed: false, because }]);
  });

  it('ship plans no deployment, and says that it will not push', async () => {
    const { code, stdout } = await slipway(['ship', project, '--dry-run'], { env });
    expect([code, stdout.split('\n').slice(-3)]).toEqual([0, ['no deployment', `not pushed: ${because}`, '']]);
  });

  it('push.when: always pushes all the same, and so misses the registry', async () => {
    const { code, stderr } = await slipway(['push', project, '--set', 'push.when=always'], { env });
    expect([code, stderr]).toEqual([47, expect.stringContaining('No registry is set')]);
  });
});
