import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';

const workspace = makeWorkspace();
afterAll(() => workspace.remove());

function project(name: string, more: Readonly<Record<string, string>> = {}): string {
  const root = join(workspace.path, name);
  mkdirSync(root, { recursive: true });
  const files = {
    'go.mod': 'module example.com/accounts\n\ngo 1.24\n',
    'main.go':
      'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.HandleFunc("/health", nil)\n\thttp.ListenAndServe(":6767", nil)\n}\n',
    ...more,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  return root;
}

describe('slipway init', () => {
  it('writes a template that check finds nothing in and that a deployment finds the service in', async () => {
    const root = project('accounts');
    const ended = await slipway(['init', '--deploy', 'swarm', '--registry', 'registry.example.com/team'], {
      cwd: root,
    });
    expect([ended.code, ended.stdout.split('\n')[0]]).toEqual([
      0,
      'Wrote deploy/prod/accounts.yml: look at it, and commit it.',
    ]);
    const text = readFileSync(join(root, 'deploy/prod/accounts.yml'), 'utf8');
    expect(text).toContain('image: registry.example.com/team/accounts:0.0.0');
    expect(text).toContain('published: 6767');
    expect((await slipway(['check', '--offline'], { cwd: root })).stdout).toBe(
      'prod: 1 service in 1 template, nothing found\n',
    );
    const planned = await slipway(
      ['ship', '--dry-run', '--json', '--env', 'prod', '--registry', 'registry.example.com/team'],
      { cwd: root },
    );
    expect(JSON.parse(planned.stdout).deployments).toMatchObject([
      { target: 'swarm', template: 'deploy/prod/accounts.yml', service: 'accounts' },
    ]);
  });

  it('overwrites nothing but by force, and writes nothing in a dry run', async () => {
    const root = project('again');
    const dry = await slipway(['init', '--deploy', 'marathon', '--dry-run'], { cwd: root });
    expect([dry.code, existsSync(join(root, 'deploy'))]).toEqual([0, false]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ id: '/accounts', mem: 128, healthChecks: [{ path: '/health' }] });
    const init = ['init', '--deploy', 'marathon'];
    expect(await slipway(init, { cwd: root })).toMatchObject({ code: 0 });
    writeFileSync(join(root, 'deploy/prod/accounts.json'), '{}\n');
    const refused = await slipway(init, { cwd: root });
    expect([refused.code, refused.stderr]).toEqual([14, expect.stringContaining('is there already')]);
    expect(readFileSync(join(root, 'deploy/prod/accounts.json'), 'utf8')).toBe('{}\n');
    expect(await slipway([...init, '--force'], { cwd: root })).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, 'deploy/prod/accounts.json'), 'utf8')).toBe(dry.stdout);
  });

  it('names the targets where another is asked for, and leaves a repository of templates alone', async () => {
    const root = project('other');
    const unknown = await slipway(['init', '--deploy', 'nomad'], { cwd: root });
    expect([unknown.code, unknown.stderr]).toEqual([14, expect.stringContaining('- kubernetes')]);
    const elsewhere = project('elsewhere', {
      'slipway.yml': 'deploy: {repository: https://git.example.com/deploy.git}\n',
    });
    const refused = await slipway(['init', '--deploy', 'swarm'], { cwd: elsewhere });
    expect([refused.code, existsSync(join(elsewhere, 'deploy'))]).toEqual([14, false]);
  });
});
