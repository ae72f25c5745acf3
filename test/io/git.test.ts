import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { readGitFacts } from '../../src/io/git.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import { commitAll, git, makeDirectory, makeRepository, writeFiles } from './repository.js';

const reading = { chooseBase: (tags: readonly string[]) => chooseBaseTag(tags) };

describe('a clean repository', () => {
  test('says its commit, branch, time in UTC, tags and distance', async () => {
    const root = makeRepository();
    const first = git(root, 'rev-parse', 'HEAD');
    git(root, 'tag', 'v1.0.0');
    git(root, 'tag', '-a', 'v1.1.0', '-m', 'annotated');
    writeFiles(root, { 'b.txt': 'b' });
    commitAll(root, 'second');
    const revision = commitAll(root, 'third');
    git(root, 'tag', 'here');
    git(root, 'tag', '-a', 'here-too', '-m', 'annotated');
    expect(await readGitFacts(root, reading)).toEqual({
      revision,
      branch: 'main',
      committedAt: '2024-02-03T02:05:06Z',
      dirty: false,
      exactTags: ['here', 'here-too'],
      knownTags: [
        { name: 'here', commit: revision },
        { name: 'here-too', commit: revision },
        { name: 'v1.0.0', commit: first },
        { name: 'v1.1.0', commit: first },
      ],
      parents: [git(root, 'rev-parse', 'HEAD^')],
      baseTag: 'v1.1.0',
      distance: 2,
      shallow: false,
    });
  });

  test('has no branch on a detached head', async () => {
    const root = makeRepository();
    git(root, 'checkout', '-q', '--detach');
    const facts = await readGitFacts(root, reading);
    expect([facts.branch, facts.distance, facts.baseTag]).toEqual([undefined, 1, undefined]);
  });

  test('does not count tags that only another branch has', async () => {
    const root = makeRepository();
    git(root, 'tag', 'v1.0.0');
    git(root, 'checkout', '-q', '-b', 'other');
    commitAll(root, 'elsewhere');
    git(root, 'tag', 'v9.0.0');
    git(root, 'checkout', '-q', 'main');
    commitAll(root, 'here');
    const facts = await readGitFacts(root, reading);
    expect([facts.baseTag, facts.distance]).toEqual(['v1.0.0', 1]);
  });

  test('tells a tag from a branch of the same name', async () => {
    const root = makeRepository();
    git(root, 'tag', 'v1.0.0');
    commitAll(root, 'second');
    git(root, 'branch', 'v1.0.0');
    expect((await readGitFacts(root, reading)).distance).toBe(1);
  });

  test('is not changed by being read', async () => {
    const root = makeRepository();
    const hook = join(root, '.git/hooks/post-index-change');
    writeFiles(root, { '.git/hooks/post-index-change': '#!/bin/sh\ntouch ran\n', 'c.txt': 'new' });
    chmodSync(hook, 0o755);
    git(root, 'config', 'core.fsmonitor', 'touch ran-fsmonitor; false');
    const index = join(root, '.git/index');
    const before = [readFileSync(index), statSync(index).mtimeMs, readdirSync(join(root, '.git')), readdirSync(root)];
    await readGitFacts(root, reading);
    expect([readFileSync(index), statSync(index).mtimeMs, readdirSync(join(root, '.git')), readdirSync(root)]).toEqual(
      before,
    );
  });

  test('answers the same in a linked work tree', async () => {
    const root = makeRepository();
    git(root, 'tag', 'v1.0.0');
    const linked = join(makeDirectory(), 'linked');
    git(root, 'worktree', 'add', '-q', '--detach', linked);
    const { branch, ...expected } = await readGitFacts(root, reading);
    expect(branch).toBe('main');
    expect(await readGitFacts(linked, reading)).toEqual(expected);
  });
});

