import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../src/dockerfile/parse.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { commitAll, git } from '../support/fixture-project.js';
import { makeTinyProject, writeFiles } from '../support/tiny-project.js';

const workspace = makeWorkspace();
const env = { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') };
const project = makeTinyProject(join(workspace.path, 'node'));
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const hostile = [
  'a"b\'c',
  'x\nRUN touch /pwned',
  'x"\nUSER root\nLABEL y="',
  '$(touch /pwned)',
  '`touch /pwned`',
  '${PATH}\\',
  '"; touch /pwned; #',
  '\u2028\u0085\u0007',
];

afterAll(() => workspace.remove());

function keywords(dockerfile: string): readonly string[] {
  return parseDockerfile(dockerfile).map((instruction) => instruction.keyword);
}

async function preview(directory: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await slipway(['preview', directory, ...args], { env });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

describe('hostile metadata', () => {
  it.each(hostile)('of a package adds no instruction to a Dockerfile: %j', async (text) => {
    const [runtime, standalone] = [await preview(project), await preview(project, '--standalone')];
    const scripts = { ...manifest.scripts, [text]: text, prebuild: text };
    const infected = { ...manifest, name: text, version: text, description: text, license: text, main: text, scripts };
    writeFiles(project, { 'package.json': JSON.stringify(infected) });
    const [runtimeNow, standaloneNow] = [await preview(project), await preview(project, '--standalone')];
    writeFiles(project, { 'package.json': `${JSON.stringify(manifest)}\n` });
    expect(keywords(runtimeNow)).toEqual(keywords(runtime));
    expect(keywords(standaloneNow)).toEqual(keywords(standalone));
    expect(`${runtimeNow}${standaloneNow}`).not.toContain('touch /pwned');
  });

  it('of a git branch and of a start file ends as text in the image, and runs nowhere', async () => {
    const directory = makeTinyProject(join(workspace.path, 'built'), {
      'package.json': JSON.stringify({
        ...manifest,
        name: 'a";touch$IFS/pwned;"',
        main: 'start `touch pwned`;$(touch pwned).js',
        scripts: { build: 'sh build.sh' },
      }),
      'start `touch pwned`;$(touch pwned).js': "require('./server.js');\n",
    });
    git(directory, 'checkout', '--quiet', '-b', '$(touch-pwned);`touch-pwned`"');
    const file = join(workspace.path, 'image.json');
    expect(await slipway(['build', directory, '--port', '3000', '--out', file], { env })).toMatchObject({ code: 0 });
    const { id } = JSON.parse(readFileSync(file, 'utf8'));
    expect(JSON.parse(docker('image', 'inspect', '--format', '{{json .Config.Entrypoint}}', id))).toEqual([
      'node',
      'start `touch pwned`;$(touch pwned).js',
    ]);
    const found = docker('run', '--rm', '--user', '0', '--entrypoint', 'find', id, '/', '-xdev', '-name', 'pwned');
    expect({ found, here: existsSync(join(directory, 'pwned')) }).toEqual({ found: '', here: false });
    docker('image', 'rm', '--force', id);
  });

  it('of a Go module and its main package adds no instruction to a Dockerfile', async () => {
    const directory = join(workspace.path, 'go');
    const main = 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":8080", nil) }\n';
    writeFiles(directory, { 'go.mod': 'module example.com/tiny\n\ngo 1.26\n', 'cmd/server/main.go': main });
    commitAll(directory, 'Add a server');
    const benign = [keywords(await preview(directory)), keywords(await preview(directory, '--standalone'))];
    rmSync(join(directory, 'cmd'), { recursive: true });
    writeFiles(directory, { 'cmd/$(touch pwned)`x`/main.go': main });
    for (const [index, args] of [[], ['--standalone']].entries()) {
      const { code, stdout, stderr } = await slipway(['preview', directory, ...args], { env });
      if (code === 0) expect(keywords(stdout)).toEqual(benign[index]);
      else expect({ code, stdout, said: stderr.slice(0, 9) }).toEqual({ code: 27, stdout: '', said: 'slipway: ' });
    }
  });
});
