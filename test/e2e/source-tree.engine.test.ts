import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { followToEnd } from '../support/ended.js';
import { git } from '../support/fixture-project.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const env = { SLIPWAY_STATE_DIRECTORY: state };

afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', workspace.path]);
  workspace.remove();
});

/** A build script that writes all over its working directory. */
const messy =
  'echo "$(id -u)" > out.txt\nmkdir -p build tmp\nrm server.js.bak\nprintf "\\n" >> package.json\nchmod 600 out.txt\n';

describe('slipway build', () => {
  it('leaves the developer’s tree as it was, whatever the build does in its copy', async () => {
    const directory = makeTinyProject(join(workspace.path, 'messy'), { 'build.sh': messy, 'server.js.bak': 'old\n' });
    const before = snapshot(directory);
    for (const transfer of ['mount', 'stream']) {
      expect(await slipway(['build', directory, '--transfer', transfer], { env })).toMatchObject({ code: 0 });
      expect(snapshot(directory)).toEqual(before);
    }
    expect(git(directory, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it('builds the same project twice at once: both get the same image, and the cache stays whole', async () => {
    const directory = makeTinyProject(join(workspace.path, 'twice'), { 'build.sh': 'sleep 1; npm cache verify\n' });
    const file = (name: string): string => join(workspace.path, `${name}.json`);
    const build = (name: string): Promise<Ended> => slipway(['build', directory, '--out', file(name)], { env });
    const both = await Promise.all([build('one'), build('two')]);
    expect(both).toMatchObject([{ code: 0 }, { code: 0 }]);
    const [one, two] = ['one', 'two'].map((name) => JSON.parse(readFileSync(file(name), 'utf8')));
    expect(layersOf(two.id)).toEqual(layersOf(one.id));
    expect(await build('three')).toMatchObject({ code: 0, stderr: expect.stringContaining('Cache verified') });
    expect(leftBehind(state)).toEqual(nothing);
  });

  it('works for a user who is not root on a tree that cannot be written, and what it writes is that user’s', async () => {
    const home = join(workspace.path, 'home');
    const directory = makeTinyProject(join(home, 'tiny'));
    giveTo(1000, home);
    chmodSync(workspace.path, 0o755);
    execFileSync('chmod', ['-R', 'a-w', directory]);
    const file = join(home, 'out', 'image.json');
    mkdirSync(join(home, 'out'));
    chownSync(join(home, 'out'), 1000, 1000);
    const ended = await runAs(1000, ['build', directory, '--transfer', 'mount', '--out', file], home);
    expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
    rmdirSync(join(home, 'checkout'));
    expect(ownersBelow(home)).toEqual(['1000:1000']);
    expect(readdirSync(join(home, '.cache/slipway/runs'))).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 1, kind: 'node' });
  });
});

function layersOf(image: string): readonly string[] {
  return JSON.parse(docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image));
}

/** Every path with its mode, its time and, of a file, its text. */
function snapshot(directory: string): Readonly<Record<string, string>> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.startsWith('.git'),
  );
  return Object.fromEntries(
    paths.map((path) => {
      const found = statSync(join(directory, path));
      const text = found.isFile() ? readFileSync(join(directory, path), 'utf8') : '';
      return [path, `${found.mode.toString(8)} ${found.uid} ${found.mtimeMs} ${text}`];
    }),
  );
}

function giveTo(user: number, directory: string): void {
  execFileSync('chown', ['-R', `${user}:${user}`, directory]);
}

function ownersBelow(directory: string): readonly string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) => join(directory, path));
  return [...new Set(paths.map((path) => lstatSync(path)).map(({ uid, gid }) => `${uid}:${gid}`))];
}

/**
 * Run Slipway as that user, who may use the engine's socket. The checkout may be closed to others (root's home): it is
 * shown to the process below the given directory.
 */
function runAs(user: number, args: readonly string[], home: string): Promise<Ended> {
  const checkout = join(home, 'checkout');
  mkdirSync(checkout);
  const group = statSync('/var/run/docker.sock').gid;
  const script = 'mount --bind "$1" "$2" && shift 2 && exec setpriv "$@"';
  const as = ['--reuid', `${user}`, '--regid', `${user}`, '--groups', `${group}`];
  const command = [process.execPath, join(checkout, 'dist/cli/main.js'), ...args];
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', resolve('.'), checkout, ...as, ...command], {
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return followToEnd(child);
}
