import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { readGitFacts } from '../../src/io/git.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import { commitAll, git, makeDirectory, makeRepository, writeFiles } from './repository.js';

const reading = { chooseBase: (tags: readonly string[]) => chooseBaseTag(tags) };

/** A repository with what settings could turn over: several tags, a changed file, a name beyond ASCII, a submodule's place. */
function makeHistory(): string {
  const root = makeRepository({ 'a.txt': 'a\n', 'größe.txt': 'g\n' });
  for (const tag of ['v1.0.0', 'v1.0.0-rc.2', 'v1.0.0-rc.10', 'nightly']) git(root, 'tag', tag);
  commitAll(root, 'second');
  git(root, 'tag', '-a', 'v1.1.0', '-m', 'annotated');
  commitAll(root, 'third');
  writeFiles(root, { 'größe.txt': 'changed\n', 'new ä.txt': 'new\n' });
  return root;
}

const settings: readonly (readonly [string, string])[] = [
  ['tag.sort', '-version:refname'],
  ['versionsort.suffix', '-'],
  ['log.showSignature', 'true'],
  ['log.follow', 'true'],
  ['log.date', 'relative'],
  ['log.mailmap', 'true'],
  ['core.quotePath', 'false'],
  ['core.abbrev', '4'],
  ['core.pager', 'false'],
  ['core.excludesFile', '/etc/hostname'],
  ['core.fsmonitor', 'touch fsmonitor-ran'],
  ['core.untrackedCache', 'false'],
  ['core.commitGraph', 'false'],
  ['color.ui', 'always'],
  ['color.status', 'always'],
  ['column.ui', 'always'],
  ['diff.ignoreSubmodules', 'all'],
  ['diff.renames', 'copies'],
  ['diff.external', 'false'],
  ['status.short', 'true'],
  ['status.branch', 'false'],
  ['status.showUntrackedFiles', 'no'],
  ['status.relativePaths', 'true'],
  ['status.renames', 'copies'],
  ['status.showStash', 'true'],
  ['status.aheadBehind', 'false'],
  ['alias.status', '!touch alias-ran'],
  ['alias.rev-list', 'log'],
  ['alias.for-each-ref', 'log'],
  ['alias.show-ref', 'log'],
  ['alias.cat-file', 'log'],
  ['i18n.logOutputEncoding', 'UTF-16'],
  ['i18n.commitEncoding', 'ISO-8859-1'],
  ['advice.graftFileDeprecated', 'true'],
  ['transfer.hideRefs', 'refs/tags'],
  ['submodule.recurse', 'true'],
];

