import { describe, expect, it } from 'vitest';
import { judgeOrder, orderVersions } from '../../src/core/deployment-order.js';
import { Failure } from '../../src/core/failure.js';
import type { DeploymentRecord } from '../../src/core/template-store.js';

describe('the order of two versions', () => {
  it.each([
    ['1.2.4', '1.2.3', 'newer'],
    ['1.2.3', '1.10.0', 'older'],
    ['2.0.0', '2.0.0-rc.1', 'newer'],
    ['1.3.0-rc.2', '1.3.0-rc.10', 'older'],
    ['1.3.0-rc.1', '1.3.0-beta.7', 'newer'],
    ['1.3.0-rc.1.main.2.g0123456', '1.3.0-rc.1', 'newer'],
    ['1.2.4-main.5.g0123456', '1.2.4-main.12.g9123456', 'older'],
    ['1.2.4-main.5.g0123456', '1.2.3', 'newer'],
    ['2024.2.3-main.5.g0123456', '2024.2.4-dev.1.g0123456', 'older'],
    // Neither the names of branches nor the ids of commits have an order.
    ['1.2.4-feature.1.g0123456', '1.2.4-main.9.g0123456', 'unknown'],
    ['1.2.4-main.5.g0123456', '1.2.4-main.5.gabcdef0', 'unknown'],
    ['1.2.3+build.6', '1.2.3_build.5', 'unknown'],
    ['412.g0123456', '411.g0123456', 'unknown'],
    ['1.0.0', 'latest', 'unknown'],
    ['g0123456', 'g0123456', 'same'],
  ])('%s is, beside %s, %s', (ours, theirs, order) => {
    expect(orderVersions(ours, theirs)).toBe(order);
    const opposite = { newer: 'older', older: 'newer', unknown: 'unknown', same: 'same' };
    expect(orderVersions(theirs, ours)).toBe(Reflect.get(opposite, order));
  });
});

describe('whether a release may replace what is there', () => {
  const ours = {
    environment: 'production',
    service: 'web',
    version: '1.2.0',
    image: 'r/web:1.2.0@sha256:'.concat('a'.repeat(64)),
  };
  const record = (version: string, more: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
    commit: '0123456789'.repeat(4),
    at: '2024-02-03T04:05:06Z',
    author: 'A <a@example.com>',
    environment: 'production',
    service: 'web',
    template: 'web.yml',
    version,
    image: `r/web:${version}`,
    pinned: false,
    ...more,
  });
  const judge = (newest: DeploymentRecord | undefined, image = newest?.image, choices = {}) => {
    try {
      return judgeOrder(ours, { image, newest }, choices);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return [error.code, error.message, error.where, error.remedy];
    }
  };

  it('refuses an older one with both versions, who deployed the newer one and when, and the flag that allows it', () => {
    expect(judge(record('1.3.0'))).toEqual([
      'deploy.superseded',
      'production has web 1.3.0, which is newer than 1.2.0',
      'A <a@example.com>, 2024-02-03T04:05:06Z, 012345678901',
      'Deploy the newer one, or say that the older one is meant: --allow-older.',
    ]);
    expect(judge(record('1.3.0'), undefined, { allowOlder: true })).toBe('newer');
    expect(judge(record('1.1.0'))).toBe('newer');
  });

  it('judges by the image where the template has another one than the newest record', () => {
    expect(judge(record('1.3.0'), 'r/web:1.1.9')).toBe('newer');
    expect(judge(record('1.1.0'), 'r/web:1.4.0')).toContain('deploy.superseded');
    expect(judge(undefined, 'r/web:1.4.0')).toContain('deploy.superseded');
    expect(judge(undefined, 'r/web@sha256:'.concat('b'.repeat(64)))).toBe('unknown');
    expect(judge(undefined, '${IMAGE}')).toBe('unknown');
    // A template may keep tag and digest apart, or only one of them.
    const digest = `sha256:${'c'.repeat(64)}`;
    expect(judge(record('1.1.0', { image: `r/web:x@${digest}` }), `r/web@${digest}`)).toBe('newer');
    expect(judge(record('1.1.0', { image: `r/web:1.1.0@${digest}` }), 'web:1.1.0')).toBe('newer');
  });

  it('asks the history of the sources where versions have no order, and does not refuse where nobody knows', () => {
    expect(judge(record('g0123456'))).toBe('unknown');
    expect(judge(record('g0123456'), undefined, { ancestry: 'newer' })).toBe('newer');
    expect(judge(record('g0123456'), undefined, { ancestry: 'older' })).toContain('deploy.superseded');
    expect(judge(record('1.1.0'), undefined, { ancestry: 'older' })).toBe('newer');
  });

  it('leaves a pinned service alone until it is told otherwise, and never refuses what is there already', () => {
    const pinned = record('1.0.0', { pinned: true });
    expect(judge(pinned)).toEqual([
      'deploy.superseded',
      'web in production was rolled back to 1.0.0 and pinned there; 1.2.0 is not deployed',
      'A <a@example.com>, 2024-02-03T04:05:06Z, 012345678901',
      'Where the reason for the rollback is gone, deploy with --unpin.',
    ]);
    expect(judge(pinned, 'r/web:0.9.0')).toContain('deploy.superseded');
    expect(judge(pinned, undefined, { unpin: true })).toBe('newer');
    expect(judge(record('1.2.0', { pinned: true, image: ours.image }))).toBe('unknown');
  });
});
