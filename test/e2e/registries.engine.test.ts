import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoginRegistry, manifestDigest, startLoginRegistry } from '../ci/login-registry.js';
import { type Ended, makeWorkspace, type RunOptions, startSlipway } from '../support/cli.js';
import { testRegistry } from '../support/engine-state.js';
import { type FaultKind, type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { loadImages } from '../support/loaded-images.js';

/** What `slipway push` does with logins and with several registries, as the command line. */
const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const docker = new Docker();
const path = `registries-${process.pid}/app`;
const local = `slipway-registries-${process.pid}:1.0.0`;
let login: LoginRegistry;
let mirror: FaultProxy;
let trouble: FaultKind | undefined;
let image: { readonly id: string; readonly size: number };

beforeAll(async () => {
  login = await startLoginRegistry(join(workspace.path, 'login'));
  mirror = await startFaultProxy(testRegistry(), () => trouble);
  await loadImages(docker, [{ name: local, layers: [2000, 500] }]);
  const { Id, Size } = await docker.getImage(local).inspect();
  image = { id: Id, size: Size };
});

afterAll(async () => {
  await Promise.all([login.stop(), mirror.stop()]);
  const names = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
  const ours = names.filter((name) => name === local || name.includes(path));
  await Promise.allSettled(ours.map((name) => docker.getImage(name).remove()));
  workspace.remove();
});

/** An image file as `build` writes it. */
function imageFile(name: string, repository: string, also?: readonly string[]): string {
  const file = join(workspace.path, `${name}.json`);
  const about = { format: 1, ...image, repository, tags: ['1.0.0'], version: '1.0.0', kind: 'test' };
  writeFileSync(file, JSON.stringify({ ...about, ...(also && { also }) }));
  return file;
}

/** Runs with no Docker configuration, and keeps every command line that it or a child of it had. */
async function push(args: readonly string[], options: RunOptions = {}): Promise<Ended & { readonly seen: string }> {
  const env = { SLIPWAY_STATE_DIRECTORY: state, DOCKER_CONFIG: join(workspace.path, 'none'), ...options.env };
  const started = startSlipway(['push', ...args], { ...options, cwd: workspace.path, env });
  let seen = '';
  const watch = setInterval(() => {
    seen += commandLines(started.process.pid ?? 0);
  }, 50);
  try {
    const ended = await started.ended;
    return { ...ended, seen };
  } finally {
    clearInterval(watch);
  }
}

function commandLines(pid: number): string {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const mine = ids.filter(
    (id) => id === String(pid) || readOrNothing(`/proc/${id}/stat`).split(') ')[1]?.split(' ')[1] === String(pid),
  );
  return mine.map((id) => readOrNothing(`/proc/${id}/cmdline`)).join('\n');
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The text of every file below a directory. */
function allText(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}

describe('a login for the registry of the image', () => {
  it('is taken from --username and stdin, and is written nowhere', async () => {
    const file = imageFile('stdin', `${login.host}/${path}`);
    const release = join(workspace.path, 'stdin-release.json');
    const args = ['--image', file, '--username', login.user, '--password-stdin', '--out', release, '--json'];
    const ended = await push(args, { input: `${login.password}\n` });
    expect(ended).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(release, 'utf8')).digest).toBe(await login.digestOf(path, '1.0.0'));
    expect(ended.seen).toContain('--password-stdin');
    const secrets = [login.password, Buffer.from(`${login.user}:${login.password}`).toString('base64')];
    for (const text of [ended.stdout, ended.stderr, ended.seen, allText(state), readFileSync(release, 'utf8')]) {
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  it('is taken from SLIPWAY_REGISTRY_USER and SLIPWAY_REGISTRY_PASSWORD, and shown to no other registry', async () => {
    const file = imageFile('variables', `${login.host}/${path}`, [`${mirror.host}/${path}-variables`]);
    const env = { SLIPWAY_REGISTRY_USER: login.user, SLIPWAY_REGISTRY_PASSWORD: login.password };
    const ended = await push(['--image', file, '--json'], { env });
    expect(ended).toMatchObject({ code: 0 });
    expect(mirror.seen.filter(({ line }) => line.includes(`${path}-variables`)).length).toBeGreaterThan(0);
    expect(mirror.logins).toEqual([]);
  });

  it('is told by its place where it is refused, with the other places that had none', async () => {
    const file = imageFile('wrong', `${login.host}/${path}-wrong`);
    const env = { SLIPWAY_REGISTRY_USER: 'stranger', SLIPWAY_REGISTRY_PASSWORD: 'wrong-pass' };
    const wrong = await push(['--image', file], { env });
    expect(wrong.code).toBe(41);
    expect(wrong.stderr).toContain(
      "it was shown user 'stranger' from SLIPWAY_REGISTRY_USER and SLIPWAY_REGISTRY_PASSWORD",
    );
    expect(wrong.stderr).not.toContain('wrong-pass');
    const none = await push(['--image', file]);
    expect(none.code).toBe(41);
    expect(none.stderr).toContain(
      'nothing for it in --username, SLIPWAY_REGISTRY_USER and SLIPWAY_REGISTRY_PASSWORD, DOCKER_AUTH_CONFIG (not set), ',
    );
  });

  it('is refused where one half of it is missing', async () => {
    const file = imageFile('half', `${login.host}/${path}`);
    for (const [args, env, where] of [
      [['--username', 'me'], {}, '--password-stdin'],
      [['--username', 'me', '--password-stdin'], {}, '--password-stdin'],
      [[], { SLIPWAY_REGISTRY_USER: 'me' }, 'SLIPWAY_REGISTRY_PASSWORD'],
    ] as const) {
      const ended = await push(['--image', file, ...args, '--json'], { env });
      expect([ended.code, JSON.parse(ended.stdout).error.where]).toEqual([14, where]);
    }
  });

  it('is the CI job’s own where it is pushed to the CI’s own registry', async () => {
    const file = imageFile('job', `${login.host}/${path}-job`);
    const env = { CI_REGISTRY: login.host, CI_REGISTRY_USER: login.user, CI_REGISTRY_PASSWORD: login.password };
    expect(await push(['--image', file], { env })).toMatchObject({ code: 0 });
  });
});

describe('several registries', () => {
  it('all get the image or there is an account of which have it, and the same command completes the rest', async () => {
    const [first, second] = [`${testRegistry()}/${path}-a`, `${login.host}/${path}-b`];
    const third = `${mirror.host}/${path}-c`;
    const file = imageFile('several', first, [third, second]);
    const out = join(workspace.path, 'several-release.json');
    const args = ['--image', file, '--out', out, '--json'];
    const env = { CI_REGISTRY: login.host, CI_REGISTRY_USER: login.user, CI_REGISTRY_PASSWORD: login.password };
    trouble = 'busy';
    const failed = await push(args, { env });
    trouble = undefined;
    expect(failed.code).toBe(43);
    const digest = await manifestDigest(testRegistry(), `${path}-a`, '1.0.0');
    const { error } = JSON.parse(failed.stdout);
    expect(error.message).toMatch(/^2 of 3 registries have the image\. The registry asks for fewer requests \(429\)/);
    expect(error.account).toEqual([
      `has it: ${first}@${digest}`,
      `has it: ${second}@${await login.digestOf(`${path}-b`, '1.0.0')}`,
      `does not: ${third} (push.rate-limited)`,
    ]);
    expect(() => readFileSync(out)).toThrow('ENOENT');
    const completed = await push(args, { env });
    expect(completed.code).toBe(0);
    expect(completed.stderr).toContain(`${first}:1.0.0 is in the registry already`);
    const release = JSON.parse(readFileSync(out, 'utf8'));
    expect(release).toMatchObject({ repository: first, digest, also: [{ repository: third }, { repository: second }] });
    expect(release.also[0].digest).toBe(await manifestDigest(testRegistry(), `${path}-c`, '1.0.0'));
  });

  it('a version that means something else in the image’s own registry is pushed to no other', async () => {
    const other = `${mirror.host}/${path}-other:1.0.0`;
    await loadImages(docker, [{ name: other, layers: [300] }]);
    const found = await docker.getImage(other).inspect();
    const file = join(workspace.path, 'other.json');
    const about = { format: 1, id: found.Id, size: found.Size, tags: ['1.0.0'], version: '1.0.0', kind: 'test' };
    writeFileSync(
      file,
      JSON.stringify({ ...about, repository: `${testRegistry()}/${path}-a`, also: [`${mirror.host}/${path}-d`] }),
    );
    const ended = await push(['--image', file, '--json']);
    expect(ended.code).toBe(45);
    expect(JSON.parse(ended.stdout).error.account).toEqual([
      `does not: ${testRegistry()}/${path}-a (push.tag-exists)`,
      'not tried: 1',
    ]);
    expect(mirror.seen.filter(({ line }) => line.includes(`${path}-d`))).toEqual([]);
  });
});

describe('push.by: slipway', () => {
  it('shows layers, bytes and rate, and sends nothing the second time', async () => {
    const file = imageFile('own', `${mirror.host}/${path}-own`);
    const args = ['--image', file, '--set', 'push.by=slipway'];
    expect((await push(args)).stderr).toMatch(/2 layers sent, 0\.0 MB in \d+\.\d s \(\d+\.\d MB\/s\)/);
    const before = mirror.seen.length;
    expect((await push(args)).stderr).toContain('is in the registry already');
    expect(mirror.seen.slice(before).filter(({ line }) => !/^(HEAD|GET) /.test(line))).toEqual([]);
  });
});
