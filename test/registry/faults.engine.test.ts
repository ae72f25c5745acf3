import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/core/engine.js';
import { parseRepository, parseTag } from '../../src/core/image-name.js';
import type { Image, Release } from '../../src/core/plan.js';
import { startLoginRegistry } from '../ci/login-registry.js';
import { createScratch, recordingContext, type Scratch } from '../engines/docker/fixture.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { type FaultKind, type FaultProxy, faultKinds, seededRandom, startFaultProxy } from '../support/fault-proxy.js';
import { loadImages } from '../support/loaded-images.js';
import { startTokenService } from '../support/token-service.js';

/** 200 pushes through a proxy that makes trouble; each is then taken out of the registry itself by a client that is not ours. */
const seed = Number(process.env.SLIPWAY_TEST_FAULT_SEED ?? 20_261_126);
const pushes = 200;
/** The engine waits five seconds and more before it tries a layer again, so it makes few of them, and meets one fault in each. */
const byEngine = 12;

interface Way {
  readonly name: string;
  /** The registry itself. */
  readonly registry: string;
  readonly proxy: FaultProxy;
  readonly login?: { readonly user: string; readonly password: string };
}

interface Push {
  readonly way: Way;
  readonly by: 'engine' | 'slipway';
  readonly image: Image;
}

const docker = new Docker();
const run = promisify(execFile);
const stops: (() => Promise<void>)[] = [];
const names: string[] = [];
const met = new Map<string, number>();
const sent = new Map<string, Release>();
let isPushing = true;
let scratch: Scratch;
let ways: readonly Way[];
let jobs: readonly Push[];

/** Three faults in each push at most, one where the engine pushes, so that four attempts always suffice; reproducible for each push by itself. */
function faultsOf(kinds: readonly FaultKind[]) {
  const pushesOf = new Map<string, { readonly random: () => number; left: number }>();
  return ({ path }: { readonly path: string }): FaultKind | undefined => {
    const number = /\/p(\d+)\//.exec(path)?.[1];
    if (number === undefined) return undefined;
    const known = pushesOf.get(number) ?? {
      random: seededRandom(seed + Number(number)),
      left: Number(number) < byEngine ? 1 : 3,
    };
    pushesOf.set(number, known);
    if (known.left === 0 || known.random() > 0.25) return undefined;
    const fault = kinds[Math.floor(known.random() * kinds.length)];
    if (fault !== undefined) met.set(fault, (met.get(fault) ?? 0) + 1);
    known.left -= 1;
    return fault;
  };
}

async function openWay(
  name: string,
  registry: string,
  kinds: readonly FaultKind[],
  login?: Way['login'],
): Promise<Way> {
  const proxy = await startFaultProxy(registry, faultsOf(kinds));
  stops.push(() => proxy.stop());
  return { name, registry, proxy, ...(login && { login }) };
}

beforeAll(async () => {
  scratch = await createScratch();
  const open = await startDockerRegistry(join(scratch.root, 'open'));
  const login = await startLoginRegistry(join(scratch.root, 'login'));
  const random = seededRandom(seed);
  // Once for a push: after the second refusal a login is taken to be wrong, and that is right. The engine gives up after the first.
  const aged = new Set<string>();
  const service = await startTokenService(join(scratch.root, 'keys'), (scopes) => {
    const number = /\/p(\d+):/.exec(scopes.join(' '))?.[1] ?? '0';
    if (!isPushing || Number(number) < byEngine || aged.has(number) || random() > 0.5) return false;
    aged.add(number);
    return true;
  });
  const token = await startDockerRegistry(join(scratch.root, 'token'), { auth: service.auth });
  stops.push(open.stop, login.stop, token.stop, service.stop);
  const athome = faultKinds.filter((kind) => kind !== 'elsewhere');
  ways = [
    await openWay('open', open.host, faultKinds),
    await openWay('login', login.host, athome, login),
    await openWay('token', token.host, athome, service),
  ];
  const logins = ways.flatMap(({ proxy, login: as }) =>
    as ? [[proxy.host, { auth: Buffer.from(`${as.user}:${as.password}`).toString('base64') }] as const] : [],
  );
  mkdirSync(join(scratch.root, 'docker-config'));
  writeFileSync(
    join(scratch.root, 'docker-config', 'config.json'),
    JSON.stringify({ auths: Object.fromEntries(logins) }),
  );
  jobs = await makeImages();
});

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
  names.push(...jobs.slice(0, byEngine).map(({ image }) => `${image.repository}:1.0.0`));
  for (const name of names)
    await docker
      .getImage(name)
      .remove()
      .catch(() => {});
  await scratch.clean();
}, 300_000);

/** Each image goes to five repositories, which is five pushes of all its layers: putting it into the engine is what takes long. */
async function makeImages(): Promise<readonly Push[]> {
  const random = seededRandom(seed);
  const contents = Array.from({ length: pushes / 5 }, (_, index) => ({
    name: `slipway-faults-${process.pid}:${index}`,
    layers: Array.from({ length: 1 + Math.floor(random() * 3) }, () => Math.floor(1000 + random() ** 4 * 1_000_000)),
  }));
  await loadImages(docker, contents);
  names.push(...contents.map(({ name }) => name));
  const loaded = await Promise.all(contents.map(({ name }) => docker.getImage(name).inspect()));
  return Array.from({ length: pushes }, (_, index): Push => {
    // The redirects to another host are for the registry that wants no login.
    const way = ways[index < byEngine ? index % 3 : ([1, 2][index % 5] ?? 0)] as Way;
    const { Id = '', Size = 0 } = loaded[index % loaded.length] ?? {};
    const repository = parseRepository(`${way.proxy.host}/faults-${process.pid}/p${index}`);
    const about = { format: 1, tags: [parseTag('1.0.0')], version: '1.0.0', kind: 'test' } as const;
    return { way, by: index < byEngine ? 'engine' : 'slipway', image: { ...about, id: Id, size: Size, repository } };
  });
}

