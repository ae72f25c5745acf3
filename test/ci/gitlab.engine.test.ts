import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRegistry } from '../support/engine-state.js';
import {
  buildVariables,
  makeAccounts,
  ownPath,
  removeImages,
  removeStack,
  runningImages,
  stagingFiles,
} from './accounts.js';
import { type LoginRegistry, manifestDigest, startLoginRegistry } from './login-registry.js';
import { packSlipway, privateNpx } from './npm-package.js';
import { type Ended, installTools, run } from './run.js';

/** The last that runs on Node 20. */
const runner = 'gitlab-ci-local@4.73.0';

const template = readFileSync('ci/gitlab/slipway.gitlab-ci.yml', 'utf8');
const path = ownPath();

/** A project's own file: includes ours, and has a job that uses the release. */
const pipeline = `include:
  - local: slipway.gitlab-ci.yml
tell:
  stage: .post
  image: node:24
  needs: [JOB]
  script:
    - echo "told=$RELEASE_VERSION $RELEASE_TAGS $RELEASE_DIGEST $RELEASE_IMAGE $RELEASE_KIND"
`;

let directory: string;
let npx: Record<string, string>;
let tarball: string;

beforeAll(async () => {
  installTools();
  directory = mkdtempSync(join(tmpdir(), 'slipway-gitlab-'));
  npx = await privateNpx(directory);
  tarball = (await packSlipway(directory)).tarball;
});
afterAll(async () => {
  await removeImages(`${testRegistry()}/${path}/go-accountservice`);
  rmSync(directory, { recursive: true, force: true });
});

function makeProject(name: string, releaseJob: string, files: Readonly<Record<string, string>> = {}): string {
  return makeAccounts(join(directory, name), {
    'slipway.gitlab-ci.yml': template,
    '.gitlab-ci.yml': pipeline.replace('JOB', `'${releaseJob}'`),
    ...files,
  });
}

/** Run jobs with GitLab's variables for a pipeline; each job gets its own copy of the tracked files, and artifacts only. */
function runJobs(cwd: string, jobs: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ended> {
  const all = {
    GITLAB_CI: 'true',
    CI_DEFAULT_BRANCH: 'main',
    SLIPWAY_PACKAGE: tarball,
    ...buildVariables,
    ...variables,
  };
  const given = Object.entries(all).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
  const args = ['--yes', runner, '--force-shell-executor', '--shell-isolation', '--needs', ...given, ...jobs];
  return run('npx', args, { cwd, env: { ...npx, HOME: directory } });
}

/** What `tell` saw of the release. */
function told(ended: Ended): readonly string[] | undefined {
  return /told=([^"$\n]+)$/m.exec(ended.stdout)?.[1]?.trim().split(' ');
}

test('a merge request gets a plan, and its Dockerfile in the log', async () => {
  const project = makeProject('preview', 'slipway:preview');
  const ended = await runJobs(project, ['slipway:preview'], { CI_PIPELINE_SOURCE: 'merge_request_event' });
  expect([ended.status, ended.stdout.includes('ENTRYPOINT')]).toEqual([0, true]);
});

test('ship logs in to the registry of the job, and later jobs know the release', async () => {
  const registry = await startLoginRegistry(directory);
  try {
    const project = makeProject('ship', 'slipway:ship');
    const ended = await runJobs(project, ['slipway:ship', 'tell'], loginVariables(registry));
    const digest = await registry.digestOf('shop/accounts', '1.4.0');
    const image = `${registry.host}/shop/accounts:1.4.0@${digest}`;
    expect([ended.status, told(ended)]).toEqual([0, ['1.4.0', '1.4.0', digest, image, 'go']]);
    const login = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    const log = ended.stdout + ended.stderr;
    expect([registry.password, login].filter((secret) => log.includes(secret))).toEqual([]);
  } finally {
    await registry.stop();
    await removeImages(`${registry.host}/shop/accounts`);
  }
});

function loginVariables(registry: LoginRegistry): Record<string, string> {
  return {
    CI_REGISTRY: registry.host,
    CI_REGISTRY_USER: registry.user,
    CI_REGISTRY_PASSWORD: registry.password,
    CI_REGISTRY_IMAGE: `${registry.host}/shop/accounts`,
  };
}

test('split, four jobs hand the release over as files, up to the Swarm', async () => {
  const repository = `${testRegistry()}/${path}/go-accountservice`;
  const project = makeProject('split', 'slipway:push', stagingFiles(path, repository));
  const variables = { SLIPWAY_PIPELINE: 'split', SLIPWAY_IMAGE_REGISTRY: `${testRegistry()}/${path}` };
  try {
    const ended = await runJobs(project, ['slipway:deploy', 'tell'], variables);
    const digest = await manifestDigest(testRegistry(), `${path}/go-accountservice`, '1.4.0');
    const image = `${repository}:1.4.0@${digest}`;
    const running = await runningImages(path);
    expect([ended.status, told(ended)]).toEqual([0, ['1.4.0', '1.4.0', digest, image, 'go']]);
    expect(running).toEqual([image]);
  } finally {
    await removeStack(path);
  }
});
