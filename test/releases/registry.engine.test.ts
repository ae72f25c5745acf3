import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare } from 'semver';
import { afterAll, describe, expect, test } from 'vitest';
import { parseRepository } from '../../src/core/image-name.js';
import { openRepository } from '../../src/registry/repository.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';

const workspace = makeWorkspace();
const run = randomBytes(4).toString('hex');
const made = new Set<string>();
const options = { cwd: workspace.path, env: { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') } };

afterAll(() => {
  if (made.size > 0) execFileSync('docker', ['rmi', '--force', ...made], { stdio: 'ignore' });
  workspace.remove();
});

/** Make a tiny image of a version in the engine, and the image file that `slipway build` would have written. */
function makeImage(repository: string, version: string, created = '2024-01-01T00:00:00Z'): string {
  const revision = `${version.replace(/\D/g, '')}`.padEnd(40, '0');
  const labels = { version, revision, created };
  const changes = Object.entries(labels).flatMap(([key, value]) => [
    '--change',
    `LABEL org.opencontainers.image.${key}=${value}`,
  ]);
  const name = `${repository}:${version}`;
  // Two empty blocks are an empty archive: an image of nothing.
  const id = execFileSync('docker', ['import', ...changes, '-', name], { input: Buffer.alloc(1024), encoding: 'utf8' });
  made.add(name);
  const [major, minor] = version.split('.');
  const moving = [`${major}.${minor}`, `${major}`, 'latest'].map((tag) => ({
    tag,
    because: `${version} is a release`,
  }));
  const image = {
    format: 1,
    id: id.trim(),
    repository,
    tags: [version],
    moving,
    version,
    kind: 'go',
    size: 0,
    revision,
  };
  const file = join(workspace.path, `${version}.json`);
  writeFileSync(file, JSON.stringify(image));
  return file;
}

/** What a client that is not ours finds under a tag: its digest, and the version that its labels say. */
function inspect(repository: string, tag: string): { readonly digest: string; readonly version: string } {
  const args = ['inspect', '--tls-verify=false', `docker://${repository}:${tag}`];
  const { Digest, Labels } = JSON.parse(execFileSync('skopeo', args, { encoding: 'utf8' }));
  return { digest: Digest, version: Labels['org.opencontainers.image.version'] };
}

function tagsOf(repository: string): readonly string[] {
  const args = ['list-tags', '--tls-verify=false', `docker://${repository}`];
  return JSON.parse(execFileSync('skopeo', args, { encoding: 'utf8' })).Tags;
}

test('20 pipelines that push at once leave every immutable tag right and every moving one at its highest version', async () => {
  const repository = `${testRegistry()}/tags-race-${run}`;
  const versions = [1, 2].flatMap((major) =>
    [0, 1, 2].flatMap((minor) => [9, 10, 11].map((patch) => `${major}.${minor}.${patch}`)),
  );
  versions.push('10.0.0', '0.1.0');
  expect(versions).toHaveLength(20);
  const files = versions.map((version) => makeImage(repository, version));
  const ended = await Promise.all(files.map((file) => slipway(['push', '--image', file, '--json'], options)));
  expect(ended.filter(({ code }) => code !== 0)).toEqual([]);
  const releases = ended.map(({ stdout }) => JSON.parse(stdout));

  const lines = new Set(versions.flatMap((version) => movingOf(version)));
  // Beside them stand the indexes under which each image's SBOM is found.
  const named = tagsOf(repository).filter((tag) => !/^sha256-[0-9a-f]{64}$/.test(tag));
  expect(named.toSorted()).toEqual([...versions, ...lines].toSorted());
  const found = versions.map((version) => inspect(repository, version));
  expect(found).toEqual(releases.map(({ digest, version }) => ({ digest, version })));
  const holders = [...lines].map((line) => [line, inspect(repository, line).version]);
  expect(holders).toEqual([...lines].map((line) => [line, highestOf(line, versions)]));
});

function movingOf(version: string): readonly string[] {
  const [major, minor] = version.split('.');
  return [`${major}.${minor}`, `${major}`, 'latest'];
}

function highestOf(line: string, versions: readonly string[]): string | undefined {
  return versions
    .filter((version) => movingOf(version).includes(line))
    .toSorted(compare)
    .at(-1);
}

describe('on one repository', () => {
  const repository = `${testRegistry()}/tags-prune-${run}`;
  const slipwayThere = (command: string, ...args: readonly string[]) =>
    slipway([command, '--repository', repository, ...args], options);

  test('an older release that is pushed later leaves the tags, says who has them, and ends well', async () => {
    await slipway(['push', '--image', makeImage(repository, '1.1.0')], options);
    const { code, stdout } = await slipway(['push', '--image', makeImage(repository, '1.0.0'), '--json'], options);
    expect([code, JSON.parse(stdout).moving]).toEqual([
      0,
      [
        { tag: '1.0', moved: true, because: 'nobody had it' },
        { tag: '1', moved: false, because: '1.1.0 has it, which is higher than 1.0.0' },
        { tag: 'latest', moved: false, because: '1.1.0 has it, which is higher than 1.0.0' },
      ],
    ]);
  });

  test('the tags are moved in every registry that the image goes to, each by who has them there', async () => {
    const other = `${testRegistry()}/tags-also-${run}`;
    const image = JSON.parse(readFileSync(makeImage(repository, '1.1.1'), 'utf8'));
    const file = join(workspace.path, 'also.json');
    writeFileSync(file, JSON.stringify({ ...image, also: [other] }));
    const { code, stdout } = await slipway(['push', '--image', file], options);
    expect([code, stdout.split('\n').slice(1)]).toEqual([
      0,
      [
        '  1.1     moved  1.1.1 is higher than 1.1.0, which had it',
        '  1       moved  1.1.1 is higher than 1.1.0, which had it',
        '  latest  moved  1.1.1 is higher than 1.1.0, which had it',
        other,
        '  1.1     moved  nobody had it',
        '  1       moved  nobody had it',
        '  latest  moved  nobody had it',
        '',
      ],
    ]);
    made.add(`${other}:1.1.1`);
    expect([repository, other].map((name) => inspect(name, 'latest').version)).toEqual(['1.1.1', '1.1.1']);
  });

  test('the tag of another tool is left until it is taken over by force', async () => {
    const plain = `${repository}:latest`;
    execFileSync('docker', ['import', '-', plain], { input: Buffer.alloc(1024) });
    made.add(plain);
    docker('push', plain);
    const file = makeImage(repository, '1.2.0');
    const left = await slipway(['push', '--image', file], options);
    expect(left.stdout).toMatch(/latest {2}left {3}an image without labels .*--force-moving takes it over, once\n$/);
    const taken = await slipway(['push', '--image', file, '--force-moving'], options);
    expect(taken.stdout).toMatch(/latest {2}moved {2}it was taken from an image without labels .* by force\n$/);
    expect(inspect(repository, 'latest').version).toBe('1.2.0');
  });

  test('the releases are listed, the newest first', async () => {
    const { code, stdout } = await slipwayThere('releases', '--json');
    const listed = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(listed.releases.map(({ version, tags }: { version: string; tags: object }) => [version, tags])).toEqual([
      ['1.2.0', movingTags('1*', '1.2*', '1.2.0', 'latest*')],
      ['1.1.1', movingTags('1.1*', '1.1.1')],
      ['1.1.0', movingTags('1.1.0')],
      ['1.0.0', movingTags('1.0*', '1.0.0')],
    ]);
    const text = await slipwayThere('releases', '--limit', '1');
    expect(text.stdout).toMatch(
      /^VERSION .*\n1\.2\.0 {4}1\* 1\.2\* 1\.2\.0 latest\* .*\n1 of 4; --limit 0 lists all\./,
    );
  });

  test('a repository that is not there is no error', async () => {
    const { code, stdout } = await slipway(['releases', '--repository', `${testRegistry()}/tags-none-${run}`], options);
    expect([code, stdout]).toEqual([0, expect.stringContaining('has no images')]);
  });

  test('what goes is deleted with what refers to it, and nothing else', async () => {
    for (const version of ['0.8.0', '0.9.0']) {
      await slipway(['push', '--image', makeImage(repository, version)], options);
    }
    const port = await openRepository(
      parseRepository(repository),
      { environment: {}, dockerConfigDirectory: workspace.path },
      { signal: new AbortController().signal },
    );
    const subjects = await Promise.all(['0.8.0', '1.2.0'].map((tag) => port.headManifest(tag)));
    const empty = await port.putBlob(new TextEncoder().encode('{}'));
    for (const subject of subjects) {
      if (subject === undefined) throw new Error('not pushed');
      const { mediaType, digest, size } = subject;
      const type = 'application/vnd.oci.image.manifest.v1+json';
      const config = { ...empty, mediaType: 'application/vnd.oci.empty.v1+json' };
      const manifest = { schemaVersion: 2, mediaType: type, config, layers: [], subject: { mediaType, digest, size } };
      await port.putReferrer(digest, type, new TextEncoder().encode(JSON.stringify(manifest)));
    }
    const deleted = await Promise.all(['1.1.0', '1.0.0', '0.8.0'].map((tag) => port.headManifest(tag)));
    const before = tagsOf(repository);
    const dry = await slipwayThere('prune', '--keep', '2', '--keep-lines', '2', '--json');
    expect(fatesOf(dry.stdout)).toEqual({
      '1.2.0': 'stays',
      '1.1.1': 'stays',
      '1.1.0': 'goes',
      '1.0.0': 'goes',
      '0.9.0': 'stays',
      '0.8.0': 'goes',
    });
    expect(tagsOf(repository)).toEqual(before);

    writeFileSync(join(workspace.path, 'slipway.yml'), 'deploy: { environments: { prod: { path: prod.yml } } }\n');
    writeFileSync(join(workspace.path, 'prod.yml'), `services:\n  app:\n    image: ${repository}:0.9.0\n`);
    const { code, stdout } = await slipwayThere('prune', '--keep', '2', '--keep-lines', '2', '--apply', '--json');
    expect([code, fatesOf(stdout)]).toEqual([
      0,
      {
        '1.2.0': 'stays',
        '1.1.1': 'stays',
        '1.1.0': 'deleted',
        '1.0.0': 'deleted',
        '0.9.0': 'stays',
        '0.8.0': 'deleted',
      },
    ]);
    const attached = subjects[1]?.digest.replace(':', '-') ?? '';
    const indexes = deleted.map((each) => each?.digest.replace(':', '-'));
    const gone = ['1.1.0', '1.0', '1.0.0', '0.8', '0.8.0', ...indexes];
    expect(tagsOf(repository)).toEqual(before.filter((tag) => !gone.includes(tag)));
    expect(tagsOf(repository)).toContain(attached);
    expect(await port.getManifest(subjects[0]?.digest ?? '')).toBeUndefined();
    // The SBOM that the push attached, and ours.
    expect(await port.listReferrers(subjects[1]?.digest ?? expect.fail())).toHaveLength(2);
  });

  test('templates that cannot be read stop it', async () => {
    writeFileSync(join(workspace.path, 'slipway.yml'), 'deploy: { environments: { prod: { path: missing } } }\n');
    const before = tagsOf(repository);
    const { code, stderr } = await slipwayThere('prune', '--keep', '0', '--apply');
    expect([code, stderr]).toEqual([50, expect.stringContaining('missing')]);
    expect(tagsOf(repository)).toEqual(before);
  });
});

function movingTags(...tags: readonly string[]): readonly object[] {
  return tags.map((tag) => ({ tag: tag.replace('*', ''), moving: tag.endsWith('*') }));
}

function fatesOf(stdout: string): Readonly<Record<string, string>> {
  const { images } = JSON.parse(stdout);
  return Object.fromEntries(images.map(({ version, fate }: { version: string; fate: string }) => [version, fate]));
}
