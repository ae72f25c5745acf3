import fc from 'fast-check';
import { compare } from 'semver';
import { expect, test, vi } from 'vitest';
import { parseTag } from '../../src/core/image-name.js';
import { moveTags } from '../../src/releases/move-tags.js';
import { MemoryRegistry } from '../support/memory-registry.js';

// Thousands of orders: on a machine that has more to do they take their time.
vi.setConfig({ testTimeout: 90_000 });

/** A pipeline's calls that another could come between with effect: reading by digest is the same at any time. */
const shared = /^(put|list|head) ?(?!sha256:)/;

/** Lets one waiting call of one pipeline go at a time, in an order that it is told. */
class Turnstile {
  readonly #waiting: (() => void)[][];

  constructor(pipelines: number) {
    this.#waiting = Array.from({ length: pipelines }, () => []);
  }

  hook(pipeline: number) {
    return (call: string): Promise<void> =>
      shared.test(call)
        ? new Promise((go) => {
            this.#waiting[pipeline]?.push(go);
          })
        : Promise.resolve();
  }

  waiting(): readonly number[] {
    return this.#waiting.flatMap((calls, pipeline) => (calls.length > 0 ? [pipeline] : []));
  }

  let(pipeline: number): void {
    this.#waiting[pipeline]?.shift()?.();
  }
}

interface Race {
  readonly registry: MemoryRegistry;
  /** How many could have gone at each step, and which of them went. */
  readonly choices: readonly { readonly of: number; readonly took: number }[];
}

/** All of what a pipeline does to the registry: push the immutable tag, then move the moving ones. */
async function pipeline(
  registry: MemoryRegistry,
  version: string,
  turnstile: Turnstile,
  index: number,
  tags: readonly string[],
) {
  const repository = registry.open(turnstile.hook(index));
  const digest = registry.addImage({ labels: { version, revision: version } });
  const manifest = registry.manifests.get(digest);
  if (manifest === undefined) throw new Error('no manifest');
  await repository.putManifest(version, manifest.mediaType, manifest.bytes);
  const moving = tags.map((tag) => ({ tag: parseTag(tag), because: 'it is a release' }));
  return moveTags({ repository, digest, tags: moving, policy: 'forward', relate: async () => undefined });
}

/** Run the pipelines, and at each step let the one go that `choose` picks of those that wait. */
async function race(
  versions: readonly string[],
  tags: readonly string[],
  choose: (step: number, waiting: readonly number[]) => number,
): Promise<Race> {
  const registry = new MemoryRegistry();
  registry.addImage({ labels: { version: '1.0.0' } }, '1.0.0', 'latest', '1', '1.0');
  const turnstile = new Turnstile(versions.length);
  const ends = versions.map((each, index) => pipeline(registry, each, turnstile, index, tags));
  return { registry, choices: await driveTurnstile(turnstile, ends, choose) };
}

async function driveTurnstile(
  turnstile: Turnstile,
  ends: readonly Promise<unknown>[],
  choose: (step: number, waiting: readonly number[]) => number,
): Promise<Race['choices']> {
  let open = ends.length;
  const closing = ends.map((end) =>
    end.finally(() => {
      open -= 1;
    }),
  );
  const choices: { of: number; took: number }[] = [];
  while (open > 0) {
    await new Promise(setImmediate);
    const waiting = turnstile.waiting();
    if (waiting.length === 0) continue;
    const took = choose(choices.length, waiting);
    choices.push({ of: waiting.length, took });
    turnstile.let(waiting[took] ?? 0);
  }
  await Promise.all(closing);
  return choices;
}

function versionUnder(registry: MemoryRegistry, tag: string): string | undefined {
  const digest = registry.tags.get(tag);
  return [...registry.tags].find(([name, named]) => /^\d+\.\d+\.\d+$/.test(name) && named === digest)?.[0];
}

/** The next order after one that was tried, in the order of an odometer; undefined: all were tried. */
function nextOrder(choices: Race['choices']): readonly number[] | undefined {
  for (let step = choices.length - 1; step >= 0; step -= 1) {
    const choice = choices[step];
    if (choice && choice.took + 1 < choice.of)
      return [...choices.slice(0, step).map(({ took }) => took), choice.took + 1];
  }
  return undefined;
}

