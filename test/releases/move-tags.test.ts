import { expect, test } from 'vitest';
import { parseTag } from '../../src/core/image-name.js';
import type { MovedTag, MovingTag } from '../../src/core/plan.js';
import type { Relation } from '../../src/releases/decide-move.js';
import { type MovingJob, moveTags } from '../../src/releases/move-tags.js';
import { MemoryRegistry } from '../support/memory-registry.js';

type Labels = Readonly<Record<string, string>>;
type Wish = Partial<Pick<MovingJob, 'policy' | 'withdrawn'>> & {
  readonly branch?: string;
  readonly relation?: Relation;
};

/** Push 1.2.3 (or what the labels say) over a registry, move one tag, and see who has it. */
async function move(
  registry: MemoryRegistry,
  tag: string,
  labels: Labels = {},
  { branch, relation, ...wish }: Wish = {},
): Promise<MovedTag & { readonly has: string }> {
  const ours = { version: '1.2.3', revision: 'c'.repeat(40), created: '2024-02-03T00:00:00Z', ...labels };
  const digest = registry.addImage({ labels: ours, seed: 'ours' }, ours.version);
  const wanted: MovingTag = { tag: parseTag(tag), because: 'test', ...(branch !== undefined && { branch }) };
  const job = { repository: registry.open(), digest, tags: [wanted], policy: 'forward', ...wish } as const;
  const [moved] = await moveTags({ ...job, relate: async () => relation });
  if (moved === undefined) throw new Error('nothing was said of the tag');
  const has =
    [...registry.tags].find(([name, held]) => name !== tag && held === registry.tags.get(tag))?.[0] ?? 'other';
  return { ...moved, has };
}

function registryWith(tag: string, labels: Labels, ...others: readonly string[]): MemoryRegistry {
  const registry = new MemoryRegistry();
  registry.addImage({ labels, seed: 'theirs' }, tag, ...others);
  return registry;
}

const old = 'a'.repeat(40);

