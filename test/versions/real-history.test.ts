import { compare, gt } from 'semver';
import { expect, test } from 'vitest';
import { readGitFacts } from '../../src/io/git.js';
import { decideVersion } from '../../src/versions/decide-version.js';
import { chooseBaseTag } from '../../src/versions/release-tags.js';
import { commitAll, git, makeRepository } from '../io/repository.js';
import { noCi } from './history.js';

/**
 * Two releases, a maintenance branch with a release of its own, merged back, a candidate, a bookkeeping tag, and an annotated
 * and a lightweight tag on one commit.
 */
function makeHistory(): string {
  const root = makeRepository();
  commitAll(root, 'two');
  git(root, 'tag', '-a', 'v1.0.0', '-m', 'annotated');
  git(root, 'tag', 'v1.0.0-rc.1');
  git(root, 'checkout', '-q', '-b', 'maintenance');
  commitAll(root, 'repair');
  git(root, 'tag', 'v1.0.1');
  commitAll(root, 'repair again');
  git(root, 'checkout', '-q', 'main');
  commitAll(root, 'feature');
  git(root, 'tag', 'deployed-prod');
  git(root, 'merge', '-q', '-m', 'merge repairs', 'maintenance');
  git(root, 'tag', 'v1.1.0-rc.1');
  commitAll(root, 'after the candidate');
  git(root, 'tag', 'v2.0.0');
  commitAll(root, 'last');
  return root;
}

test('every commit of a history has a version of its own that sorts above its parents’', async () => {
  const root = makeHistory();
  const lines = git(root, 'rev-list', '--parents', '--all')
    .split('\n')
    .map((line) => line.split(' '));
  const versions = new Map<string, string>();
  for (const [commit = ''] of lines) {
    git(root, 'checkout', '-q', '--detach', commit);
    const facts = await readGitFacts(root, { chooseBase: (tags) => chooseBaseTag(tags) });
    versions.set(commit, decideVersion(facts, noCi).plan.version);
  }
  const edges = lines.flatMap(([commit = '', ...parents]) =>
    parents.map((parent) => [versions.get(commit) ?? '', versions.get(parent) ?? ''] as const),
  );
  expect(edges.length).toBe(8);
  expect(edges.filter(([child, parent]) => !gt(child, parent))).toEqual([]);
  expect(new Set(versions.values()).size).toBe(lines.length);
  const named = [...versions.values()].toSorted(compare).map((version) => version.replace(/g[0-9a-f]{7}/, 'gX'));
  expect(named).toEqual([
    '0.1.0-detached.1.gX',
    '1.0.0',
    '1.0.1-detached.1.gX',
    '1.0.1',
    '1.0.2-detached.1.gX',
    '1.1.0-rc.1',
    '2.0.0',
    '2.0.1-detached.1.gX',
  ]);
});