describe('no setting changes the answer or the repository', () => {
  test.each(settings)("the repository's own %s", async (key, value) => {
    const root = makeHistory();
    const expected = await readGitFacts(root, reading);
    git(root, 'config', key, value);
    const before = readdirSync(root);
    expect(await readGitFacts(root, reading)).toEqual(expected);
    expect(readdirSync(root)).toEqual(before);
  });

  test("all of them as the user's, with a template, hooks and attributes", async () => {
    const root = makeHistory();
    const expected = await readGitFacts(root, reading);
    const home = makeDirectory({ '.config/git/ignore': '*\n', '.config/git/attributes': '* text eol=crlf filter=x\n' });
    const hook = join(home, 'hooks/post-index-change');
    writeFiles(home, { 'hooks/post-index-change': '#!/bin/sh\ntouch hook-ran\n' });
    chmodSync(hook, 0o755);
    const all = [...settings, ['core.hooksPath', join(home, 'hooks')], ['filter.x.clean', 'tr a-z A-Z']] as const;
    for (const [key, value] of all) git(home, 'config', '--file', join(home, '.gitconfig'), key, value);
    vi.stubEnv('HOME', home);
    vi.stubEnv('XDG_CONFIG_HOME', join(home, '.config'));
    vi.stubEnv('GIT_CONFIG_GLOBAL', join(home, '.gitconfig'));
    vi.stubEnv('GIT_CONFIG_SYSTEM', join(home, '.gitconfig'));
    const before = readdirSync(root);
    const facts = await readGitFacts(root, reading);
    vi.unstubAllEnvs();
    expect(facts).toEqual(expected);
    expect(readdirSync(root)).toEqual(before);
  });

  test.each([
    ['GIT_DIR', '/nowhere'],
    ['GIT_WORK_TREE', '/nowhere'],
    ['GIT_COMMON_DIR', '/nowhere'],
    ['GIT_INDEX_FILE', '/nowhere/index'],
    ['GIT_OBJECT_DIRECTORY', '/nowhere'],
    ['GIT_NAMESPACE', 'other'],
    ['GIT_CEILING_DIRECTORIES', '/'],
    ['GIT_LITERAL_PATHSPECS', '1'],
    ['GIT_NOGLOB_PATHSPECS', '1'],
    ['GIT_ICASE_PATHSPECS', '1'],
    ['GIT_REPLACE_REF_BASE', 'refs/other/'],
    ['GIT_SHALLOW_FILE', '/nowhere'],
    ['GIT_CONFIG_PARAMETERS', "'status.showuntrackedfiles=no'"],
    ['GIT_TRACE', '1'],
    ['GIT_PAGER', 'false'],
    ['LANGUAGE', 'de'],
    ['TZ', 'Asia/Kolkata'],
  ])('the variable %s', async (name, value) => {
    const root = makeHistory();
    const expected = await readGitFacts(root, reading);
    vi.stubEnv(name, value);
    const facts = await readGitFacts(root, reading);
    vi.unstubAllEnvs();
    expect(facts).toEqual(expected);
  });

  test('replaced and grafted commits are read as they are', async () => {
    const root = makeHistory();
    const expected = await readGitFacts(root, reading);
    const head = git(root, 'rev-parse', 'HEAD');
    const orphan = git(root, 'commit-tree', '-m', 'orphan', 'HEAD^{tree}');
    git(root, 'replace', head, orphan);
    mkdirSync(join(root, '.git/info'), { recursive: true });
    writeFileSync(join(root, '.git/info/grafts'), `${head}\n`);
    expect(git(root, 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(await readGitFacts(root, reading)).toEqual(expected);
  });

  test('in a partial clone nothing is fetched: what is missing is a failure', async () => {
    const origin = makeRepository({ 'one/a.txt': 'a' });
    git(origin, 'config', 'uploadpack.allowFilter', 'true');
    writeFiles(origin, { 'one/a.txt': 'b' });
    commitAll(origin, 'second');
    const clone = join(makeDirectory(), 'clone');
    git(origin, 'clone', '-q', '--filter=tree:0', `file://${origin}`, clone);
    const size = () => readdirSync(join(clone, '.git/objects/pack')).length;
    const before = size();
    const failure = readGitFacts(join(clone, 'one'), { ...reading, paths: [] });
    await expect(failure).rejects.toMatchObject({
      code: 'detect.no-history',
      message: 'The clone is partial, and reading it does not fetch what it lacks',
    });
    expect(size()).toBe(before);
  });
});

test('a commit of a time that no calendar has is read without it', async () => {
  const root = makeRepository();
  const commit = git(root, 'cat-file', 'commit', 'HEAD').replace(/^(committer .*> )\d+/m, '$199999999999999999');
  writeFiles(root, { '.git/commit': `${commit}\n` });
  const id = git(root, 'hash-object', '-t', 'commit', '-w', '--literally', '.git/commit');
  git(root, 'update-ref', 'HEAD', id);
  const facts = await readGitFacts(root, reading);
  expect([facts.revision, facts.committedAt]).toEqual([id, undefined]);
});

describe('tags', () => {
  test('of tags lead to their commit', async () => {
    const root = makeRepository();
    git(root, 'tag', '-a', 'inner', '-m', 'inner');
    git(root, 'tag', '-a', 'v1.0.0', '-m', 'a tag of a tag', 'inner');
    const facts = await readGitFacts(root, reading);
    expect([facts.exactTags, facts.baseTag]).toEqual([['inner', 'v1.0.0'], 'v1.0.0']);
  });

  test('of a tree are of no commit', async () => {
    const root = makeRepository();
    git(root, 'tag', 'v9.0.0', git(root, 'rev-parse', 'HEAD^{tree}'));
    const facts = await readGitFacts(root, reading);
    expect([facts.exactTags, facts.baseTag]).toEqual([[], undefined]);
  });

  test('that only another branch has are known, and not reached', async () => {
    const root = makeRepository();
    git(root, 'checkout', '-q', '-b', 'other');
    const elsewhere = commitAll(root, 'elsewhere');
    git(root, 'tag', 'v9.0.0');
    git(root, 'checkout', '-q', 'main');
    const facts = await readGitFacts(root, reading);
    expect([facts.knownTags, facts.baseTag]).toEqual([[{ name: 'v9.0.0', commit: elsewhere }], undefined]);
  });

  test('of a merged maintenance branch are reached', async () => {
    const root = makeRepository();
    git(root, 'tag', 'v1.0.0');
    git(root, 'checkout', '-q', '-b', 'maintenance');
    commitAll(root, 'repair');
    git(root, 'tag', 'v1.0.1');
    git(root, 'checkout', '-q', 'main');
    commitAll(root, 'feature');
    git(root, 'tag', 'v2.0.0');
    git(root, 'merge', '-q', '-m', 'merge', 'maintenance');
    const facts = await readGitFacts(root, reading);
    expect([facts.baseTag, facts.distance, facts.parents.length]).toEqual(['v2.0.0', 2, 2]);
  });
});

describe('counted over paths', () => {
  const component = { chooseBase: (tags: readonly string[]) => chooseBaseTag(tags, { tagPrefix: 'one/' }) };

  /** Two components and a library; the tag of the first is on the first commit. */
  function makeMonorepo(): string {
    const root = makeRepository({ 'one/a.txt': 'a', 'two/a.txt': 'a', 'libs/money/a.txt': 'a', 'one*/a.txt': 'a' });
    git(root, 'tag', 'one/v1.2.3');
    for (const path of ['one/a.txt', 'two/a.txt', 'two/a.txt', 'libs/money/a.txt', 'one*/a.txt']) {
      writeFiles(root, { [path]: `${Math.random()}` });
      commitAll(root, path);
    }
    return root;
  }

  async function distance(directory: string, paths?: readonly string[]): Promise<number> {
    return (await readGitFacts(directory, { ...component, ...(paths && { paths }) })).distance;
  }

  test("are the commits that touched the project's directory, and the paths that it names", async () => {
    const root = makeMonorepo();
    expect([
      await distance(join(root, 'one')),
      await distance(join(root, 'one'), []),
      await distance(join(root, 'one'), ['libs/money']),
      await distance(join(root, 'two'), ['libs']),
      await distance(root, ['two']),
      await distance(root, []),
    ]).toEqual([5, 1, 2, 3, 2, 5]);
  });

  test('never fewer after a merge that took the other side', async () => {
    const root = makeMonorepo();
    const before = await distance(join(root, 'one'), []);
    git(root, 'checkout', '-q', '-b', 'side', 'one/v1.2.3');
    writeFiles(root, { 'one/a.txt': 'side' });
    commitAll(root, 'side');
    git(root, 'merge', '-q', '-s', 'ours', '-m', 'ours', 'main');
    expect(await distance(join(root, 'one'), [])).toBeGreaterThan(before);
  });

  test('that the commit does not have are refused', async () => {
    const root = makeMonorepo();
    await expect(distance(join(root, 'one'), ['libs/mony', 'two'])).rejects.toMatchObject({
      code: 'settings.invalid',
      message: 'The commit has no libs/mony',
      where: 'version.paths',
    });
  });

  test('differ from the commit when they are changed', async () => {
    const root = makeMonorepo();
    writeFiles(root, { 'libs/money/a.txt': 'changed' });
    const dirty = async (paths: readonly string[]) =>
      (await readGitFacts(join(root, 'one'), { ...component, paths })).dirty;
    expect([await dirty([]), await dirty(['libs/money'])]).toEqual([false, true]);
  });
});

test.runIf(process.getuid?.() === 0)('a repository of another user is read over a symbolic link', async () => {
  const root = makeRepository({ 'one/a.txt': 'a' });
  const expected = await readGitFacts(root, reading);
  const link = join(makeDirectory(), 'link');
  symlinkSync(root, link);
  for (const path of [root, join(root, '.git'), join(root, '.git/config')]) chownSync(path, 12345, 12345);
  expect(await readGitFacts(link, reading)).toEqual(expected);
});