test.each([
  ['the higher one first', ['1.1.0', '1.0.1']],
  ['the lower one first', ['1.0.1', '1.1.0']],
])('two pipelines end with the higher version in every order of their calls there is: %s', async (_name, versions) => {
  let order: readonly number[] | undefined = [];
  let tried = 0;
  const wrong: string[] = [];
  while (order !== undefined) {
    const fixed: readonly number[] = order;
    const { registry, choices } = await race(versions, ['latest'], (step) => fixed[step] ?? 0);
    tried += 1;
    if (versionUnder(registry, 'latest') !== '1.1.0') wrong.push(choices.map(({ took }) => took).join(''));
    order = nextOrder(choices);
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});

test('two commits of a branch end with the later one in every order of their calls there is', async () => {
  const commits = [
    { version: '0.1.0-dev.5.gaaaaaaa', revision: 'a'.repeat(40), created: '2024-02-03T00:00:00Z' },
    { version: '0.1.0-dev.6.gbbbbbbb', revision: 'b'.repeat(40), created: '2024-02-03T00:00:01Z' },
  ];
  let order: readonly number[] | undefined = [];
  const ends: (string | undefined)[] = [];
  while (order !== undefined) {
    const fixed: readonly number[] = order;
    const registry = new MemoryRegistry();
    const turnstile = new Turnstile(commits.length);
    const running = commits.map((labels, index) => branchPipeline(registry, labels, turnstile, index));
    const choices = await driveTurnstile(turnstile, running, (step) => fixed[step] ?? 0);
    ends.push([...registry.tags].find(([tag, digest]) => tag !== 'dev' && digest === registry.tags.get('dev'))?.[0]);
    order = nextOrder(choices);
  }
  expect(new Set(ends)).toEqual(new Set(['0.1.0-dev.6.gbbbbbbb']));
  expect(ends.length).toBeGreaterThan(100);
});

/** The earlier commit's clone knows nothing of the later one; the later one's knows both. */
async function branchPipeline(
  registry: MemoryRegistry,
  labels: { readonly version: string; readonly revision: string; readonly created: string },
  turnstile: Turnstile,
  index: number,
): Promise<unknown> {
  const repository = registry.open(turnstile.hook(index));
  const digest = registry.addImage({ labels: { ...labels, 'io.slipway.branch': 'dev' } });
  const manifest = registry.manifests.get(digest);
  if (manifest === undefined) throw new Error('no manifest');
  await repository.putManifest(labels.version, manifest.mediaType, manifest.bytes);
  const tags = [{ tag: parseTag('dev'), because: 'it follows the branch dev', branch: 'dev' }];
  const relate = async () => (index === 1 ? ('ancestor' as const) : undefined);
  return moveTags({ repository, digest, tags, policy: 'forward', relate });
}

/** Of the line of a tag, the highest of the versions that were pushed. */
function highest(versions: readonly string[], line: string): string | undefined {
  const inLine = versions.filter((version) => line === 'latest' || version.startsWith(`${line}.`));
  return inLine.toSorted(compare).at(-1);
}

/** A release has the tags of its own lines, as the plan gives them to one that knows of no other. */
function linesOf(version: string): readonly string[] {
  const [major, minor] = version.split('.');
  return [`${major}.${minor}`, `${major}`, 'latest'];
}

const version = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 3 }))
  .map((numbers) => numbers.join('.'));

test('up to four pipelines with three tags each end with the highest version of each line, in any order of their calls', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(version, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(3), { minLength: 20, maxLength: 80 }),
      async (versions, order) => {
        const registry = await raceOfReleases(versions, order);
        const all = ['1.0.0', ...versions];
        const lines = [...new Set(all.flatMap(linesOf))];
        expect(lines.map((line) => [line, versionUnder(registry, line)])).toEqual(
          lines.map((line) => [line, highest(all, line)]),
        );
        expect(versions.map((each) => versionUnder(registry, each))).toEqual(versions);
      },
    ),
    { numRuns: 150 },
  );
});

/** As `race`, each pipeline with the tags of its own version. */
async function raceOfReleases(versions: readonly string[], order: readonly number[]): Promise<MemoryRegistry> {
  const registry = new MemoryRegistry();
  registry.addImage({ labels: { version: '1.0.0' } }, '1.0.0', ...linesOf('1.0.0'));
  const turnstile = new Turnstile(versions.length);
  const ends = versions.map((each, index) => pipeline(registry, each, turnstile, index, linesOf(each)));
  await driveTurnstile(turnstile, ends, (step, waiting) => (order[step % order.length] ?? 0) % waiting.length);
  return registry;
}

test('one that dies anywhere between its calls leaves nothing that running it again does not mend', async () => {
  const outcomes: (string | undefined)[] = [];
  for (let calls = 0; calls < 8; calls += 1) {
    const registry = new MemoryRegistry();
    registry.addImage({ labels: { version: '1.0.0' } }, '1.0.0', 'latest');
    const turnstile = new Turnstile(1);
    // It never ends: whatever it waits for does not come.
    void pipeline(registry, '1.1.0', turnstile, 0, ['latest']);
    for (let call = 0; call < calls; call += 1) {
      await new Promise(setImmediate);
      turnstile.let(0);
    }
    await new Promise(setImmediate);
    await rerun(registry, '1.1.0');
    outcomes.push(versionUnder(registry, 'latest'));
  }
  expect(new Set(outcomes)).toEqual(new Set(['1.1.0']));
});

async function rerun(registry: MemoryRegistry, again: string): Promise<void> {
  const turnstile = new Turnstile(1);
  await driveTurnstile(turnstile, [pipeline(registry, again, turnstile, 0, ['latest'])], () => 0);
}
