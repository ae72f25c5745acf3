import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lintDockerfile, renderRuntimeDockerfile, renderStandaloneDockerfile } from '../../../src/dockerfile/index.js';
import { node } from '../../../src/projects/node/index.js';
import { memoryTree } from '../../support/memory-tree.js';

const template = readFileSync('templates/node/Dockerfile.ejs', 'utf8');
const buildStage = readFileSync('templates/common/build-stage.ejs', 'utf8');

function inputFor(files: Record<string, string>) {
  const detection = node.detect(memoryTree({ '.nvmrc': '22', ...files }), {});
  const facts = detection?.facts ?? {};
  const recipe = node.recipe({ name: 'gateway', facts }, { platform: 'linux/amd64', version: '1.0.0' });
  const labels = { 'org.opencontainers.image.title': 'gateway', 'org.opencontainers.image.version': '1.0.0' };
  return { project: { kind: 'node', name: 'gateway', facts }, recipe, labels };
}

const service = { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': 'app.listen(3000)' };

test('the runtime Dockerfile has dependencies before the application, a numeric user and exec forms', () => {
  const dockerfile = renderRuntimeDockerfile(template, inputFor(service));
  expect(dockerfile.replace(/^HEALTHCHECK.*$/m, 'HEALTHCHECK')).toBe(`FROM node:22-slim
ENV NODE_ENV="production"
ENV PORT="3000"
WORKDIR /app
COPY node_modules /app/node_modules
COPY app /app
LABEL org.opencontainers.image.title="gateway"
LABEL org.opencontainers.image.version="1.0.0"
EXPOSE 3000
USER 1000:1000
HEALTHCHECK
ENTRYPOINT ["/app/.slipway/init","node","server.js"]
`);
});

test('neither Dockerfile has anything that the linter finds, for a service, a site and a workspace member', () => {
  const site = {
    'package.json': '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"6"}}',
    'index.html': '',
  };
  const member = {
    'package.json': '{"workspaces":["apps/*"]}',
    'apps/web/package.json': '{"dependencies":{"next":"15"}}',
  };
  for (const files of [service, site, member]) {
    const input = inputFor(files);
    expect(lintDockerfile(renderRuntimeDockerfile(template, input))).toEqual([]);
    expect(lintDockerfile(renderStandaloneDockerfile(template, buildStage, input))).toEqual([]);
  }
});

test('a member runs in its own directory, by the commands of the root', () => {
  const member = {
    'package.json': '{"workspaces":["apps/*"]}',
    'apps/web/package.json': '{"dependencies":{"next":"15"}}',
  };
  const dockerfile = renderRuntimeDockerfile(template, inputFor(member));
  expect(dockerfile).toContain('\nWORKDIR /app/apps/web\n');
  expect(dockerfile).toContain('\nENTRYPOINT ["../../node_modules/.bin/next","start"]\n');
});
