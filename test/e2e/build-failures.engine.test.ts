import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { manifestDigest } from '../ci/login-registry.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { testRegistry } from '../support/engine-state.js';
import { git } from '../support/fixture-project.js';
import { leftBehind, nothing } from '../support/left-behind.js';
import { makeTinyProject } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const state = join(workspace.path, 'state');
const env = { SLIPWAY_STATE_DIRECTORY: state };

afterAll(() => workspace.remove());

function project(name: string, files: Readonly<Record<string, string>>): string {
  return makeTinyProject(join(workspace.path, name), files);
}

describe('slipway build', () => {
  it('ends with the last lines and the exit code of a build command that fails, its container gone', async () => {
    const directory = project('failing', { 'build.sh': 'echo compiling\necho "line 7: no such thing" >&2\nexit 3\n' });
    const { code, stdout, stderr } = await slipway(['build', directory, '--json'], { env });
    const { error } = JSON.parse(stdout);
    expect({ code, error: error.code, message: error.message }).toEqual({
      code: 31,
      error: 'build.command-failed',
      message: 'Build ended with exit code 3',
    });
    expect(error.lastLines).toEqual(expect.arrayContaining(['compiling', 'line 7: no such thing']));
    expect(stderr).toContain('    | line 7: no such thing\n');
    expect(leftBehind(state)).toEqual(nothing);
    expect(git(directory, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it('names a declared output that the build did not leave', async () => {
    const directory = project('outputless', {});
    const file = join(workspace.path, 'plan.json');
    expect(await slipway(['preview', directory, '--out', file], { env })).toMatchObject({ code: 0 });
    const plan = JSON.parse(readFileSync(file, 'utf8'));
    plan.builder.outputs.push({ from: 'dist/report.txt', to: 'report', type: 'file' });
    writeFileSync(file, JSON.stringify(plan));
    const { code, stderr } = await slipway(['build', directory, '--plan', file], { env });
    expect(code).toBe(32);
    expect(stderr).toContain('slipway: The build did not leave dist/report.txt; ');
    expect(leftBehind(state)).toEqual(nothing);
  });

  it('ends a build that takes too long, with what it printed last', async () => {
    const directory = project('endless', { 'build.sh': 'echo waiting for the lock\nsleep 300\n' });
    const started = performance.now();
    const { code, stderr } = await slipway(['build', directory, '--timeout', '4s'], { env });
    expect(code).toBe(33);
    expect(stderr).toContain('slipway: The build took longer than 4 s\n');
    expect(stderr).toContain('    | waiting for the lock\n');
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(leftBehind(state)).toEqual(nothing);
  });

  it('shows the last lines of an image that ends at once, and of one that never answers, and pushes neither', async () => {
    const ending = project('ending', {
      'server.js':
        "if (false) require('http').createServer().listen(3000);\nconsole.log('no database'); process.exit(5);\n",
    });
    const repository = `e2e-${process.pid}/ending`;
    const ship = ['ship', ending, '--repository', `${testRegistry()}/${repository}`];
    const ended = await slipway(ship, { env });
    expect(ended.code).toBe(37);
    const [tag] = JSON.parse((await slipway(['preview', ending, '--json'], { env })).stdout).version.tags;
    expect(await manifestDigest(testRegistry(), repository, tag)).toBe(undefined);
    expect(ended.stderr).toContain('ended with exit code 5 before it answered on port 3000');
    expect(ended.stderr).toContain('    | no database\n');
    const deaf = project('deaf', {
      'server.js':
        "console.log('warming up'); require('http').createServer((q, s) => s.writeHead(503).end()).listen(3000);\n",
      'slipway.yml': 'health: /healthz\ntry: { timeout: 3s }\n',
    });
    const silent = await slipway(['build', deaf], { env });
    expect(silent.code).toBe(37);
    expect(silent.stderr).toContain(
      'did not answer to GET /healthz on port 3000 within 3 s (last answer: HTTP/1.1 503 Service Unavailable)',
    );
    expect(silent.stderr).toContain('    | warming up\n');
    expect(leftBehind(state)).toEqual(nothing);
  });
});
