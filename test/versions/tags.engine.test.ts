import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tagOfVersion } from '../../src/versions/identifiers.js';
import { cases } from './cases.js';
import { decide } from './history.js';

const repository = `slipway-tags-${randomBytes(4).toString('hex')}`;
const tagged = new Set<string>();

function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'], input: '' });
}

let image = '';
beforeAll(() => {
  // Two empty blocks are an empty archive: an image of nothing.
  image = execFileSync('docker', ['import', '-'], { input: Buffer.alloc(1024), encoding: 'utf8' }).trim();
});

afterAll(() => {
  docker('rmi', ...[...tagged].map((tag) => `${repository}:${tag}`));
});

/** Whether the engine takes it; the tags are removed in the end. */
function accepts(tag: string): boolean {
  try {
    docker('tag', image, `${repository}:${tag}`);
  } catch {
    return false;
  }
  tagged.add(tag);
  return true;
}

test('the engine accepts every name that a version gets, and has them all apart', () => {
  const plans = cases.map(([, history, ci, , rules]) => decide(history, ci, rules).plan);
  const tags = new Set(plans.flatMap((plan) => [...plan.tags, ...(plan.moving ?? []).map(({ tag }) => tag)]));
  expect([...tags].filter((tag) => !accepts(tag))).toEqual([]);
  const listed = docker('images', '--format', '{{.Tag}}', repository).trim().split('\n');
  expect(listed.toSorted()).toEqual([...tags].toSorted());
});

test('the engine accepts what hostile versions become', () => {
  const hostile = fc.sample(
    fc.string({ unit: fc.constantFrom(...'aZ09._-+/:@# é機'), minLength: 1, maxLength: 200 }),
    60,
  );
  const tags = [...hostile.map((text) => `1.2.3-${text}`), `${'x'.repeat(200)}`, `-.${'y'.repeat(127)}`].map((text) =>
    tagOfVersion(text),
  );
  expect(tags.filter((tag) => !accepts(tag))).toEqual([]);
});

test('the engine refuses what the sanitiser is there for', () => {
  const refused = ['-dash', '.dot', '1.2.3+b', 'a/b', 'a'.repeat(129), 'é', ' '];
  expect(refused.filter(accepts)).toEqual([]);
});
