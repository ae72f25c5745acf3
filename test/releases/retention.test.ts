import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openNames, wordsOfTemplates } from '../../src/releases/named-in-templates.js';
import { readRepository } from '../../src/releases/read-repository.js';
import { judgeRetention, type RetentionRule } from '../../src/releases/retention.js';
import { type MadeImage, MemoryRegistry } from '../support/memory-registry.js';

const now = Date.parse('2024-06-01T00:00:00Z');
const old = '2024-01-01T00:00:00Z';
const recent = '2024-05-20T00:00:00Z';
const revision = '0123456789abcdef0123456789abcdef01234567';
const strict: RetentionRule = { keep: 2, keepPrereleases: 1, keepDays: 30, protect: [], foreign: false };

function release(version: string, created = old): MadeImage {
  return { labels: { version, revision, created }, seed: version };
}

/** What becomes of each image, by its first tag: `goes`, or why it stays. */
async function fates(
  registry: MemoryRegistry,
  rule: Partial<RetentionRule> = {},
  claims: ReadonlyMap<string, string> = new Map(),
): Promise<Readonly<Record<string, string>>> {
  const { images } = await readRepository(registry.open());
  const judged = judgeRetention(images, { ...strict, ...rule }, claims, now);
  return Object.fromEntries(
    judged.map(({ image, goes, because }) => [image.ownTag ?? image.tags[0] ?? '', goes ? 'goes' : because]),
  );
}

function registryOf(...versions: readonly string[]): MemoryRegistry {
  const registry = new MemoryRegistry();
  for (const version of versions) registry.addImage(release(version), version.replaceAll('+', '_'));
  return registry;
}

test('the highest releases stay, by SemVer and not by text', async () => {
  expect(await fates(registryOf('1.9.0', '1.10.0', '1.11.0', '1.2.0'))).toEqual({
    '1.11.0': 'it is among the 2 highest releases',
    '1.10.0': 'it is among the 2 highest releases',
    '1.9.0': 'goes',
    '1.2.0': 'goes',
  });
});

test('a young release stays, whatever its version', async () => {
  const registry = registryOf('2.0.0', '2.0.1', '1.0.0');
  registry.addImage(release('1.0.1', recent), '1.0.1');
  expect(await fates(registry)).toMatchObject({ '1.0.1': 'it is younger than 30 days', '1.0.0': 'goes' });
});

test('what is no release is counted on its own, the newest first', async () => {
  const registry = registryOf('1.0.0', '1.0.1-main.9.g0123456', 'pr-15.7.g0123456', 'g0123456789ab');
  registry.addImage(release('1.0.1-main.2.g0123456', '2024-02-01T00:00:00Z'), '1.0.1-main.2.g0123456');
  expect(await fates(registry)).toEqual({
    '1.0.0': 'it is among the 2 highest releases',
    '1.0.1-main.2.g0123456': 'it is among the 1 newest that are no releases',
    '1.0.1-main.9.g0123456': 'goes',
    'pr-15.7.g0123456': 'goes',
    g0123456789ab: 'goes',
  });
});

test('the holder of any tag beside its own version stays', async () => {
  const registry = registryOf('3.0.0', '2.0.0', '1.0.0');
  registry.addImage(release('1.0.1'), '1.0.1', '1.0', 'stable');
  expect(await fates(registry)).toMatchObject({ '1.0.1': 'it has 1.0, stable, too', '1.0.0': 'goes' });
});

test('the tag of an old minor line keeps its image, unless only some lines are to', async () => {
  const registry = registryOf('3.0.0', '2.0.0');
  for (const line of ['1.9', '1.10', '1.11']) registry.addImage(release(`${line}.0`), `${line}.0`, line);
  registry.addImage(release('0.9.0'), '0.9.0', '0.9', 'stable');
  expect(await fates(registry)).toMatchObject({ '1.9.0': 'it has 1.9, too' });
  expect(await fates(registry, { keepLines: 2 })).toMatchObject({
    '1.11.0': 'it has 1.11, too',
    '1.10.0': 'it has 1.10, too',
    '1.9.0': 'goes',
    '0.9.0': 'it has stable, too',
  });
});

test('what Slipway did not name stays, unless it is asked for', async () => {
  const registry = registryOf('3.0.0', '2.0.0');
  registry.addImage({ labels: { version: 'main', revision, created: old } }, 'main');
  registry.addImage({ labels: { created: old }, seed: 'x' }, 'build-7');
  registry.addImage({ labels: { version: '1.0.0', created: old }, seed: 'y' }, 'elsewhere');
  registry.addImage({ seed: 'no time' }, 'no-time');
  const stays = 'Slipway did not name it: --foreign judges it by its age';
  expect(await fates(registry)).toMatchObject({ main: stays, 'build-7': stays, elsewhere: stays, 'no-time': stays });
  expect(await fates(registry, { foreign: true })).toMatchObject({
    'build-7': 'goes',
    'no-time': 'it does not say when it was made',
  });
});

