import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { silentProgress } from '../../src/core/progress.js';
import { deepenHistory } from '../../src/io/deepen.js';
import { readGitFacts } from '../../src/io/git.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import { commitAll, git, makeDirectory, makeRepository, writeFiles } from './repository.js';

/** Four commits on `main`, an annotated tag on the first and a lightweight one on the third; `side` has a release of its own. */
function makeOrigin(): string {
  const origin = makeRepository();
  git(origin, 'tag', '-a', 'v1.0.0', '-m', 'annotated');
  git(origin, 'checkout', '-q', '-b', 'side');
  commitAll(origin, 'side');
  git(origin, 'tag', 'v0.9.1');
  git(origin, 'checkout', '-q', 'main');
  for (const subject of ['second', 'third', 'fourth']) {
    commitAll(origin, subject);
    if (subject === 'third') git(origin, 'tag', 'nightly');
  }
  return origin;
}

function clone(origin: string, ...options: readonly string[]): string {
  const directory = join(makeDirectory(), 'clone');
  git(origin, 'clone', '-q', ...options, `file://${origin}`, directory);
  return directory;
}

function deepen(directory: string): Promise<void> {
  return deepenHistory(directory, {
    signal: new AbortController().signal,
    progress: silentProgress,
    remedy: 'Clone it whole.',
  });
}

async function place(directory: string) {
  const { baseTag, distance, shallow, knownTags } = await readGitFacts(directory, {
    chooseBase: (tags) => chooseBaseTag(tags),
  });
  return { baseTag, distance, shallow, tags: knownTags.map(({ name }) => name) };
}

const whole = { baseTag: 'v1.0.0', distance: 3, shallow: false, tags: ['nightly', 'v0.9.1', 'v1.0.0'] };

test.each([
  ['of depth 1', ['--depth', '1']],
  ['of depth 1 without tags', ['--depth', '1', '--no-tags']],
  ['of depth 2 with all branches', ['--depth', '2', '--no-single-branch']],
  ['that is whole', []],
  ['that is whole, without tags', ['--no-tags']],
  ['without the content of old commits', ['--filter=blob:none']],
] as const)('a clone %s gets what it lacks', async (_name, options) => {
  const directory = clone(makeOrigin(), ...options);
  await deepen(directory);
  expect(await place(directory)).toEqual(whole);
});

test('a checkout of a merge commit that no branch has gets its history', async () => {
  const origin = makeOrigin();
  git(origin, 'checkout', '-q', '--detach');
  git(origin, 'merge', '-q', '-m', 'merge', 'side');
  git(origin, 'update-ref', 'refs/pull/15/merge', 'HEAD');
  git(origin, 'checkout', '-q', 'main');
  const directory = makeDirectory();
  git(directory, 'init', '-q');
  git(directory, 'remote', 'add', 'origin', `file://${origin}`);
  git(
    directory,
    'fetch',
    '-q',
    '--no-tags',
    '--depth',
    '1',
    'origin',
    '+refs/pull/15/merge:refs/remotes/pull/15/merge',
  );
  git(directory, 'checkout', '-q', '--detach', 'refs/remotes/pull/15/merge');
  const shallow = await readGitFacts(directory, { chooseBase: () => undefined });
  expect(shallow.parents).toHaveLength(2);
  await deepen(directory);
  expect(await place(directory)).toEqual({ ...whole, distance: 5 });
});

test('branches, configuration, hooks and what was fetched last are left alone', async () => {
  const origin = makeOrigin();
  const directory = clone(origin, '--depth', '1');
  git(directory, 'config', 'fetch.prune', 'true');
  git(directory, 'config', 'fetch.pruneTags', 'true');
  git(directory, 'config', 'remote.origin.prune', 'true');
  git(directory, 'update-ref', 'refs/remotes/origin/gone', 'HEAD');
  git(directory, 'tag', 'mine');
  writeFiles(directory, { '.git/hooks/reference-transaction': '#!/bin/sh\ntouch hook-ran\n' });
  chmodSync(join(directory, '.git/hooks/reference-transaction'), 0o755);
  commitAll(origin, 'fifth');
  const others = () => git(directory, 'for-each-ref', 'refs/heads', 'refs/remotes', 'refs/tags/mine');
  const before = [
    others(),
    readFileSync(join(directory, '.git/config'), 'utf8'),
    git(directory, 'status', '--porcelain'),
  ];
  await deepen(directory);
  expect([
    others(),
    readFileSync(join(directory, '.git/config'), 'utf8'),
    git(directory, 'status', '--porcelain'),
  ]).toEqual(before);
  expect((await place(directory)).tags).toEqual(['mine', ...whole.tags]);
});

test.each([
  ['GIT_ASKPASS', '/bin/false'],
  ['SSH_ASKPASS', '/bin/false'],
  ['GIT_SSH', '/bin/false'],
  ['GIT_SSH_COMMAND', 'ssh -i key'],
  ['GIT_CONFIG_PARAMETERS', "'fetch.prune=true'"],
  ['GIT_CONFIG_GLOBAL', '/dev/null'],
  ['GIT_DIR', '/nowhere'],
  ['GIT_TRACE', '1'],
  ['EDITOR', 'false'],
  ['PAGER', 'false'],
])('the variable %s, as a CI or a user sets it, hinders nothing', async (name, value) => {
  const directory = clone(makeOrigin(), '--depth', '1');
  vi.stubEnv(name, value);
  await deepen(directory);
  vi.unstubAllEnvs();
  expect(await place(directory)).toEqual(whole);
});

test('a login that the CI gives by GIT_CONFIG_COUNT is used', async () => {
  const directory = clone(makeOrigin(), '--depth', '1');
  const url = git(directory, 'remote', 'get-url', 'origin');
  git(directory, 'remote', 'set-url', 'origin', 'ci://origin');
  const variables = { COUNT: '1', KEY_0: `url.${url}.insteadOf`, VALUE_0: 'ci://origin' };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(`GIT_CONFIG_${name}`, value);
  await deepen(directory);
  vi.unstubAllEnvs();
  expect(await place(directory)).toEqual(whole);
});

test('a tag that the checkout made lightweight stays, and the others are fetched', async () => {
  const origin = makeOrigin();
  const directory = clone(origin, '--no-tags');
  git(directory, 'tag', 'v1.0.0', git(origin, 'rev-parse', 'v1.0.0^{commit}'));
  await deepen(directory);
  expect(await place(directory)).toEqual(whole);
  expect(git(directory, 'cat-file', '-t', 'v1.0.0')).toBe('commit');
});

test('a tag that is on another commit than at the remote is a failure that names it', async () => {
  const directory = clone(makeOrigin());
  git(directory, 'tag', '-f', 'v1.0.0', 'HEAD');
  await expect(deepen(directory)).rejects.toMatchObject({ code: 'detect.no-history', candidates: ['v1.0.0'] });
});

test('without a repository nothing happens; without a remote it is a failure', async () => {
  await deepen(makeDirectory());
  await expect(deepen(makeRepository())).rejects.toMatchObject({
    message: '--deepen has nothing to fetch from: there is no remote',
  });
});

test('what cannot be reached is a failure without the password of the address', async () => {
  const directory = makeRepository();
  git(directory, 'remote', 'add', 'origin', 'http://user:secret-word@127.0.0.1:9/team/app.git');
  vi.stubEnv('http_proxy', '');
  const failure = await deepen(directory).catch((error: unknown) => error);
  vi.unstubAllEnvs();
  expect(failure).toMatchObject({ code: 'detect.no-history', remedy: 'Clone it whole.' });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('secret-word');
});
