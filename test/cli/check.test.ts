import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

function project(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(workspace.path, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const good = `services: {web: {image: "team/web:1.0.0"}}\n`;

describe('slipway check', () => {
  it('finds nothing in a good environment, of those that have a directory', async () => {
    const root = project('good', { 'deploy/prod/web.yml': good, 'deploy/test/web.yml': good });
    expect(await slipway(['check', '--offline'], { cwd: root })).toMatchObject({
      code: 0,
      stdout: 'prod: 1 service in 1 template, nothing found\n\ntest: 1 service in 1 template, nothing found\n',
    });
  });

  it('ends with 53 where it finds an error, and with 0 where it warns', async () => {
    const root = project('bad', {
      'deploy/prod/web.yml': `services: {web: {image: "team/web:1.0.0", networks: [back]}}\n`,
      'deploy/test/web.yml': `services: {web: {image: "team/web"}}\n`,
    });
    const bad = await slipway(['check', 'prod', '--offline'], { cwd: root });
    expect([bad.code, bad.stdout]).toEqual([
      53,
      `prod: 1 service in 1 template, 1 error, 0 warnings
  error   deploy/prod/web.yml:1  missing-reference
          web uses the network 'back', which nothing declares
          Declare it under networks, 'external: true' where it exists already.
`,
    ]);
    expect(await slipway(['check', 'test', '--offline'], { cwd: root })).toMatchObject({ code: 0 });
    expect(await slipway(['check', 'prod', '--offline', '--ignore', 'missing-reference'], { cwd: root })).toMatchObject(
      {
        code: 0,
      },
    );
  });

  it('tells a broken template with its line, and looks at the others all the same', async () => {
    const root = project('broken', {
      'deploy/prod/a.yml': 'services:\n  web: {image: "x:1.0.0"\n',
      'deploy/prod/b.yml': `services: {web: {image: "team/web"}}\n`,
    });
    const ended = await slipway(['check', '--offline', '--json'], { cwd: root });
    const [environment] = JSON.parse(ended.stdout).environments;
    const told = environment.findings.map(
      (finding: { rule: string; where: string }) => `${finding.rule} ${finding.where}`,
    );
    expect([ended.code, told]).toEqual([53, ['unreadable deploy/prod/a.yml:3', 'mutable-tag deploy/prod/b.yml:1']]);
  });

  it('takes what the nodes have from the settings', async () => {
    const root = project('capacity', {
      'deploy/prod/web.yml':
        'services: {web: {image: "a:1.0.0", deploy: {replicas: 3, resources: {limits: {memory: 1G}}}}}\n',
      'slipway.yml': 'deploy: {environments: {prod: {nodes: 2, node-memory: 1g}}}\n',
    });
    expect((await slipway(['check', '--offline'], { cwd: root })).stdout).toContain(
      '1 services reserve 3.0 GiB, and 2 nodes have 2.0 GiB',
    );
  });

  it('asks each registry once for an image, and tells an absent one from one that cannot be asked', async () => {
    const asked: string[] = [];
    const server = createServer((request, reply) => {
      asked.push(`${request.method} ${request.url}`);
      reply.writeHead(request.url?.includes('/here/') ? 200 : 404, {
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
        'docker-content-digest': `sha256:${'1'.repeat(64)}`,
        'content-length': '2',
      });
      reply.end();
    });
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    onTestFinished(() => void server.close());
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const service = (name: string, image: string) => `  ${name}: {image: "${image}"}\n`;
    const root = project('images', {
      'deploy/prod/web.yml': `services:\n${service('a', `${host}/here/x:1.0.0`)}${service('b', `${host}/here/x:1.0.0`)}${service('c', `${host}/gone/x:1.0.0`)}${service('d', '127.0.0.1:1/away/x:1.0.0')}`,
    });
    const ended = await slipway(['check', '--json'], { cwd: root });
    const [environment] = JSON.parse(ended.stdout).environments;
    const told = environment.findings.map(
      (finding: { severity: string; where: string }) => `${finding.severity} ${finding.where}`,
    );
    expect([ended.code, told]).toEqual([53, ['error deploy/prod/web.yml:4', 'warning deploy/prod/web.yml:5']]);
    expect(asked.filter((line) => line.includes('/v2/here/')).length).toBe(1);
  });

  it('says where environments come from when there are none', async () => {
    const root = project('empty', { 'readme.txt': '' });
    const ended = await slipway(['check'], { cwd: root });
    expect(ended.code).toBe(50);
    expect(ended.stderr).toContain('Put templates into deploy/<name>');
  });

  it('looks over 1,000 templates', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `deploy/prod/s${index}.yml`,
        `services:\n  s${index}:\n    image: team/s${index}:1.0.${index}\n    environment: {LOG: info}\n    ports: [{target: 80, published: ${10_000 + index}, mode: host}]\n    deploy: {replicas: 2, resources: {limits: {memory: 128M}}}\n`,
      ]),
    );
    const root = project('many', files);
    const ended = await slipway(['check', '--offline'], { cwd: root });
    expect(ended.stdout).toBe('prod: 1000 services in 1000 templates, nothing found\n');
  });
});