async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** skopeo takes all images of a registry out of it, past the proxy; it proves what it reads as well. Returns their directory. */
async function takeOut({ name, registry, login, proxy }: Way): Promise<string> {
  const directory = join(scratch.root, 'out', name);
  mkdirSync(directory, { recursive: true });
  const own = jobs.filter(({ way }) => way.proxy === proxy).map(({ image }) => pathOf(image));
  const images = Object.fromEntries(own.map((path) => [path, ['1.0.0']]));
  const credentials = login && { credentials: { username: login.user, password: login.password } };
  const list = join(scratch.root, `${name}.yml`);
  // What is JSON is YAML.
  writeFileSync(list, JSON.stringify({ [registry]: { 'tls-verify': false, ...credentials, images } }));
  await run('skopeo', ['sync', '--src', 'yaml', '--dest', 'dir', list, directory]);
  return directory;
}

function pathOf({ repository }: Image): string {
  return repository.slice(repository.indexOf('/') + 1);
}

/** What is wrong with an image that was taken out. */
function judge({ image }: Push, directory: string): readonly string[] {
  const wrong: string[] = [];
  const manifest = readFileSync(join(directory, 'manifest.json'));
  if (`sha256:${sha256(manifest)}` !== sent.get(image.repository)?.digest) wrong.push('the manifest is another');
  const { config, layers } = JSON.parse(manifest.toString());
  const content = readFileSync(join(directory, config.digest.slice(7)));
  if (config.digest !== image.id || `sha256:${sha256(content)}` !== image.id)
    wrong.push('the configuration is another');
  for (const [index, { digest, size }] of layers.entries()) {
    const bytes = readFileSync(join(directory, digest.slice(7)));
    if (`sha256:${sha256(bytes)}` !== digest || bytes.length !== size)
      wrong.push(`layer ${index} is not what its digest says`);
    const diffId: unknown = JSON.parse(content.toString()).rootfs.diff_ids[index];
    if (`sha256:${sha256(gunzipSync(bytes))}` !== diffId) wrong.push(`layer ${index} is another`);
  }
  return wrong.map((text) => `${image.repository}: ${text}`);
}

test(`of 200 pushes in trouble none is lost and none corrupted (seed ${seed}; 12 by the engine, 188 by Slipway)`, async () => {
  const engines: Record<Push['by'], Engine> = {
    engine: scratch.engine({ retryDelays: [20, 40, 80] }),
    slipway: scratch.engine({ retryDelays: [20, 40, 80], pushBy: async () => 'slipway' }),
  };
  const failed: string[] = [];
  const push = async (job: Push): Promise<void> => {
    const release = await engines[job.by].push(job.image, recordingContext().context).catch((error: unknown) => {
      failed.push(`${job.by} ${job.way.name} ${job.image.repository}: ${error}`);
    });
    if (release) sent.set(job.image.repository, release);
  };
  // What the engine waits for costs no work, so that it goes beside the others.
  await Promise.all([
    eachOf(
      jobs.filter(({ by }) => by === 'engine'),
      6,
      push,
    ),
    eachOf(
      jobs.filter(({ by }) => by === 'slipway'),
      4,
      push,
    ),
  ]);
  expect(failed).toEqual([]);
  isPushing = false;
  const directories = new Map(await Promise.all(ways.map(async (way) => [way, await takeOut(way)] as const)));
  const outOf = ({ way, image }: Push) => join(directories.get(way) ?? '', `${pathOf(image).split('/').at(-1)}:1.0.0`);
  expect(jobs.flatMap((job) => judge(job, outOf(job)))).toEqual([]);
  expect(sent.size).toBe(pushes);
});

test('each kind of trouble was met often', () => {
  expect(Object.fromEntries(met)).toEqual(Object.fromEntries(faultKinds.map((kind) => [kind, expect.any(Number)])));
  for (const kind of faultKinds) expect([kind, (met.get(kind) ?? 0) >= 20]).toEqual([kind, true]);
});

test('no login ever came to the other host', () => {
  const [open] = ways;
  expect(open?.proxy.elsewhere.length).toBeGreaterThan(20);
  expect(
    ways.flatMap(({ proxy }) => proxy.elsewhere.filter(({ authorization }) => authorization !== undefined)),
  ).toEqual([]);
});

test('pushed again, each is there already: the registry is asked once, and nothing is sent', async () => {
  const again = jobs.filter((_, index) => index % 10 === 0);
  const before = new Map(ways.map(({ proxy }) => [proxy, proxy.seen.length]));
  const engine = scratch.engine({ retryDelays: [20, 40, 80], pushBy: async () => 'slipway' });
  for (const { image } of again)
    expect(await engine.push(image, recordingContext().context)).toEqual(sent.get(image.repository));
  const lines = ways
    .flatMap(({ proxy }) => proxy.seen.slice(before.get(proxy)))
    .filter(({ fault }) => fault === undefined);
  expect(lines.filter(({ line }) => !/^(HEAD|GET) /.test(line))).toEqual([]);
});