describe('what differs from the commit', () => {
  async function digestAfter(change: (root: string) => void): Promise<string | undefined> {
    const root = makeRepository({ 'a.txt': 'a\n', 'dir/b.txt': 'b\n', '.gitignore': '*.log\n' });
    change(root);
    const facts = await readGitFacts(root, reading);
    expect(facts.dirty).toBe(facts.dirtyDigest !== undefined);
    return facts.dirtyDigest;
  }

  test('is named by its content, each change by another name', async () => {
    const changes: readonly ((root: string) => void)[] = [
      (root) => writeFiles(root, { 'a.txt': 'changed\n' }),
      (root) => writeFiles(root, { 'a.txt': 'changed otherwise\n' }),
      (root) => writeFiles(root, { 'new file.txt': 'x' }),
      (root) => writeFiles(root, { 'deep/new.txt': 'x' }),
      (root) => rmSync(join(root, 'a.txt')),
      (root) => chmodSync(join(root, 'a.txt'), 0o755),
      (root) => symlinkSync('a.txt', join(root, 'link')),
      (root) => symlinkSync('nowhere', join(root, 'link')),
      (root) => git(root, 'mv', 'a.txt', 'c.txt'),
    ];
    const digests = await Promise.all(changes.map(digestAfter));
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{8}$/);
    expect(new Set(digests).size).toBe(changes.length);
  });

  test('has the same name on another machine, staged or not', async () => {
    const one = await digestAfter((root) => writeFiles(root, { 'a.txt': 'changed\n', 'n.txt': 'n' }));
    const other = await digestAfter((root) => {
      writeFiles(root, { 'n.txt': 'n', 'a.txt': 'changed\n' });
      git(root, 'add', '-A');
    });
    expect(other).toBe(one);
  });

  test('is nothing when only ignored files are new', async () => {
    expect(await digestAfter((root) => writeFiles(root, { 'x.log': 'x' }))).toBeUndefined();
  });

  test('is nothing when only excluded files are new, in git or outside of it', async () => {
    const root = makeRepository({ 'a.txt': 'a', 'sub/b.txt': 'b' });
    writeFiles(root, { 'sub/plan.json': '{}', 'sub/*.json': '{}' });
    const exclude = ['plan.json', join(root, 'sub/*.json'), '/elsewhere/x.json', '../x.json'];
    expect((await readGitFacts(join(root, 'sub'), { ...reading, exclude })).dirty).toBe(false);
    expect((await readGitFacts(join(root, 'sub'), { ...reading, exclude: ['*.json'] })).dirty).toBe(true);
    const plain = makeDirectory({ 'a.txt': 'a' });
    const before = await readGitFacts(plain, { ...reading, exclude });
    writeFiles(plain, { 'plan.json': '{}' });
    expect(await readGitFacts(plain, { ...reading, exclude })).toEqual(before);
  });

  test('has another name for other content of a submodule or of a repository within', async () => {
    const inner = makeRepository({ 'lib.txt': 'one' });
    const root = makeRepository();
    git(root, 'submodule', '--quiet', 'add', inner, 'lib');
    commitAll(root, 'submodule');
    expect((await readGitFacts(root, reading)).dirty).toBe(false);
    const digests: (string | undefined)[] = [];
    for (const directory of ['lib', 'nested']) {
      if (directory === 'nested') git(root, 'clone', '-q', inner, join(root, 'nested'));
      for (const content of ['two', 'three']) {
        writeFiles(root, { [`${directory}/lib.txt`]: content });
        digests.push((await readGitFacts(root, reading)).dirtyDigest);
      }
    }
    expect(digests).toEqual(digests.map(() => expect.stringMatching(/^[0-9a-f]{8}$/)));
    expect(new Set(digests).size).toBe(4);
  });

  test('counts only below the directory that is asked about', async () => {
    const root = makeRepository({ 'one/a.txt': 'a', 'two/a.txt': 'a' });
    writeFiles(root, { 'one/a.txt': 'changed' });
    expect((await readGitFacts(join(root, 'one'), reading)).dirty).toBe(true);
    expect((await readGitFacts(join(root, 'two'), reading)).dirty).toBe(false);
  });

  test('of a subdirectory has the digest of its own content', async () => {
    const root = makeRepository({ 'one/a.txt': 'a' });
    writeFiles(root, { 'one/a.txt': 'changed' });
    const first = (await readGitFacts(join(root, 'one'), reading)).dirtyDigest;
    writeFiles(root, { 'one/a.txt': 'changed again' });
    expect((await readGitFacts(join(root, 'one'), reading)).dirtyDigest).not.toBe(first);
  });
});

