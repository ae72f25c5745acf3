import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { lintDockerfile, parseDockerfile } from '../../src/dockerfile/index.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { git, makeFixtureProject } from '../support/fixture-project.js';

const workspace = makeWorkspace();
const project = join(workspace.path, 'gateway');
const dockerfile = join(project, 'Dockerfile');
const origin = 'https://git.example.com/shop/gateway.git';
afterAll(() => workspace.remove());
beforeEach(() => {
  makeFixtureProject('node-gateway', project, { origin });
});

async function eject(...args: readonly string[]) {
  const { code, stdout } = await slipway(['eject', project, '--json', ...args]);
  return { code, said: JSON.parse(stdout) };
}

describe('slipway eject', () => {
  it('writes both files, and nothing the second time', async () => {
    expect(await eject()).toEqual({ code: 0, said: { format: 1, written: ['Dockerfile', '.dockerignore'] } });
    expect(await eject()).toEqual({ code: 0, said: { format: 1, written: [] } });
    expect(await eject('--check')).toEqual({ code: 0, said: { format: 1, outdated: [] } });
  });

  it('explains each part, and writes what every builder reads and our linter would not send back', async () => {
    await eject();
    const text = readFileSync(dockerfile, 'utf8');
    expect(parseDockerfile(text).filter(({ keyword }) => keyword === 'FROM')).toHaveLength(2);
    expect(text.split('\n').filter((line) => line.startsWith('# ')).length).toBeGreaterThan(12);
    expect(text).not.toMatch(/^# *\w+ *=/m);
    // A version is what a build adds: the file itself is the same for every commit.
    expect(lintDockerfile(text).map(({ rule, message }) => [rule, message])).toEqual([
      ['labels', 'The final stage has no label org.opencontainers.image.version.'],
    ]);
  });

  it('writes the same for every commit and every clone', async () => {
    await eject();
    git(project, 'remote', 'set-url', 'origin', 'git@git.example.com:shop/gateway.git');
    git(project, 'add', '--all');
    git(project, 'commit', '--quiet', '--message', 'Eject');
    git(project, 'tag', 'v3.0.0');
    expect(await eject('--check')).toMatchObject({ code: 0 });
  });
});

describe('slipway eject --check', () => {
  it('names the file and the line that drifted, with exit code 26, and changes nothing', async () => {
    await eject();
    const drifted = readFileSync(dockerfile, 'utf8').replace(
      'FROM node:22-slim AS build',
      'FROM node:20-slim AS build',
    );
    writeFileSync(dockerfile, drifted);
    expect(await eject('--check')).toMatchObject({
      code: 26,
      said: { error: { message: 'Dockerfile differs from what Slipway would write', where: 'Dockerfile:7' } },
    });
    expect(readFileSync(dockerfile, 'utf8')).toBe(drifted);
  });

  it('finds a file that is not there', async () => {
    await eject();
    rmSync(join(project, '.dockerignore'));
    expect(await eject('--check')).toMatchObject({
      code: 26,
      said: { error: { where: '.dockerignore, which is not there' } },
    });
  });

  it('passes over line ends that git changed', async () => {
    await eject();
    writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8').replaceAll('\n', '\r\n'));
    expect(await eject('--check')).toMatchObject({ code: 0 });
  });
});

it('slipway eject refuses to overwrite a Dockerfile of somebody else, unless it is forced', async () => {
  writeFileSync(dockerfile, 'FROM scratch\n');
  expect(await eject()).toMatchObject({ code: 14, said: { error: { code: 'settings.usage' } } });
  expect(readFileSync(dockerfile, 'utf8')).toBe('FROM scratch\n');
  expect(await eject('--force')).toMatchObject({ code: 0 });
});
