import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeOrder } from '../../src/core/deployment-order.js';
import { silentProgress } from '../../src/core/progress.js';
import type { TemplateIntent } from '../../src/core/template-store.js';
import { failureOf, makeRemote, openRemote, setEnvironment } from '../support/deploy-remote.js';
import { git, makeDirectory, writeFiles } from './repository.js';

const path = 'production/web.yml';

function deploy(version: string, expected: string, more: Partial<TemplateIntent> = {}): TemplateIntent {
  return {
    path,
    rewrite: (text) => text.replace(/web:[\w.-]+/, `web:${version}`),
    currentImage: (text) => /web:[\w.-]+/.exec(text)?.[0],
    expectedImage: `web:${expected}`,
    deployment: { environment: 'production', service: '/shop/web', version, image: `web:${version}` },
    ...more,
  };
}

function guarded(version: string, expected: string): TemplateIntent {
  const intent = deploy(version, expected);
  return { ...intent, guard: (found) => judgeOrder(intent.deployment, found) };
}

function refuseBy(remote: string, script: string, hook = 'pre-receive'): void {
  writeFiles(remote, { [`hooks/${hook}`]: `#!/bin/sh\n${script}\n` });
  chmodSync(join(remote, 'hooks', hook), 0o755);
}

function countingProgress() {
  const said: string[] = [];
  const say = (text: string) => said.push(text);
  return { said, progress: { ...silentProgress, info: say, warn: say } };
}

describe('a deployment through a pull request', () => {
  it('is a branch with one commit; the branch that deployments come from stays, and again it is the same', async () => {
    const { remote, log } = makeRemote({ [path]: 'web:1.0.0\n' });
    const store = await openRemote(remote, { publish: 'pull-request' });
    const landed = await store.apply(deploy('1.1.0', '1.0.0'), silentProgress);
    const branch = 'slipway/production/shop-web-1.1.0';
    const commit = git(remote, 'rev-parse', branch);
    expect(landed).toEqual({ text: 'web:1.1.0\n', before: 'web:1.0.0\n', commit, proposal: { branch, into: 'main' } });
    expect(log()).toEqual(['first']);
    expect(git(remote, 'log', '--format=%s', branch)).toBe('Deploy /shop/web 1.1.0 to production\nfirst');
    const again = await (await openRemote(remote, { publish: 'pull-request' })).apply(
      deploy('1.1.0', '1.0.0'),
      silentProgress,
    );
    expect(again.proposal).toEqual(landed.proposal);
    expect(git(remote, 'rev-parse', branch)).toBe(commit);
  });

  it('is a record once it is merged, and then there is nothing left to do', async () => {
    const { remote, clone } = makeRemote({ [path]: 'web:1.0.0\n' });
    const store = await openRemote(remote, { publish: 'pull-request' });
    const { commit } = await store.apply(deploy('1.1.0', '1.0.0'), silentProgress);
    expect(await store.history({ environment: 'production', limit: 9 })).toEqual([]);
    git(clone, 'fetch', '-q', remote, 'slipway/production/shop-web-1.1.0');
    git(clone, 'merge', '-q', '--no-ff', '-m', 'Merge', 'FETCH_HEAD');
    git(clone, 'push', '-q', remote, 'main');
    const after = await openRemote(remote, { publish: 'pull-request' });
    expect((await after.history({ environment: 'production', limit: 9 })).map((record) => record.commit)).toEqual([
      commit,
    ]);
    expect(await after.apply(deploy('1.1.0', '1.0.0'), silentProgress)).toEqual({
      text: 'web:1.1.0\n',
      before: 'web:1.1.0\n',
    });
  });

  it('stops at a branch of that name that has something else', async () => {
    const { remote, clone } = makeRemote({ [path]: 'web:1.0.0\n' });
    git(clone, 'push', '-q', remote, 'main:refs/heads/slipway/production/shop-web-1.1.0');
    const store = await openRemote(remote, { publish: 'pull-request' });
    const failure = await failureOf(store.apply(deploy('1.1.0', '1.0.0'), silentProgress));
    expect([failure.code, failure.message]).toEqual([
      'deploy.repository',
      'The branch slipway/production/shop-web-1.1.0 is there already, and has something else',
    ]);
  });
});

