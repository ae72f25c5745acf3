import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { deploymentMessage } from '../../src/core/deployment-trailers.js';
import { silentProgress } from '../../src/core/progress.js';
import type { DeploymentFacts, TemplateIntent } from '../../src/core/template-store.js';
import { failureOf, makeRemote, openRemote } from '../support/deploy-remote.js';
import { git, makeDirectory } from './repository.js';

const path = 'production/web.yml';

function deploy(version: string, more: Partial<DeploymentFacts> = {}): TemplateIntent {
  const service = more.service ?? 'web';
  const pattern = new RegExp(`${service}: (\\S+)`);
  const image = `registry.example.com/${service}:${version}`;
  return {
    path,
    rewrite: (text) => text.replace(pattern, `${service}: ${image}`),
    currentImage: (text) => pattern.exec(text)?.[1],
    expectedImage: '',
    guard: () => 'newer',
    deployment: { environment: 'production', service, version, image, ...more },
  };
}

describe('history of a deploy repository', () => {
  it('has the deployments with their outcomes, newest first, by service, up to the limit', async () => {
    const { remote } = makeRemote({ [path]: 'web: a:1\napi: b:1\n' });
    const store = await openRemote(remote);
    const first = await store.apply(deploy('1.1.0', { revision: 'a'.repeat(40), run: 'https://ci/1' }), silentProgress);
    await store.note(first.record ?? '', { outcome: 'stuck', evidence: 'pending' });
    await store.note(first.record ?? '', { outcome: 'succeeded', evidence: '2/2 tasks running\nfor 5 s' });
    const second = await store.apply(deploy('3.0.0', { service: 'api' }), silentProgress);
    const third = await store.apply(deploy('1.2.0', { pinned: true, rollbackOf: first.record ?? '' }), silentProgress);
    await store.note(third.record ?? '', { outcome: 'unknown', evidence: '' });
    const common = { at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/), author: expect.any(String) };
    const one = {
      ...common,
      commit: first.commit,
      environment: 'production',
      service: 'web',
      template: path,
      version: '1.1.0',
      image: 'registry.example.com/web:1.1.0',
      revision: 'a'.repeat(40),
      run: 'https://ci/1',
      pinned: false,
      outcome: 'succeeded',
      evidence: '2/2 tasks running for 5 s',
    };
    const other = await openRemote(remote);
    const records = await other.history({ environment: 'production', limit: 9 });
    expect(records.map((record) => record.commit)).toEqual([third.commit, second.commit, first.commit]);
    expect(records[2]).toEqual(one);
    expect(records[0]).toMatchObject({ pinned: true, rollbackOf: first.commit, outcome: 'unknown' });
    expect(records[1]?.outcome).toBe(undefined);
    expect(await other.history({ environment: 'production', service: 'web', limit: 9 })).toEqual([records[0], one]);
    expect(await other.history({ environment: 'production', limit: 1 })).toEqual([records[0]]);
    expect(await other.history({ environment: 'product', limit: 9 })).toEqual([]);
    expect(await other.readAt(first.record ?? '', path)).toBe('web: registry.example.com/web:1.1.0\napi: b:1\n');
    expect(await other.readAt(first.record ?? '', 'nowhere.yml')).toBe(undefined);
    expect((await failureOf(other.readAt('0'.repeat(40), path))).code).toBe('deploy.repository');
  });

  it('counts only what the last block of a commit’s message says, in its form, and finds merged branches', async () => {
    const { remote, clone } = makeRemote({ [path]: 'web: a:1\n' });
    const block = (more: string, image = 'a:5') =>
      `Slipway-Service: web\nSlipway-Environment: production\nSlipway-Template: ${path}\nSlipway-Image: ${image}\nSlipway-Version: 5\n${more}`;
    const commit = (...paragraphs: readonly string[]) =>
      git(clone, 'commit', '-q', '--allow-empty', '--cleanup=verbatim', '-m', paragraphs.join('\n\n'));
    commit('forged in the body', block(''), 'and a word after it');
    commit('forged: a value is no image', block('', 'not an image'));
    commit('forged: a value twice', block('Slipway-Version: 6'));
    commit('forged: one is missing', 'Slipway-Service: web\nSlipway-Environment: production');
    commit('forged: in the same paragraph as the subject\n'.trim() + block(''));
    commit('forged: a path that leads out', block('').replace(path, '../x'));
    git(clone, 'checkout', '-q', '-b', 'side');
    commit(
      'by pull request',
      'Signed-off-by: A <a@example.com>\n'.repeat(1) + block('Slipway-Pinned: yes\nSlipway-Revision: --upload-pack'),
    );
    git(clone, 'checkout', '-q', 'main');
    commit('meanwhile');
    git(clone, 'merge', '-q', '--no-ff', '-m', 'Merge side', 'side');
    git(clone, 'push', '-q', remote, 'main');
    const store = await openRemote(remote);
    const records = await store.history({ environment: 'production', limit: 99 });
    expect(records).toEqual([
      {
        commit: git(clone, 'rev-parse', 'side'),
        at: '2024-02-03T02:05:06Z',
        author: 'A <a@example.com>',
        environment: 'production',
        service: 'web',
        template: path,
        version: '5',
        image: 'a:5',
        pinned: false,
      },
    ]);
  });

  it.each([true, false])(
    'reads 10,000 commits in seconds, whether the server can leave out trees (%s) or not',
    { timeout: 60_000 },
    async (canFilter) => {
      const { remote, oldest } = makeLongHistory(10_000);
      git(remote, 'config', 'uploadpack.allowFilter', String(canFilter));
      const store = await openRemote(`file://${remote}`);
      const start = performance.now();
      expect((await store.history({ environment: 'production', limit: 20 })).length).toBe(20);
      const recent = performance.now() - start;
      const [found] = await store.history({ environment: 'production', service: 'rare', limit: 5 });
      const whole = performance.now() - start - recent;
      expect([found?.commit, found?.version]).toEqual([oldest, '1']);
      expect(await store.readAt(oldest, path)).toBe('web: rare:1\n');
      await store.note(oldest, { outcome: 'succeeded', evidence: 'ran' });
      expect((await store.history({ environment: 'production', service: 'rare', limit: 5 }))[0]?.outcome).toBe(
        'succeeded',
      );
      expect({ recent: recent < 3000, whole: whole < 6000 }).toEqual({ recent: true, whole: true });
    },
  );
});

/** A repository whose oldest deployment is that of the service `rare`, and all others are of `web`. */
function makeLongHistory(count: number): { readonly remote: string; readonly oldest: string } {
  const remote = makeDirectory();
  git(remote, 'init', '-q', '--bare', '-b', 'main');
  const stream = Array.from({ length: count }, (_, index) => {
    const [service, version] = index === 0 ? ['rare', '1'] : ['web', `1.0.${index}`];
    const message = deploymentMessage(
      { environment: 'production', service, version, image: `${service}:${version}` },
      path,
      undefined,
    );
    const text = `web: ${service}:${version}\n`;
    return `commit refs/heads/main\nmark :${index + 1}\ncommitter A <a@example.com> ${1_700_000_000 + index} +0000\ndata ${Buffer.byteLength(message)}\n${message}\nM 100644 inline ${path}\ndata ${text.length}\n${text}\n`;
  }).join('');
  execFileSync('git', ['--git-dir', remote, 'fast-import', '--quiet'], { input: stream });
  return { remote, oldest: git(remote, 'rev-list', '--max-parents=0', 'main') };
}