describe('without history', () => {
  test('a directory outside any repository is named by the content of its files', async () => {
    const files = { 'a.txt': 'a', 'b/c.txt': 'c', 'node_modules/x/index.js': 'not a source' };
    const [one, other] = [makeDirectory(files), makeDirectory(files)];
    const facts = await readGitFacts(one, reading);
    expect(facts).toEqual({
      dirty: true,
      dirtyDigest: expect.stringMatching(/^[0-9a-f]{8}$/),
      exactTags: [],
      knownTags: [],
      parents: [],
      distance: 0,
      shallow: false,
    });
    expect(await readGitFacts(other, reading)).toEqual(facts);
    writeFiles(other, { 'a.txt': 'changed' });
    expect((await readGitFacts(other, reading)).dirtyDigest).not.toBe(facts.dirtyDigest);
  });

  test('a directory that the repository around it ignores is not of its history', async () => {
    const root = makeRepository({ '.gitignore': 'scratch/\n' });
    writeFiles(root, { 'scratch/app/a.txt': 'a' });
    expect(await readGitFacts(join(root, 'scratch/app'), reading)).toEqual(
      await readGitFacts(makeDirectory({ 'a.txt': 'a' }), reading),
    );
  });

  test('a repository without a commit has a branch and no revision', async () => {
    const root = makeDirectory({ 'a.txt': 'a' });
    git(root, 'init', '-q', '-b', 'trunk');
    expect(await readGitFacts(root, reading)).toEqual({
      branch: 'trunk',
      dirty: true,
      dirtyDigest: expect.stringMatching(/^[0-9a-f]{8}$/),
      exactTags: [],
      knownTags: [],
      parents: [],
      distance: 0,
      shallow: false,
    });
  });

  test('a shallow clone says so', async () => {
    const origin = makeRepository();
    git(origin, 'tag', 'v1.0.0');
    commitAll(origin, 'second');
    const clone = join(makeDirectory(), 'clone');
    git(origin, 'clone', '-q', '--depth', '1', `file://${origin}`, clone);
    const facts = await readGitFacts(clone, reading);
    expect([facts.shallow, facts.baseTag, facts.url]).toEqual([true, undefined, undefined]);
    const linked = join(makeDirectory(), 'linked');
    git(clone, 'worktree', 'add', '-q', '--detach', linked);
    expect((await readGitFacts(linked, reading)).shallow).toBe(true);
  });

  test('a broken repository is a failure, not a version', async () => {
    const root = makeRepository();
    rmSync(join(root, '.git/objects'), { recursive: true });
    await expect(readGitFacts(root, reading)).rejects.toMatchObject({ code: 'detect.no-history', where: root });
  });

  test('a repository without a git to read it is a failure that says so', async () => {
    const root = makeRepository();
    vi.stubEnv('PATH', makeDirectory());
    await expect(readGitFacts(root, reading)).rejects.toMatchObject({
      code: 'detect.no-history',
      remedy: 'Install git, and have it on the PATH: in a CI, in the image that the job runs in.',
    });
    vi.unstubAllEnvs();
  });
});

describe('what surrounds the repository', () => {
  test('an origin with credentials is named without them', async () => {
    const root = makeRepository();
    git(root, 'remote', 'add', 'origin', 'https://user:token@git.example.com/team/app.git?x=y');
    git(root, 'config', 'url.https://elsewhere.example.com/.insteadOf', 'https://');
    expect((await readGitFacts(root, reading)).url).toBe('https://git.example.com/team/app.git');
  });

  test("a user's git configuration and environment change nothing", async () => {
    const root = makeRepository();
    git(root, 'tag', 'v1.0.0');
    writeFiles(root, { 'untracked.txt': 'x' });
    const expected = await readGitFacts(root, reading);
    const home = makeDirectory({
      '.gitconfig':
        '[core]\n excludesFile = ~/ignore\n pager = false\n[status]\n showUntrackedFiles = no\n short = true\n[alias]\n status = log\n',
      ignore: '*\n',
      '.config/git/ignore': '*\n',
    });
    const elsewhere = makeRepository({ 'other.txt': 'o' });
    const hostile = {
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      GIT_DIR: join(elsewhere, '.git'),
      GIT_WORK_TREE: elsewhere,
      GIT_INDEX_FILE: join(home, 'index'),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.bare',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_EXTERNAL_DIFF: 'false',
      GIT_PAGER: 'false',
      PAGER: 'false',
      EDITOR: 'false',
      LC_ALL: 'de_DE.UTF-8',
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    const facts = await readGitFacts(root, reading);
    vi.unstubAllEnvs();
    expect(facts).toEqual(expected);
    expect(existsSync(join(home, 'index'))).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)(
    'a repository of another user is read, and no configuration is written',
    async () => {
      const root = makeRepository();
      const expected = await readGitFacts(root, reading);
      for (const path of [root, join(root, '.git'), join(root, '.git/config')]) chownSync(path, 12345, 12345);
      const config = readFileSync(join(root, '.git/config'), 'utf8');
      expect(await readGitFacts(root, reading)).toEqual(expected);
      expect(readFileSync(join(root, '.git/config'), 'utf8')).toBe(config);
    },
  );
});
