import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cliPath, makeWorkspace } from '../support/cli.js';
import { git, makeFixtureProject } from '../support/fixture-project.js';
import { type Fixture, readFixtures } from '../support/fixtures.js';

/** The same tree gives the same bytes, whatever the host is like. */
const workspace = makeWorkspace();
afterAll(workspace.remove);

interface Host {
  readonly title: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask: string;
}

const scrambled = `--require=${resolve('test/cli/scrambled-host.cjs')}`;
const hosts: readonly Host[] = [
  { title: 'plain', env: { TZ: 'UTC', LC_ALL: 'C' }, umask: '022' },
  {
    title: 'Istanbul, private files, reversed directories',
    env: {
      TZ: 'Asia/Istanbul',
      LC_ALL: 'tr_TR.UTF-8',
      LANG: 'tr_TR.UTF-8',
      NODE_OPTIONS: scrambled,
      SCRAMBLE_SEED: '7',
    },
    umask: '077',
  },
  {
    title: 'the date line, no home, another order',
    env: {
      TZ: 'Pacific/Kiritimati',
      LC_ALL: 'sv_SE.UTF-8',
      HOME: '/nonexistent',
      NODE_OPTIONS: scrambled,
      SCRAMBLE_SEED: '424243',
      COLUMNS: '40',
    },
    umask: '002',
  },
];

/** One of each kind; `SLIPWAY_FIXTURES=all` takes all of them. */
function chosenFixtures(): readonly Fixture[] {
  const taken = readFixtures().filter(({ refusal }) => refusal === undefined);
  if (process.env.SLIPWAY_FIXTURES === 'all') return taken;
  const kinds = new Set(taken.map(({ name }) => name.split('-')[0]));
  return [...kinds].flatMap((kind) => taken.filter(({ name }) => name.split('-')[0] === kind).slice(0, 1));
}

function run(directory: string, args: readonly string[], { env, umask }: Host): string {
  const inherited = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
  const script = 'umask "$1"; shift; exec "$@"';
  const command = ['-c', script, 'sh', umask, process.execPath, cliPath, ...args, directory];
  const { status, stdout, stderr } = spawnSync('sh', command, {
    encoding: 'utf8',
    env: { ...inherited, ...env },
    maxBuffer: 1e8,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The same commit with its files made on the disk in another order, under another name. */
function remake(directory: string, elsewhere: string): void {
  mkdirSync(elsewhere, { recursive: true });
  cpSync(join(directory, '.git'), join(elsewhere, '.git'), { recursive: true });
  const files = git(directory, 'ls-files', '-z').split('\0').filter(Boolean).toReversed();
  for (const file of files) cpSync(join(directory, file), join(elsewhere, file), { recursive: true });
}

describe.each(chosenFixtures())('$name', ({ name }) => {
  it.each([
    ['the plan', ['preview', '--json']],
    ['the standalone Dockerfile', ['preview', '--standalone', '--json']],
    ['the explanation', ['explain']],
  ])(
    'gives the same bytes of %s on every host',
    (_title, args) => {
      const directory = makeFixtureProject(name, join(workspace.path, name), { tag: 'v1.2.3' });
      const elsewhere = join(workspace.path, 'other place', name);
      rmSync(elsewhere, { recursive: true, force: true });
      remake(directory, elsewhere);
      const [first = expect.fail(), ...others] = hosts;
      const expected = run(directory, args, first);
      for (const host of others)
        expect({ host: host.title, said: run(elsewhere, args, host) }).toEqual({ host: host.title, said: expected });
    },
    120_000,
  );
});

it('the scrambled host does list a directory in another order', () => {
  const list = "console.log(JSON.stringify([require('fs').readdirSync('src'), new Date().getFullYear()]))";
  const env = { ...process.env, NODE_OPTIONS: scrambled, SCRAMBLE_SEED: '7' };
  const [names, year] = JSON.parse(spawnSync(process.execPath, ['-e', list], { encoding: 'utf8', env }).stdout);
  expect(names).not.toEqual(readdirSync('src'));
  expect(names.toSorted()).toEqual(readdirSync('src').toSorted());
  expect(year).toBeGreaterThan(new Date().getFullYear() + 8);
});
