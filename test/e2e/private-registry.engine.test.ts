import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { commitAll, git } from '../support/fixture-project.js';
import { writeFiles } from '../support/tiny-project.js';
import { type PrivateRegistry, startPrivateRegistry } from './private-registry.js';

const workspace = makeWorkspace();
const token = 'npm-token-2f7d90c4e1';
const images: string[] = [];
let registry: PrivateRegistry;

beforeAll(async () => {
  registry = await startPrivateRegistry(token);
}, 120_000);

afterAll(() => {
  if (registry) docker('rm', '--force', registry.container);
  for (const image of images) docker('image', 'rm', '--force', image);
  workspace.remove();
});

const npmrc = () => `@acme:registry=http://${registry.host}/\n//${registry.host}/:_authToken=\${NPM_TOKEN}\n`;
const yarnrc = () => `unsafeHttpWhitelist: ['*']
npmScopes:
  acme:
    npmRegistryServer: http://${registry.host}
    npmAlwaysAuth: true
    npmAuthToken: \${NPM_TOKEN}
`;

function makeProject(name: string, files: Readonly<Record<string, string>>, packageManager: string): string {
  const manifest = {
    name: 'tiny',
    version: '1.0.0',
    packageManager,
    engines: { node: '22' },
    scripts: { start: 'node server.js' },
    dependencies: { '@acme/secret': '1.0.0' },
  };
  const server = `const word = require('@acme/secret');
process.on('SIGTERM', () => process.exit());
require('http').createServer((q, s) => s.end(word)).listen(3000);
`;
  const directory = join(workspace.path, name);
  writeFiles(directory, {
    'package.json': `${JSON.stringify(manifest)}\n`,
    'server.js': server,
    'slipway.yml': 'build: { mounts: { npmrc: true, ca: true } }\n',
    ...files,
  });
  commitAll(directory, 'Add a service with a private dependency');
  git(directory, 'config', 'remote.origin.url', 'https://git.example.com/team/private.git');
  return directory;
}

describe("a private registry's token that the project's own settings name", () => {
  it.each([
    ['npm', 'npm@10.9.4', () => ({ '.npmrc': npmrc() })],
    ['pnpm', 'pnpm@10.34.0', () => ({ '.npmrc': npmrc() })],
    ['yarn', 'yarn@4.9.4', () => ({ '.yarnrc.yml': yarnrc() })],
  ])(
    'reaches %s in the builder, and no plan, log, layer or history',
    async (name, packageManager, files) => {
      const project = makeProject(name, files(), packageManager);
      const env = { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state'), NPM_TOKEN: token };
      const planFile = join(workspace.path, `${name}.plan.json`);
      const imageFile = join(workspace.path, `${name}.image.json`);
      expect(await slipway(['preview', project, '--out', planFile], { env })).toMatchObject({ code: 0 });
      const built = await slipway(['build', project, '--plan', planFile, '--out', imageFile], { env });
      expect({ code: built.code, stderr: built.code === 0 ? '' : built.stderr }).toEqual({ code: 0, stderr: '' });
      const plan = readFileSync(planFile, 'utf8');
      expect(plan).toContain('NPM_TOKEN');
      const image: { readonly id: string } = JSON.parse(readFileSync(imageFile, 'utf8'));
      images.push(image.id);
      const said = [plan, built.stderr, built.stdout, readFileSync(imageFile, 'utf8')];
      const stored = [docker('history', '--no-trunc', image.id), docker('image', 'inspect', image.id)];
      expect([...said, ...stored].filter((text) => text.includes(token))).toEqual([]);
      const search = spawnSync('sh', ['-c', 'docker save "$0" | grep -aF "$1"', image.id, token], { encoding: 'utf8' });
      expect({ status: search.status, stdout: search.stdout }).toEqual({ status: 1, stdout: '' });
    },
    300_000,
  );

  it('is not taken from the host without the mount', async () => {
    const project = makeProject('closed', { '.npmrc': npmrc(), 'slipway.yml': '{}\n' }, 'npm@10.9.4');
    const env = { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state'), NPM_TOKEN: token };
    const planFile = join(workspace.path, 'closed.plan.json');
    expect(await slipway(['preview', project, '--out', planFile], { env })).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(planFile, 'utf8')).builder.mounts).toEqual([]);
  });
});