describe('signed commits', () => {
  it('are signed with the key that git is configured for, and git verifies them', async () => {
    const home = makeDirectory();
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, 'key')]);
    writeFiles(home, {
      signers: `ops@example.com ${execFileSync('cat', [join(home, 'key.pub')], { encoding: 'utf8' })}`,
    });
    const config = `[gpg]\n format = ssh\n[gpg "ssh"]\n allowedSignersFile = ${join(home, 'signers')}\n[user]\n signingKey = ${join(home, 'key')}\n`;
    writeFiles(home, { '.gitconfig': config });
    setEnvironment({ GIT_CONFIG_GLOBAL: join(home, '.gitconfig'), GIT_CONFIG_NOSYSTEM: '1' });
    const { remote } = makeRemote({ [path]: 'web:1.0.0\n' });
    const store = await openRemote(remote, { sign: true, author: 'Ops Team <ops@example.com>' });
    await store.apply(deploy('1.1.0', '1.0.0'), silentProgress);
    const verified = execFileSync('git', ['--git-dir', remote, 'verify-commit', '--raw', 'main'], {
      stdio: 'pipe',
      encoding: 'utf8',
    });
    expect(verified).toBe('');
    const seen = execFileSync(
      'git',
      ['--git-dir', remote, 'log', '-1', '--format=%G?|%GS|%an <%ae>|%cn <%ce>', 'main'],
      { encoding: 'utf8' },
    );
    expect(seen.trim()).toBe('G|ops@example.com|Ops Team <ops@example.com>|Ops Team <ops@example.com>');
  });

  it('are a failure that says so where git has no key to sign with', async () => {
    setEnvironment({ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GNUPGHOME: makeDirectory() });
    const { remote, log } = makeRemote({ [path]: 'web:1.0.0\n' });
    const store = await openRemote(remote, { sign: true });
    const failure = await failureOf(store.apply(deploy('1.1.0', '1.0.0'), silentProgress));
    expect([failure.code, failure.message, failure.remedy]).toEqual([
      'deploy.repository',
      expect.stringContaining('git cannot sign the commit'),
      expect.stringContaining('user.signingKey'),
    ]);
    expect(log()).toEqual(['first']);
  });
});

describe('what the server refuses', () => {
  it('is told in its own words, once', async () => {
    const { remote, log } = makeRemote({ [path]: 'web:1.0.0\n' });
    refuseBy(
      remote,
      `echo x >> ${remote}/asked; echo "Deployments are closed on Friday." >&2; echo "Ask ops." >&2; exit 1`,
    );
    const store = await openRemote(remote);
    const failure = await failureOf(store.apply(deploy('1.1.0', '1.0.0'), silentProgress));
    expect([failure.code, failure.message]).toEqual([
      'deploy.repository',
      'The deploy repository does not take the push: Deployments are closed on Friday. Ask ops.',
    ]);
    expect(execFileSync('cat', [join(remote, 'asked')], { encoding: 'utf8' })).toBe('x\n');
    expect(log()).toEqual(['first']);
  });

  it('is no reason to fail where it is notes: that is warned of once', async () => {
    const { remote } = makeRemote({ [path]: 'web:1.0.0\n' });
    refuseBy(remote, 'case "$1" in refs/notes/*) echo "no notes here" >&2; exit 1;; esac', 'update');
    const { said, progress } = countingProgress();
    const store = await openRemote(remote, {}, progress);
    const landed = await store.apply(deploy('1.1.0', '1.0.0'), silentProgress);
    await store.note(landed.record ?? '', { outcome: 'stuck', evidence: 'x' });
    await store.note(landed.record ?? '', { outcome: 'succeeded', evidence: 'x' });
    expect(said).toEqual([
      `${remote} takes no notes (refs/notes/slipway), so how deployments ended is not recorded there: The deploy repository does not take the push: no notes here error: hook declined to update refs/notes/slipway`,
    ]);
    expect((await store.history({ environment: 'production', limit: 1 }))[0]?.outcome).toBe(undefined);
  });
});

