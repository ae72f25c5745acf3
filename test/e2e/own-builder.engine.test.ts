import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { commitAll } from '../support/fixture-project.js';

const workspace = makeWorkspace();
const name = `slipway-test-own-builder-${process.pid}`;

afterAll(() => {
  docker('image', 'rm', ...docker('image', 'ls', '--quiet', name).split('\n').filter(Boolean));
  workspace.remove();
});

it("builds in an image of the project's own Dockerfile, and the image is tried from there", async () => {
  mkdirSync(join(workspace.path, 'ci'));
  const files = {
    'package.json': JSON.stringify({
      name,
      engines: { node: '22' },
      scripts: { build: 'cp /from-builder built.txt', start: 'node server.js' },
    }),
    'server.js': "require('http').createServer((q, r) => r.end('ok')).listen(3000);\n",
    'ci/builder.Dockerfile': 'FROM node:22-slim\nRUN echo made in the builder > /from-builder\n',
    'slipway.yml': 'build:\n  dockerfile: ci/builder.Dockerfile\n',
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(workspace.path, path), text);
  commitAll(workspace.path, 'Add a service');
  const env = { SLIPWAY_STATE_DIRECTORY: join(workspace.path, '.git/slipway-state') };
  const { code, stdout, stderr } = await slipway(['build', workspace.path, '--json'], { env });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const { repository, tags } = JSON.parse(stdout);
  expect(docker('run', '--rm', '--entrypoint', 'cat', `${repository}:${tags[0]}`, '/app/built.txt')).toBe(
    'made in the builder',
  );
});