const cases: readonly (readonly [
  string,
  MemoryRegistry,
  string,
  Labels,
  Wish,
  Omit<MovedTag, 'tag'> & { has: string },
])[] = [
  [
    'a tag that nobody has',
    new MemoryRegistry(),
    'latest',
    {},
    {},
    { moved: true, because: 'nobody had it', has: '1.2.3' },
  ],
  [
    'a lower version',
    registryWith('latest', { version: '1.2.2' }, '1.2.2'),
    'latest',
    {},
    {},
    { moved: true, because: '1.2.3 is higher than 1.2.2, which had it', has: '1.2.3' },
  ],
  [
    'a lower version that reads as text higher',
    registryWith('1', { version: '1.2.3' }, '1.2.3'),
    '1',
    { version: '1.2.10' },
    {},
    { moved: true, because: '1.2.10 is higher than 1.2.3, which had it', has: '1.2.10' },
  ],
  [
    'a higher version',
    registryWith('latest', { version: '2.0.1' }, '2.0.1'),
    'latest',
    {},
    {},
    { moved: false, because: '2.0.1 has it, which is higher than 1.2.3', has: '2.0.1' },
  ],
  [
    'a higher version with a v',
    registryWith('latest', { version: 'v2.0.1' }, 'v2.0.1'),
    'latest',
    {},
    {},
    { moved: false, because: 'v2.0.1 has it, which is higher than 1.2.3', has: 'v2.0.1' },
  ],
  [
    'a build before the release',
    registryWith('latest', { version: '1.2.3-main.5.g0123456' }, 'main-5'),
    'latest',
    {},
    {},
    { moved: true, because: '1.2.3 is higher than 1.2.3-main.5.g0123456, which had it', has: '1.2.3' },
  ],
  [
    'a lower version, while a higher one is there that has not moved it yet',
    (() => {
      const registry = registryWith('latest', { version: '1.2.2' }, '1.2.2');
      registry.addImage({ labels: { version: '1.3.0' } }, '1.3.0');
      return registry;
    })(),
    'latest',
    {},
    {},
    { moved: false, because: '1.3.0 was pushed meanwhile, and has it', has: '1.3.0' },
  ],
  [
    'a lower version, while a higher one of another line is there',
    (() => {
      const registry = registryWith('1', { version: '1.2.2' }, '1.2.2');
      registry.addImage({ labels: { version: '2.0.0' } }, '2.0.0', '2.0.0-rc.1', '1.9.0-rc.1', '1.9.0_b.1');
      return registry;
    })(),
    '1',
    {},
    {},
    { moved: true, because: '1.2.3 is higher than 1.2.2, which had it', has: '1.2.3' },
  ],
  [
    'a higher version that is withdrawn',
    registryWith('latest', { version: '2.0.0' }, '2.0.0'),
    'latest',
    {},
    { withdrawn: ['2.0.0'] },
    { moved: true, because: '2.0.0, which had it, is withdrawn', has: '1.2.3' },
  ],
  [
    'an image without labels',
    registryWith('latest', {}, 'old'),
    'latest',
    {},
    {},
    {
      moved: false,
      because: expect.stringMatching(
        /^an image without labels \(sha256:[0-9a-f]{12}\) has it, which says no version that can be compared, and no commit: --force-moving takes it over, once$/,
      ),
      has: 'old',
    },
  ],
  [
    'an image without labels, by force',
    registryWith('latest', {}, 'old'),
    'latest',
    {},
    { policy: 'force' },
    {
      moved: true,
      because: expect.stringMatching(/^it was taken from an image without labels .* by force$/),
      has: '1.2.3',
    },
  ],
  [
    'a higher version, by force',
    registryWith('latest', { version: '2.0.0' }, '2.0.0'),
    'latest',
    {},
    { policy: 'force' },
    { moved: true, because: 'it was taken from 2.0.0 by force', has: '1.2.3' },
  ],
  [
    'whatever, never',
    registryWith('latest', { version: '1.0.0' }, '1.0.0'),
    'latest',
    {},
    { policy: 'never' },
    { moved: false, because: 'version.moving is never', has: '1.0.0' },
  ],
  [
    'a version that cannot be compared, of a commit before',
    registryWith('latest', { version: 'build 7', revision: old }, 'build-7'),
    'latest',
    {},
    { relation: 'ancestor' },
    { moved: true, because: 'it comes after aaaaaaa, the commit of build 7, which had it', has: '1.2.3' },
  ],
  [
    'a version that cannot be compared, of a commit after',
    registryWith('latest', { version: 'build 7', revision: old }, 'build-7'),
    'latest',
    {},
    { relation: 'descendant' },
    { moved: false, because: 'build 7 has it, whose commit aaaaaaa comes after this one', has: 'build-7' },
  ],
  [
    'a version that cannot be compared, of another line of history',
    registryWith('latest', { version: 'build 7', revision: old }, 'build-7'),
    'latest',
    {},
    { relation: 'diverged' },
    {
      moved: false,
      because:
        'build 7 has it, which says no version that can be compared, and this history has its commit aaaaaaa not before this one: --force-moving takes it over, once',
      has: 'build-7',
    },
  ],
  [
    'the same version as another image',
    registryWith('latest', { version: '1.2.3' }, 'other-1.2.3'),
    'latest',
    {},
    {},
    { moved: true, because: expect.stringMatching(/^1\.2\.3 had it as another image \(sha256:/), has: '1.2.3' },
  ],
  // a branch's tag
  [
    'an earlier commit of the branch',
    registryWith('dev', { version: '1.2.4-dev.4.gaaaaaaa', revision: old }, '1.2.4-dev.4.gaaaaaaa'),
    'dev',
    { version: '1.2.4-dev.5.gccccccc' },
    { branch: 'dev', relation: 'ancestor' },
    {
      moved: true,
      because: 'it comes after aaaaaaa, the commit of 1.2.4-dev.4.gaaaaaaa, which had it',
      has: '1.2.4-dev.5.gccccccc',
    },
  ],
  [
    'a later commit of the branch',
    registryWith('dev', { version: '1.2.4-dev.6.gaaaaaaa', revision: old }, '1.2.4-dev.6.gaaaaaaa'),
    'dev',
    { version: '1.2.4-dev.5.gccccccc' },
    { branch: 'dev', relation: 'descendant' },
    {
      moved: false,
      because: '1.2.4-dev.6.gaaaaaaa has it, whose commit aaaaaaa comes after this one',
      has: '1.2.4-dev.6.gaaaaaaa',
    },
  ],
  [
    'an older commit that the clone does not have, with a higher number',
    registryWith(
      'dev',
      { version: '1.2.4-dev.9.gaaaaaaa', revision: old, created: '2024-02-02T00:00:00Z' },
      '1.2.4-dev.9.gaaaaaaa',
    ),
    'dev',
    { version: '1.2.4-dev.5.gccccccc' },
    { branch: 'dev' },
    {
      moved: true,
      because: 'its commit is not older than that of 1.2.4-dev.9.gaaaaaaa, which had it',
      has: '1.2.4-dev.5.gccccccc',
    },
  ],
  [
    'a newer commit that the clone does not have',
    registryWith(
      'dev',
      { version: '1.2.4-dev.2.gaaaaaaa', revision: old, created: '2024-02-04T00:00:00Z' },
      '1.2.4-dev.2.gaaaaaaa',
    ),
    'dev',
    { version: '1.2.4-dev.5.gccccccc' },
    { branch: 'dev' },
    { moved: false, because: '1.2.4-dev.2.gaaaaaaa has it, whose commit is newer', has: '1.2.4-dev.2.gaaaaaaa' },
  ],
  [
    'an earlier commit, while a later one is there that has not moved it yet',
    (() => {
      const registry = registryWith('dev', { version: '1.2.4-dev.4.gaaaaaaa', revision: old }, '1.2.4-dev.4.gaaaaaaa');
      const later = {
        version: '1.2.4-dev.6.gbbbbbbb',
        revision: 'b'.repeat(40),
        created: '2024-02-04T00:00:00Z',
        'io.slipway.branch': 'dev',
      };
      registry.addImage({ labels: later }, later.version);
      const similar = { ...later, version: '1.2.4-dev.7.gbbbbbbb', 'io.slipway.branch': 'd/ev' };
      registry.addImage({ labels: similar }, similar.version);
      registry.addImage(
        { labels: { version: '1.2.4-main.8.gbbbbbbb' } },
        '1.2.4-main.8.gbbbbbbb',
        '1.2.4-dev.9.gbbbbbbb.ddeadbeef',
      );
      return registry;
    })(),
    'dev',
    { version: '1.2.4-dev.5.gccccccc' },
    { branch: 'dev', relation: 'ancestor' },
    { moved: false, because: '1.2.4-dev.6.gbbbbbbb was pushed meanwhile, and has it', has: '1.2.4-dev.6.gbbbbbbb' },
  ],
];

test.each(cases.map(([name, ...rest]) => ({ name, rest })))(
  'over $name',
  async ({ rest: [registry, tag, labels, wish, expected] }) => {
    expect(await move(registry, tag, labels, wish)).toEqual({ tag, ...expected });
  },
);

test('running again moves nothing, sends nothing, and says that the tag is there', async () => {
  const registry = new MemoryRegistry();
  await move(registry, 'latest');
  registry.calls.length = 0;
  expect(await move(registry, 'latest')).toEqual({
    tag: 'latest',
    moved: true,
    because: 'it names this image already',
    has: '1.2.3',
  });
  expect(registry.calls.filter((call) => call.startsWith('put'))).toEqual([]);
});

test('an index is judged by the labels of its image, and moved whole', async () => {
  const registry = new MemoryRegistry();
  const attestation = registry.addImage({ seed: 'attestation' });
  const image = registry.addImage({ labels: { version: '1.2.2' } });
  registry.addIndex([image, attestation], '1.2.2', 'latest');
  expect((await move(registry, 'latest')).because).toBe('1.2.3 is higher than 1.2.2, which had it');
});

test('an image that the registry does not have is told', async () => {
  const registry = new MemoryRegistry();
  const digest = new MemoryRegistry().addImage({});
  const tags = [{ tag: parseTag('latest'), because: 'test' }];
  const moving = moveTags({
    repository: registry.open(),
    digest,
    tags,
    policy: 'forward',
    relate: async () => undefined,
  });
  await expect(moving).rejects.toMatchObject({ code: 'push.failed' });
});

test.each([
  ['what a terminal obeys', '\u001B[2J9.9.9'],
  ['lines', '9.9.9\n::set-output name=x::y'],
  ['text that turns round', '9.9.9\u202E'],
  ['too much', '9'.repeat(256)],
])('a label that is %s is no label', async (_name, version) => {
  const { because } = await move(registryWith('latest', { version }), 'latest');
  expect(because).toMatch(/^an image without labels \(sha256:[0-9a-f]{12}\) has it/);
});

test.each([
  ['no JSON', new TextEncoder().encode('<html>')],
  ['nothing', new Uint8Array()],
  ['another JSON', new TextEncoder().encode('{"manifests":{"length":1e9},"config":7,"layers":[null,{"size":-1}]}')],
])('a manifest that is %s holds a tag without labels', async (_name, bytes) => {
  const registry = new MemoryRegistry();
  await registry.open().putManifest('latest', 'application/vnd.oci.image.manifest.v1+json', bytes);
  expect((await move(registry, 'latest')).because).toMatch(/^an image without labels/);
});
