import { expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.js';
import { applyPrune, type PruneJob, planPrune } from '../../src/releases/prune.js';
import type { Claims } from '../../src/releases/retention.js';
import { type Hook, MemoryRegistry } from '../support/memory-registry.js';

const created = '2024-01-01T00:00:00Z';
const revision = '0123456789abcdef0123456789abcdef01234567';
const rule = { keep: 1, keepPrereleases: 0, keepDays: 30, protect: [], foreign: false };

function registryOf(...versions: readonly string[]): MemoryRegistry {
  const registry = new MemoryRegistry();
  for (const version of versions) registry.addImage({ labels: { version, revision, created }, seed: version }, version);
  return registry;
}

function jobOn(
  registry: MemoryRegistry,
  hook?: Hook,
  readClaims: () => Promise<Claims> = async () => new Map(),
): PruneJob {
  return { repository: registry.open(hook), rule, readClaims, now: Date.parse('2024-06-01T00:00:00Z') };
}

async function prune(job: PruneJob) {
  const { deleted, spared, attachments } = await applyPrune(job, await planPrune(job), () => {});
  return {
    deleted: deleted.map(({ ownTag }) => ownTag),
    spared: spared.map(({ image, because }) => `${image.ownTag}: ${because}`),
    attachments,
  };
}

test('looking deletes nothing', async () => {
  const registry = registryOf('1.0.0', '2.0.0');
  await planPrune(jobOn(registry));
  expect(registry.calls.filter((call) => call.startsWith('delete'))).toEqual([]);
});

test('what goes is deleted, by digest and once', async () => {
  const registry = registryOf('1.0.0', '2.0.0', '1.1.0');
  expect(await prune(jobOn(registry))).toEqual({ deleted: ['1.1.0', '1.0.0'], spared: [], attachments: 0 });
  expect([...registry.tags.keys()]).toEqual(['2.0.0']);
});

test('what refers to an image goes with it, before it, and what refers to others stays', async () => {
  const registry = registryOf('1.0.0', '2.0.0');
  const [gone, kept] = ['1.0.0', '2.0.0'].map((tag) => registry.tags.get(tag));
  if (gone === undefined || kept === undefined) throw new Error('not there');
  const sbom = registry.addImage({ subject: gone, seed: 'sbom' });
  const signatureOfSbom = registry.addImage({ subject: sbom, seed: 'signature of the SBOM' });
  const signature = registry.addImage({ seed: 'signature' }, `${gone.replace(':', '-')}.sig`);
  registry.addImage({ subject: kept, seed: 'sbom' });
  registry.addImage({ seed: 'signature of the other' }, `${kept.replace(':', '-')}.sig`);
  expect(await prune(jobOn(registry))).toEqual({ deleted: ['1.0.0'], spared: [], attachments: 3 });
  const deletes = registry.calls
    .filter((call) => call.startsWith('delete'))
    .map((call) => call.slice('delete '.length));
  expect(deletes).toEqual([signatureOfSbom, sbom, signature, gone]);
  expect([...registry.tags.keys()]).toEqual(['2.0.0', `${kept.replace(':', '-')}.sig`]);
  expect(registry.manifests.size).toBe(3);
});

test('the images of an index go with it, but for those that are tagged or in another', async () => {
  const registry = registryOf('2.0.0');
  const labels = { version: '1.0.0', revision, created };
  const [own, tagged, shared] = ['own', 'tagged', 'shared'].map((seed) => registry.addImage({ labels, seed }));
  if (own === undefined || tagged === undefined || shared === undefined) throw new Error('not there');
  registry.tags.set('debug', tagged);
  registry.addIndex([own, tagged, shared], '1.0.0');
  registry.addIndex([shared], 'other');
  expect(await prune(jobOn(registry))).toEqual({ deleted: ['1.0.0'], spared: [], attachments: 1 });
  expect([own, tagged, shared].map((digest) => registry.manifests.has(digest))).toEqual([false, true, true]);
});

test('an image that a tag was moved to between the looks, or right before it goes, is spared', async () => {
  for (const moment of [1, 2]) {
    const registry = registryOf('1.0.0', '2.0.0');
    let lists = 0;
    const hook: Hook = async (call) => {
      if (call !== 'list') return;
      lists += 1;
      if (lists === moment + 1) registry.tags.set('latest', registry.tags.get('1.0.0') ?? expect.fail());
    };
    const { deleted, spared } = await prune(jobOn(registry, hook));
    expect({ deleted, spared }).toEqual({
      deleted: [],
      spared: [moment === 1 ? '1.0.0: it has latest, too' : '1.0.0: latest was moved to it meanwhile'],
    });
    expect(registry.tags.has('1.0.0')).toBe(true);
  }
});

test('an image that a template came to name between the looks is spared, and one that was pushed is left alone', async () => {
  const registry = registryOf('1.0.0', '2.0.0');
  let looks = 0;
  const job = jobOn(registry, undefined, async () => {
    looks += 1;
    if (looks === 2) registry.addImage({ labels: { version: '0.9.0', revision, created } }, '0.9.0');
    return looks === 1 ? new Map() : new Map([['1.0.0', 'a.yml:1 (prod)']]);
  });
  expect(await prune(job)).toEqual({ deleted: [], spared: ['1.0.0: a.yml:1 (prod) names it'], attachments: 0 });
});

test('where the templates cannot be read, nothing is deleted', async () => {
  const registry = registryOf('1.0.0', '2.0.0');
  const unreadable = new Failure('deploy.repository', { message: 'The repository of the templates cannot be read' });
  const job = jobOn(registry, undefined, async () => {
    throw unreadable;
  });
  await expect(planPrune(job)).rejects.toBe(unreadable);
});

test('a registry that does not delete is told with its answer, and what was deleted before it', async () => {
  const registry = registryOf('1.0.0', '2.0.0');
  registry.deletes = false;
  await expect(prune(jobOn(registry))).rejects.toMatchObject({
    code: 'push.forbidden',
    message: 'The registry does not delete (405); nothing was deleted',
  });
});

test('a run that dies anywhere is finished by the next', async () => {
  for (let calls = 0; ; calls += 1) {
    const registry = registryOf('1.0.0', '2.0.0');
    const gone = registry.tags.get('1.0.0') ?? expect.fail();
    const sbom = registry.addImage({ subject: gone, seed: 'sbom' });
    registry.addImage({ seed: 'signature' }, `${gone.replace(':', '-')}.sig`);
    let left = calls;
    const dying = prune(
      jobOn(registry, async () => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      }),
    );
    const died = await dying.then(
      () => false,
      () => true,
    );
    await prune(jobOn(registry));
    expect([[...registry.tags.keys()], registry.manifests.has(sbom), registry.manifests.size]).toEqual([
      ['2.0.0'],
      false,
      1,
    ]);
    if (!died) break;
  }
});
