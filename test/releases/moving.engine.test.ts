import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';
import { commitAll, git } from '../support/fixture-project.js';
import { makeTinyProject, writeFiles } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const repository = `${testRegistry()}/tags-moving-${randomBytes(4).toString('hex')}`;
const env = { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') };
const project = makeTinyProject(join(workspace.path, 'tiny'), {
  'slipway.yml': `image: { repository: '${repository}' }\nversion: { branch-tag: true }\ntry: { enabled: false }\n`,
});

afterAll(() => {
  const images = docker('images', '--quiet', repository).split('\n').filter(Boolean);
  if (images.length > 0) docker('rmi', '--force', ...new Set(images));
  workspace.remove();
});

/** The digest that a client which is not ours finds under a tag. */
function digestUnder(tag: string): string {
  const args = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${repository}:${tag}`];
  return execFileSync('skopeo', args, { encoding: 'utf8' }).trim();
}

describe('moving tags', () => {
  const releaseFile = join(workspace.path, 'release.json');
  const imageFile = join(workspace.path, 'image.json');

  it('are moved by ship, and stand in the release file and in what it prints', async () => {
    git(project, 'tag', 'v1.0.0');
    const { code, stdout } = await slipway(['ship', project, '--out', releaseFile], { env });
    const release = JSON.parse(readFileSync(releaseFile, 'utf8'));
    expect([code, release.moving]).toEqual([
      0,
      ['1.0', '1', 'latest', 'main'].map((tag) => ({ tag, moved: true, because: 'nobody had it' })),
    ]);
    expect(stdout.split('\n').slice(1)).toEqual([
      '  1.0     moved  nobody had it',
      '  1       moved  nobody had it',
      '  latest  moved  nobody had it',
      '  main    moved  nobody had it',
      '',
    ]);
    expect(['1.0.0', '1.0', '1', 'latest', 'main'].map(digestUnder)).toEqual(new Array(5).fill(release.digest));
  });

  it('of a branch go to its next commit, also where the image is pushed by another job without the sources', async () => {
    writeFiles(project, { 'more.txt': 'more' });
    commitAll(project, 'More');
    await slipway(['build', project, '--out', imageFile], { env });
    const elsewhere = join(workspace.path, 'elsewhere');
    mkdirSync(elsewhere);
    const { code, stdout } = await slipway(['push', '--image', imageFile, '--json'], { env, cwd: elsewhere });
    const release = JSON.parse(stdout);
    expect([code, release.moving]).toEqual([
      0,
      [{ tag: 'main', moved: true, because: 'its commit is not older than that of 1.0.0, which had it' }],
    ]);
    expect(digestUnder('main')).toBe(release.digest);
    expect(digestUnder('latest')).not.toBe(release.digest);
  });

  it('of a branch go to a commit that the clone knows as a descendant', async () => {
    writeFiles(project, { 'more.txt': 'still more' });
    commitAll(project, 'Still more');
    const { stdout } = await slipway(['ship', project, '--json'], { env });
    const before = git(project, 'rev-parse', '--short=7', 'HEAD~1');
    expect(JSON.parse(stdout).release.moving).toEqual([
      {
        tag: 'main',
        moved: true,
        because: `it comes after ${before}, the commit of 1.0.1-main.1.g${before}, which had it`,
      },
    ]);
  });

  it('are not taken back by an earlier commit that is pushed again', async () => {
    const holder = digestUnder('main');
    const head = git(project, 'rev-parse', '--short=7', 'HEAD');
    const { code, stdout } = await slipway(['push', project, '--image', imageFile], { env });
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(
        `  main  left   1.0.1-main.2.g${head} has it, whose commit ${head} comes after this one\n`,
      ),
    ]);
    expect(digestUnder('main')).toBe(holder);
  });
});

it('a merge queue builds the image and pushes nothing', async () => {
  const out = join(workspace.path, 'none.json');
  const revision = git(project, 'rev-parse', 'HEAD');
  const ref = `refs/heads/gh-readonly-queue/main/pr-15-${revision}`;
  const queue = { GITHUB_ACTIONS: 'true', GITHUB_SHA: revision, GITHUB_RUN_NUMBER: '7', GITHUB_REF: ref };
  const { code, stdout } = await slipway(['ship', project, '--out', out], { env: { ...env, ...queue } });
  const tag = `pr-15.7.g${revision.slice(0, 7)}`;
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/\nbuilt, and not pushed: the run tries a merge, which is no commit of a branch yet/),
  ]);
  expect(docker('images', '--format', '{{.Tag}}', repository).split('\n')).toContain(tag);
  expect(existsSync(out)).toBe(false);
  expect(() => digestUnder(tag)).toThrow();
});
