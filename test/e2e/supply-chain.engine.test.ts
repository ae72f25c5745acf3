import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { testRegistry } from '../support/engine-state.js';
import { git } from '../support/fixture-project.js';
import { startTamperingProxy } from '../support/tampering-proxy.js';
import { makeTinyProject } from '../support/tiny-project.js';

/** One tiny service, built once, pushed to several places: the commands as users type them. */
const workspace = makeWorkspace();
const project = join(workspace.path, 'tiny');
const registry = testRegistry();
const repository = `${registry}/sbom-e2e-${process.pid}/tiny`;
const file = (name: string) => join(workspace.path, name);
const password = 'never-to-be-seen';
const pem = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password },
});
const signing = { SLIPWAY_SIGN_KEY: pem.privateKey, SLIPWAY_SIGN_PASSWORD: password };
let proxy: Awaited<ReturnType<typeof startTamperingProxy>>;

beforeAll(async () => {
  proxy = await startTamperingProxy(registry);
  makeTinyProject(project);
  git(project, 'tag', 'v1.5.0');
  writeFileSync(file('key.pub'), pem.publicKey);
  const args = ['build', project, '--no-try', '--repository', repository, '--out', file('image.json')];
  const built = await slipway(args, { env: { GITHUB_ACTIONS: 'true', ...github } });
  expect({ code: built.code, stderr: built.code === 0 ? '' : built.stderr }).toEqual({ code: 0, stderr: '' });
});
afterAll(async () => {
  docker('rmi', '--force', `${repository}:1.5.0`);
  await proxy.close();
  workspace.remove();
});

const github = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'team/tiny',
  GITHUB_WORKFLOW_REF: 'team/tiny/.github/workflows/ship.yml@refs/tags/v1.5.0',
  GITHUB_RUN_ID: '77',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_REF: 'refs/tags/v1.5.0',
};

/** The image file of the build, for another repository. */
function imageFor(name: string): string {
  const image = JSON.parse(readFileSync(file('image.json'), 'utf8'));
  const path = file(`${name.replace(/\W/g, '-')}.json`);
  writeFileSync(path, JSON.stringify({ ...image, repository: name }));
  return path;
}

async function verify(...args: readonly string[]) {
  const { code, stdout, stderr } = await slipway(['verify', ...args, '--json']);
  const { checks = [], ...rest } = JSON.parse(stdout);
  const states = checks.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`);
  return { code, states, stderr, ...rest };
}

test('another job pushes, documents and signs what one built, and a rerun sends nothing again', async () => {
  const push = () =>
    slipway(['push', project, '--image', file('image.json'), '--out', file('release.json')], { env: signing });
  const first = await push();
  expect({ code: first.code, stderr: first.code === 0 ? '' : first.stderr }).toEqual({ code: 0, stderr: '' });
  expect(first.stderr).toMatch(
    /sbom attached: \d+ packages\n.*provenance attached\n.*signed by the key [0-9a-f]{16}\n/,
  );
  const second = await push();
  expect(second.code).toBe(0);
  expect(second.stderr).not.toContain('attached');
  expect(second.stderr).toContain('signed already');
  const everything =
    first.stdout + first.stderr + readFileSync(file('release.json'), 'utf8') + readFileSync(file('image.json'), 'utf8');
  expect([password, pem.privateKey.split('\n')[1] ?? 'none'].filter((secret) => everything.includes(secret))).toEqual(
    [],
  );
  const required = [
    '--key',
    file('key.pub'),
    '--deep',
    '--require',
    'labels,sbom,provenance,signed-sbom,signed-provenance',
  ];
  expect(await verify(file('release.json'), ...required)).toEqual({
    code: 0,
    states: [
      'digest ok',
      'tag ok',
      'config ok',
      'layers ok',
      'labels ok',
      'release ok',
      'sbom ok',
      'provenance ok',
      'signature ok',
      'signed-sbom ok',
      'signed-provenance ok',
    ],
    stderr: expect.any(String),
    format: 1,
    image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/),
    verified: true,
  });
});

test('provenance names source, revision, builder and what went in, and the run that built it', async () => {
  const { digest } = JSON.parse(readFileSync(file('release.json'), 'utf8'));
  const list = <T>(path: string) => fetchJson<T>(`http://${registry}/v2/sbom-e2e-${process.pid}/tiny/${path}`);
  const index = await list<{ manifests: { artifactType: string; digest: string }[] }>(
    `manifests/${digest.replace(':', '-')}`,
  );
  const entry = index.manifests.find((one) => one.artifactType === 'application/vnd.in-toto+json');
  const manifest = await list<{ layers: { digest: string }[] }>(`manifests/${entry?.digest}`);
  expect(manifest).toMatchObject({
    artifactType: 'application/vnd.in-toto+json',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    subject: { digest },
  });
  const statement = await list<{ predicate: { buildDefinition: { internalParameters: Record<string, unknown> } } }>(
    `blobs/${manifest.layers[0]?.digest}`,
  );
  const revision = git(project, 'rev-parse', 'HEAD');
  const idOf = (name: string) => docker('image', 'inspect', '--format', '{{.Id}}', name);
  const { steps, dockerfile, ...internal } = statement.predicate.buildDefinition.internalParameters;
  expect(steps).toEqual(expect.arrayContaining([expect.objectContaining({ title: expect.any(String) })]));
  expect(dockerfile).toContain('FROM node:22-slim');
  expect(internal.builder).toBe('node:22-slim');
  expect(statement).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: repository, digest: { sha256: digest.slice(7) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:slipway:build:v1',
        externalParameters: {
          source: { repository: 'https://git.example.com/team/tiny.git', revision },
          kind: 'node',
          version: '1.5.0',
          platform: 'linux/amd64',
        },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: revision } },
          {
            name: 'builder',
            uri: 'docker://node:22-slim',
            annotations: { 'io.slipway.image-id': idOf('node:22-slim') },
          },
          { name: 'base', uri: 'docker://node:22-slim' },
        ],
      },
      runDetails: {
        builder: { id: `https://github.com/${github.GITHUB_WORKFLOW_REF}` },
        metadata: { invocationId: 'https://github.com/team/tiny/actions/runs/77/attempts/2' },
      },
    },
  });
});