describe('a push that others were faster than', () => {
  /** What a server does to the next pushes: before each it lets somebody else's commit land. */
  function overtaken(remote: string, times: number, change: string): void {
    const script = `n=$(cat ${remote}/left 2>/dev/null || echo ${times})
[ "$n" = 0 ] && exit 0
echo $((n - 1)) > ${remote}/left
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_INDEX_FILE=${remote}/other-index GIT_AUTHOR_NAME=O GIT_AUTHOR_EMAIL=o@x GIT_COMMITTER_NAME=Other GIT_COMMITTER_EMAIL=o@x
git read-tree main
blob=$(git cat-file blob main:${path} | sed "${change}" | git hash-object -w --stdin)
git update-index --cacheinfo 100644,$blob,${path}
git update-ref refs/heads/main $(git commit-tree $(git write-tree) -p main -m "other $n")`;
    refuseBy(remote, script);
  }

  it('is made again on the new text, three times over', async () => {
    const { remote, show, log } = makeRemote({ [path]: 'web:1.0.0\nn: 0\n' });
    overtaken(remote, 3, 's/^n: /n: 1/');
    const store = await openRemote(remote);
    await store.apply(guarded('1.1.0', '1.0.0'), silentProgress);
    expect(show(path)).toBe('web:1.1.0\nn: 1110');
    expect(log()).toEqual(['Deploy /shop/web 1.1.0 to production', 'other 1', 'other 2', 'other 3', 'first']);
  });

  it('ends as superseded where they set the same value to a newer one, and says to what, by whom and when', async () => {
    const { remote, log } = makeRemote({ [path]: 'web:1.0.0\n' });
    overtaken(remote, 1, 's/web:.*/web:1.2.0/');
    const store = await openRemote(remote);
    const failure = await failureOf(store.apply(guarded('1.1.0', '1.0.0'), silentProgress));
    expect([failure.code, failure.message]).toEqual([
      'deploy.superseded',
      'production has /shop/web 1.2.0, which is newer than 1.1.0',
    ]);
    expect(log()).toEqual(['other 1', 'first']);
    const unguarded = await failureOf(store.apply(deploy('1.1.0', '1.0.0'), silentProgress));
    expect(unguarded.message).toBe(
      `Somebody else changed ${path} since the plan was made: it has web:1.2.0 where web:1.0.0 was`,
    );
    expect(unguarded.where).toMatch(/^\S+, production\/web\.yml \(O <o@x>, \d{4}-\S+Z, [0-9a-f]{12}\)$/);
  });

  it('replaces what they set where that is older', async () => {
    const { remote, show } = makeRemote({ [path]: 'web:1.0.0\n' });
    overtaken(remote, 1, 's/web:.*/web:1.0.5/');
    const store = await openRemote(remote);
    await store.apply(guarded('1.1.0', '1.0.0'), silentProgress);
    expect(show(path)).toBe('web:1.1.0');
  });

  it('refuses an older build that finishes after a newer one, and one of a service that a person pinned meanwhile', async () => {
    const { remote } = makeRemote({ [path]: 'web:1.0.0\n' });
    const early = await openRemote(remote);
    const late = await openRemote(remote);
    await late.apply(guarded('1.2.0', '1.0.0'), silentProgress);
    expect((await failureOf(early.apply(guarded('1.1.0', '1.0.0'), silentProgress))).code).toBe('deploy.superseded');
    const waiting = await openRemote(remote);
    const back = deploy('1.0.0', '1.2.0');
    await late.apply({ ...back, deployment: { ...back.deployment, pinned: true } }, silentProgress);
    const failure = await failureOf(waiting.apply(guarded('1.3.0', '1.2.0'), silentProgress));
    expect(failure.message).toBe(
      '/shop/web in production was rolled back to 1.0.0 and pinned there; 1.3.0 is not deployed',
    );
  });
});
