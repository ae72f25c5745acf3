import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/core/plan.js';
import type { DeploymentRecord } from '../../src/core/template-store.js';
import { chooseRollback } from '../../src/run/choose-rollback.js';

const wanted = { environment: 'prod', service: 'web' };
const image = (n: number): string => `app:1.${n}.0@sha256:${String(n).repeat(64)}`;

/** Newest first, as stores tell them. */
function records(...all: readonly (readonly [version: number, outcome: Outcome | undefined, back?: true])[]) {
  return all.map(
    ([n, outcome, back], index): DeploymentRecord => ({
      commit: String(all.length - index).repeat(40),
      at: `2026-01-0${all.length - index}T00:00:00Z`,
      author: 'Somebody',
      ...wanted,
      template: 'prod.yml',
      version: `1.${n}.0`,
      image: image(n),
      pinned: back === true,
      ...(back && { rollbackOf: 'f'.repeat(40) }),
      ...(outcome && { outcome }),
    }),
  );
}

const goesTo = (all: readonly DeploymentRecord[], now: number, to?: string) =>
  chooseRollback(all, image(now), { ...wanted, ...(to !== undefined && { to }) }).target.version;

describe('what a rollback goes back to', () => {
  it('is the last deployment that went well before the present one', () => {
    expect(goesTo(records([3, 'succeeded'], [2, 'succeeded'], [1, 'succeeded']), 3)).toBe('1.2.0');
    expect(goesTo(records([3, 'stuck'], [2, 'rolled-back'], [1, 'succeeded']), 3)).toBe('1.1.0');
    expect(goesTo(records([3, undefined], [2, undefined], [1, 'succeeded']), 3)).toBe('1.1.0');
  });

  it('is further back the second time, and never forward again', () => {
    const once = records([2, 'succeeded', true], [3, 'succeeded'], [2, 'succeeded'], [1, 'succeeded']);
    expect(goesTo(once, 2)).toBe('1.1.0');
    const twice = [...records([1, 'succeeded', true]), ...once];
    expect(() => goesTo(twice, 1)).toThrow('There is nothing to go back to');
  });

  it('is older than what a run itself put back', () => {
    expect(goesTo(records([2, 'succeeded', true], [3, 'rolled-back'], [2, 'succeeded'], [1, 'succeeded']), 2)).toBe(
      '1.1.0',
    );
  });

  it('is the last that went well where what is there was never recorded', () => {
    expect(goesTo(records([2, 'succeeded'], [1, 'succeeded']), 9)).toBe('1.2.0');
  });

  it('is the version that is named, if it ever went well', () => {
    const all = records([3, 'succeeded'], [2, 'stuck'], [1, 'succeeded']);
    expect(goesTo(all, 3, '1.1.0')).toBe('1.1.0');
    expect(() => goesTo(all, 3, '1.2.0')).toThrow('No deployment of web 1.2.0 to prod that went well is recorded');
  });
});