async function fetchJson<T>(url: string): Promise<T> {
  const reply = await fetch(url, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' },
  });
  return (await reply.json()) as T;
}

test('a registry that takes no artifacts is warned of, and fails the push only where they are required', async () => {
  proxy.refuse(/^PUT \S+\/manifests\/sha256:/);
  const name = `${proxy.host}/sbom-e2e-${process.pid}/refusing`;
  const push = ['push', project, '--image', imageFor(name)];
  const mild = await slipway(push);
  expect({ code: mild.code, told: /has no sbom and provenance of this image/.test(mild.stderr) }).toEqual({
    code: 0,
    told: true,
  });
  const strict = await slipway([...push, '--no-sbom', '--set', 'supply-chain.require=true', '--json']);
  expect(strict.code).toBeGreaterThanOrEqual(40);
  expect(strict.code).toBeLessThan(50);
  const signed = await slipway([...push, '--no-sbom'], { env: signing });
  expect(signed.code).toBe(strict.code);
  proxy.refuse(undefined);
  docker('rmi', '--force', `${name}:1.5.0`);
});

test('what is not wanted is not attached, and verify says what is missing and what failed, with one exit code', async () => {
  const name = `${proxy.host}/sbom-e2e-${process.pid}/bare`;
  const pushed = await slipway(['push', project, '--image', imageFor(name), '--no-sbom', '--no-provenance']);
  expect(pushed.code).toBe(0);
  expect(pushed.stderr).not.toContain('attached');
  expect(await verify(`${name}:1.5.0`)).toMatchObject({ code: 0, verified: true });
  expect(await verify(`${name}:1.5.0`, '--require', 'sbom')).toMatchObject({
    code: 49,
    verified: false,
    error: { code: 'push.unverified', message: 'The image is not verified: sbom is missing' },
  });
  expect(await verify(`${name}:1.5.0`, '--key', file('key.pub'))).toMatchObject({
    code: 49,
    error: { message: 'The image is not verified: signature failed' },
  });
  expect(await verify(`${name}:1.6.0`)).toMatchObject({ code: 49, states: ['digest failed', 'config absent'] });
  const person = await slipway(['verify', `${name}:1.5.0`, '--require', 'provenance']);
  expect(person).toEqual({
    code: 49,
    stdout: '',
    stderr: expect.stringMatching(/^ {2}MISSING provenance +none is attached$/m),
  });
  docker('rmi', '--force', `${name}:1.5.0`);
});

test('a wrong question is told apart from a bad image, and a bad key stops a push before it begins', async () => {
  const ask = async (...args: readonly string[]) => (await slipway(['verify', ...args])).code;
  expect(await ask(`${repository}:1.5.0`, '--require', 'luck')).toBe(14);
  expect(await ask(`${repository}:1.5.0`, '--require', 'signature')).toBe(14);
  expect(await ask('nowhere.json')).toBe(14);
  expect(await ask('NOT AN IMAGE')).toBe(10);
  const unreachable = await ask('127.0.0.1:9/team/app:1');
  expect(unreachable).toBe(40);
  const name = `${registry}/sbom-e2e-${process.pid}/unsigned`;
  const env = { ...signing, SLIPWAY_SIGN_PASSWORD: 'wrong' };
  const pushed = await slipway(['push', project, '--image', imageFor(name)], { env });
  expect({ code: pushed.code, started: pushed.stderr.includes('==> push') }).toEqual({ code: 10, started: false });
});
