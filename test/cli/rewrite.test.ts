import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { secretLines } from '../../src/cli/secret-lines.js';
import { makeWorkspace, slipway } from '../support/cli.js';

const workspace = makeWorkspace();
afterAll(workspace.remove);

const old = 'registry.example.com/team/web:1.0.0';
const image = 'registry.example.com/team/web:1.1.0';
const stack = `services:\r\n  web:\r\n    image: ${old} # ours\r\n    environment:\r\n      DB_PASSWORD: hunter2\r\n  worker:\r\n    image: ${old}`;

function file(name: string, text: string): string {
  const path = join(workspace.path, name);
  writeFileSync(path, text);
  return path;
}

async function refusal(args: readonly string[]) {
  const { code, stdout } = await slipway(['rewrite', ...args, '--json']);
  return { code, ...JSON.parse(stdout).error };
}

describe('slipway rewrite', () => {
  it('prints the new text, byte for byte the old one but for the image, and leaves the file', async () => {
    const path = file('stack.yml', stack);
    const { code, stdout } = await slipway(['rewrite', path, '--service', 'web', '--image', image]);
    expect([code, stdout]).toEqual([0, stack.replace(old, image)]);
    expect(readFileSync(path, 'utf8')).toBe(stack);
  });

  it('prints the same text where the image is the same, and an empty diff', async () => {
    const path = file('same.yml', stack);
    const same = await slipway(['rewrite', path, '--service', 'web', '--image', old]);
    const diff = await slipway(['rewrite', path, '--service', 'web', '--image', old, '--diff']);
    expect([same.code, same.stdout, diff.code, diff.stdout]).toEqual([0, stack, 0, '']);
  });

  it('says what changed as JSON', async () => {
    const path = file('json.yml', stack);
    const { stdout } = await slipway([
      'rewrite',
      path,
      '--service',
      'worker',
      '--image',
      image,
      '--set',
      'instances=2',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toEqual({
      format: 1,
      file: path,
      target: 'swarm',
      service: 'worker',
      changes: [
        { path: 'image', line: 7, before: old, after: image },
        { path: 'instances', line: 9, after: '2' },
      ],
      text: `${stack.slice(0, -old.length)}${image}\r\n    deploy:\r\n      replicas: 2`,
    });
  });

  it('replaces the file behind a link in one step, and keeps its mode', async () => {
    const path = file('written.yml', stack);
    chmodSync(path, 0o640);
    const link = join(workspace.path, 'link.yml');
    symlinkSync('written.yml', link);
    const { code, stdout } = await slipway(['rewrite', link, '--service', 'web', '--image', image, '--write']);
    expect([code, stdout, readFileSync(path, 'utf8')]).toEqual([0, '', stack.replace(old, image)]);
    expect([statSync(path).mode & 0o777, lstatSync(link).isSymbolicLink()]).toEqual([0o640, true]);
    expect(readdirSync(workspace.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('masks a secret in a diff, where it is around a change and where it is the change', async () => {
    const path = file('secret.yml', stack);
    const { stdout } = await slipway([
      'rewrite',
      path,
      '--service',
      'web',
      '--set',
      'env.DB_PASSWORD=correct horse',
      '--diff',
    ]);
    expect(stdout.split('\n').filter((line) => /PASSWORD/.test(line))).toEqual([
      '-      DB_PASSWORD: ***\r',
      '+      DB_PASSWORD: ***\r',
    ]);
    const { stdout: around } = await slipway(['rewrite', path, '--service', 'web', '--image', image, '--diff']);
    expect(around).toContain(' DB_PASSWORD: ***');
    expect(around).not.toContain('hunter2');
  });

  it('prints nothing where none or several match, with a code of the deploy stage', async () => {
    const path = file('several.yml', stack);
    const both = await slipway(['rewrite', path, '--image', image]);
    const none = await slipway(['rewrite', path, '--image', 'registry.example.com/team/other:1']);
    const unknown = await slipway(['rewrite', path, '--image', image, '--service', 'wbe']);
    expect([both, none, unknown].map(({ code, stdout }) => [code, stdout])).toEqual([
      [52, ''],
      [51, ''],
      [51, ''],
    ]);
    expect(unknown.stderr).toContain("is 'web' meant?");
    expect((await refusal([path, '--image', image])).candidates).toEqual([
      `web (${path}:3, image ${old})`,
      `worker (${path}:7, image ${old})`,
    ]);
  });

  it('names the file beside it that fills a placeholder in', async () => {
    const path = file('filled.yml', 'services:\n  web:\n    image: registry.example.com/team/web:${TAG:-1}\n');
    file('.env', '# TAG=0\nexport TAG=1.0.0\n');
    expect(await refusal([path, '--image', image])).toMatchObject({
      code: 'deploy.template-invalid',
      where: `${path}:3`,
      remedy: 'Set it where it is defined: TAG (.env:2).',
    });
  });

  it('takes standard input, and refuses to write it back', () => {
    const cli = [process.execPath, 'dist/cli/main.js', 'rewrite', '-', '--image', image];
    const [node = '', ...args] = cli;
    const app = `{"id": "/web", "container": {"docker": {"image": "${old}"}}}`;
    const { status, stdout } = spawnSync(node, args, { input: app, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, app.replace(old, image)]);
    expect(spawnSync(node, [...args, '--write'], { input: app, encoding: 'utf8' }).status).toBe(14);
  });

  it('refuses what is no template, a file that is not there, and nothing to set', async () => {
    const values = file('other.yaml', 'image:\n  repository: a\n  tag: "1"\n');
    expect((await slipway(['rewrite', values, '--image', 'a:2'])).code).toBe(50);
    expect((await slipway(['rewrite', values, '--image', 'a:2', '--format', 'helm'])).stdout).toBe(
      'image:\n  repository: a\n  tag: "2"\n',
    );
    expect((await slipway(['rewrite', join(workspace.path, 'none.yml'), '--image', 'a:2'])).code).toBe(50);
    expect((await slipway(['rewrite', values, '--format', 'helm'])).code).toBe(14);
  });
});

describe('lines of a template for a screen', () => {
  it('have no secrets: in maps, lists of pairs, and lists of names and values', () => {
    const text =
      'env:\n  - name: API_TOKEN\n    value: "abc"\n  - name: MODE\n    value: prod\nother:\n  - SECRET_KEY=abc\n  - MODE=x\nurl: https://me:pw@example.com\nfrom: {TOKEN: 5}\n';
    const shown = secretLines('a.yml', text);
    expect(
      text
        .split('\n')
        .map((line, index) => shown(index + 1, line))
        .join('\n'),
    ).toBe(
      'env:\n  - name: API_TOKEN\n    value: "***"\n  - name: MODE\n    value: prod\nother:\n  - SECRET_KEY=***\n  - MODE=x\nurl: https://me:***@example.com\nfrom: {TOKEN: ***}\n',
    );
    const json = '{"env": [{"name": "DB_PASSWORD", "value": "abc"}], "token": "x"}';
    expect(secretLines('a.json', json)(1, json)).toBe(
      '{"env": [{"name": "DB_PASSWORD", "value": "***"}], "token": "***"}',
    );
  });
});