test('a protected tag stays, and a pattern has only the star', async () => {
  const versions = ['3.0.0', '2.0.0', '1.2.3', '1.2.4', '1.12.0'];
  expect(await fates(registryOf(...versions), { protect: ['1.2.*'] })).toMatchObject({
    '1.2.3': 'the tag 1.2.3 is protected',
    '1.2.4': 'the tag 1.2.4 is protected',
    '1.12.0': 'goes',
  });
});

test('build metadata has a tag of its own, and is judged by it', async () => {
  expect(await fates(registryOf('1.0.0+b.1', '2.0.0', '3.0.0'))).toMatchObject({ '1.0.0_b.1': 'goes' });
});

test.each([
  ['a tag', 'image: registry.example.com/team/app:1.0.0'],
  ['a tag that is a value of its own', 'image:\n  tag: "1.0.0"'],
  ['a default of a variable', `image: app:${'$'}{TAG:-1.0.0}`],
  ['JSON', '{"docker":{"image":"app:1.0.0"}}'],
  ['a comment', '# back to app:1.0.0.'],
])('what a deploy template names stays: %s', async (_name, text) => {
  const claims = wordsOfTemplates([{ environment: 'prod', path: 'deploy/prod/app.yml', text }]);
  const line = text.split('\n').findIndex((each) => each.includes('1.0.0')) + 1;
  expect(
    await fates(registryOf('3.0.0', '2.0.0', '1.0.0', '1.0.0-rc.1'), { keepPrereleases: 0 }, claims),
  ).toMatchObject({
    '1.0.0': `deploy/prod/app.yml:${line} (prod) names it`,
    '1.0.0-rc.1': 'goes',
  });
});

test('what a deploy template names by digest stays, also where it is one image of an index', async () => {
  const registry = registryOf('3.0.0', '2.0.0', '1.0.0');
  const child = registry.addImage(release('0.9.0'));
  registry.addIndex([child], '0.9.0');
  const digest = registry.tags.get('1.0.0');
  const text = `app@${digest}\nother@${child}\n`;
  const claims = wordsOfTemplates([{ environment: 'prod', path: 'a.yml', text }]);
  expect(await fates(registry, {}, claims)).toMatchObject({
    '1.0.0': 'a.yml:1 (prod) names it',
    '0.9.0': 'a.yml:2 (prod) names it',
  });
});

test('an image of an index that stays is a part of it', async () => {
  const registry = registryOf('3.0.0', '2.0.0');
  const child = registry.addImage({ labels: { version: '1.0.0', revision, created: old }, seed: 'amd64' }, '1.0.0');
  registry.addIndex([child], 'multi');
  expect(await fates(registry)).toMatchObject({ '1.0.0': 'it is a part of multi' });
});

test('an image that a template names by a variable alone is told', () => {
  const text = ['image: team/app:$TAG', 'image: app:{{ .Values.tag }}', 'image: app:${TAG:-1.0.0}', 'image: app:1.0.0'];
  const files = [{ environment: 'prod', path: 'a.yml', text: text.join('\n') }];
  expect(openNames(files, 'registry.example.com/team/app')).toEqual(['a.yml:1 (prod)', 'a.yml:2 (prod)']);
});

test('whatever is there: a higher release never goes while a lower one stays by its place, and more patience keeps more', async () => {
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join('.'));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(version, { minLength: 1, maxLength: 12 }),
      fc.nat(12),
      fc.nat(400),
      async (versions, keep, keepDays) => {
        const { images } = await readRepository(registryOf(...versions).open());
        const judge = (more: number) =>
          judgeRetention(images, { ...strict, keep: keep + more, keepDays: keepDays + more }, new Map(), now);
        const goes = judge(0).map((fate) => fate.goes);
        expect(goes).toEqual(goes.toSorted((one, other) => Number(one) - Number(other)));
        const stays = judge(0).filter((fate) => !fate.goes).length;
        expect(stays).toBeGreaterThanOrEqual(Math.min(keep, versions.length));
        expect(judge(5).filter((fate) => !fate.goes).length).toBeGreaterThanOrEqual(stays);
      },
    ),
    { numRuns: 100 },
  );
});

test('reading asks at most eight things at once, and leaves out a tag that went meanwhile', async () => {
  const registry = registryOf(...Array.from({ length: 40 }, (_, index) => `1.0.${index}`));
  let open = 0;
  let most = 0;
  const { images } = await readRepository(
    registry.open(async (call) => {
      if (call === 'head 1.0.39') registry.tags.delete('1.0.39');
      open += 1;
      most = Math.max(most, open);
      await new Promise(setImmediate);
      open -= 1;
    }),
  );
  expect(images.map(({ tags }) => tags.join())).toEqual(Array.from({ length: 39 }, (_, index) => `1.0.${38 - index}`));
  expect(most).toBe(8);
});
