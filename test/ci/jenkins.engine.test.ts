import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
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
import { manifestDigest, startLoginRegistry } from './login-registry.js';
import { packSlipway, privateNpx } from './npm-package.js';
import { type Ended, installTools, run } from './run.js';

const path = ownPath();
let directory: string;
let env: Record<string, string>;

beforeAll(async () => {
  installTools();
  directory = mkdtempSync(join(tmpdir(), 'slipway-jenkins-'));
  const { tarball } = await packSlipway(directory);
  env = { ...(await privateNpx(directory)), ...buildVariables, SLIPWAY_PACKAGE: tarball, JAVA_HOME: javaHome() };
});
afterAll(async () => {
  await removeImages(`${testRegistry()}/${path}/go-accountservice`);
  rmSync(directory, { recursive: true, force: true });
});

/** Run a pipeline in the stand-in for Jenkins. */
function runPipeline(
  text: string,
  workspace: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const file = join(directory, 'pipeline.groovy');
  writeFileSync(file, text);
  const args = ['test/ci/jenkins.groovy', 'ci/jenkins/vars', file, workspace];
  return run('groovy', args, { cwd: process.cwd(), env: { ...env, ...variables } });
}

function lastLines(ended: Ended): readonly string[] {
  return ended.stdout.trimEnd().split('\n').slice(-2);
}

test('the example previews a change, and ships nothing', async () => {
  const project = makeAccounts(join(directory, 'change'));
  const ended = await runPipeline(exampleFor('127.0.0.1:1/none'), project, { CHANGE_ID: '3', BRANCH_NAME: 'PR-3' });
  expect([ended.status, ended.stdout.includes('ENTRYPOINT'), ended.stdout.includes('slipway ship')]).toEqual([
    0,
    true,
    false,
  ]);
  expect(lastLines(ended)).toEqual(['displayName=#7', 'result=SUCCESS']);
});

test('the example ships main with the credential’s login, rolls out, and names the build after the version', async () => {
  const registry = await startLoginRegistry(directory);
  const repository = `${registry.host}/shop/go-accountservice`;
  try {
    const project = makeAccounts(join(directory, 'main'), stagingFiles(path, repository));
    const credentials = `registry=${registry.user}:${registry.password}`;
    const ended = await runPipeline(exampleFor(`${registry.host}/shop`), project, {
      BRANCH_NAME: 'main',
      STAND_IN_CREDENTIALS: credentials,
    });
    const image = `${repository}:1.4.0@${await registry.digestOf('shop/go-accountservice', '1.4.0')}`;
    expect([ended.status, ...ended.stdout.trimEnd().split('\n').slice(-3)]).toEqual([
      0,
      image,
      'displayName=#7 1.4.0',
      'result=SUCCESS',
    ]);
    expect(await runningImages(path)).toEqual([image]);
    const login = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    expect([registry.password, login].filter((secret) => (ended.stdout + ended.stderr).includes(secret))).toEqual([]);
  } finally {
    await removeStack(path);
    await registry.stop();
    await removeImages(repository);
  }
});

test('build and push are steps of their own, whose options no shell reads', async () => {
  const project = makeAccounts(join(directory, 'apart'));
  const registry = `${testRegistry()}/${path}`;
  const ended = await runPipeline(
    `slipway(command: 'build', registry: '${registry}', args: ['--set', "try.environment.MODE=it's \\$(touch pwned)"])
def release = slipway(command: 'push', registry: '${registry}')
echo release.version + ' ' + release.kind + ' ' + release.digest
`,
    project,
  );
  const digest = await manifestDigest(testRegistry(), `${path}/go-accountservice`, '1.4.0');
  expect([ended.status, ...ended.stdout.trimEnd().split('\n').slice(-3)]).toEqual([
    0,
    `1.4.0 go ${digest}`,
    'displayName=#7 1.4.0',
    'result=SUCCESS',
  ]);
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: project, encoding: 'utf8' })).toBe('');
});

test('the step of the guide is Groovy', async () => {
  const guide = readFileSync('docs/ci.md', 'utf8');
  const [, block = ''] = /^```groovy\n([\s\S]*?)^```$/m.exec(guide) ?? [];
  const file = join(directory, 'guide.groovy');
  writeFileSync(file, block);
  const parse = 'println new GroovyShell().parse(new File(args[0])).class.superclass.name';
  const ended = await run('groovy', ['-e', parse, file], { cwd: directory, env });
  expect([block.includes('slipway('), ended.stdout]).toEqual([true, 'groovy.lang.Script\n']);
});

test('a refused command fails the build', async () => {
  const ended = await runPipeline("slipway(command: 'detect', directory: 'nowhere')\n", directory);
  expect([ended.status, ...lastLines(ended)]).toEqual([
    1,
    'displayName=#7',
    'result=FAILURE: script returned exit code 14',
  ]);
});

test('a credential without the registry that it is for is refused', async () => {
  const ended = await runPipeline("slipway(credentialsId: 'registry')\n", directory);
  expect(lastLines(ended)[1]).toBe(
    'result=FAILURE: slipway: credentialsId needs registry, the registry that it is for',
  );
});

/** The example, with a registry that exists. */
function exampleFor(registry: string): string {
  const text = readFileSync('ci/jenkins/Jenkinsfile', 'utf8');
  if (!text.includes("'registry.example.com/team'")) throw new Error('the example names another registry');
  return text.replace("'registry.example.com/team'", `'${registry}'`);
}

/** Debian's groovy looks for Java in one place only. */
function javaHome(): string {
  const found = (process.env.PATH ?? '').split(delimiter).map((part) => join(part, 'java'));
  for (const path of found) {
    try {
      return dirname(dirname(realpathSync(path)));
    } catch {
      // Not in this directory.
    }
  }
  throw new Error('There is no java: run test/ci/install.sh');
}
