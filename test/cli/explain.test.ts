import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/cli/explain/refusal.js';
import type { CommonOptions } from '../../src/cli/options.js';
import { executeCommand } from '../../src/cli/run-command.js';
import { settingPaths } from '../../src/settings/schema-paths.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { readFixtures } from '../support/fixtures.js';
import { writeFiles } from '../support/tiny-project.js';

const workspace = makeWorkspace();
afterAll(workspace.remove);

function project(name: string, files: Readonly<Record<string, string>>): string {
  const directory = join(workspace.path, name);
  mkdirSync(directory, { recursive: true });
  writeFiles(directory, files);
  return directory;
}

const main = 'package main\n\nfunc main() {}\n';
const mod = 'module example.com/shop\n\ngo 1.26\n';
const two = project('two', { 'go.mod': mod, 'cmd/api/main.go': main, 'cmd/worker/main.go': main });
const hostile = project('hostile', {
  'package.json': JSON.stringify({
    name: 'shop',
    engines: { node: '22' },
    scripts: { start: 'DB_PASSWORD=hunter2 node server.js \u001b[2J' },
  }),
  'package-lock.json': '{"name":"shop","lockfileVersion":3,"packages":{"":{"name":"shop"}}}',
  'server.js': 'const password = "hunter2"; require("http").createServer().listen(process.env.PORT || 3000);\n',
});

describe.each(readFixtures())('slipway explain of the fixture $name', ({ directory, refusal }) => {
  it('is one screen of 100 columns', async () => {
    const lines = (await pageOf(directory)).split('\n');
    expect(lines.length).toBeLessThanOrEqual(refusal ? 60 : 41);
    if (refusal === undefined) expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });
});

/** The page that the command would print, made in this process: a process for each fixture takes a minute. */
async function pageOf(directory: string): Promise<string> {
  const off = {
    json: false,
    dryRun: false,
    standalone: false,
    check: false,
    force: false,
    deepen: false,
    explain: false,
  };
  const options: CommonOptions = { set: [], try: true, deploy: true, quiet: true, ...off };
  try {
    return (await executeCommand('explain', directory, options)).text;
  } catch (error) {
    return error instanceof Refusal ? error.page : expect.fail(String(error));
  }
}

describe('slipway explain', () => {
  it('quotes the source line of a fact, says what will be built, and names the settings', async () => {
    const { stdout, code } = await slipway(['explain', 'fixtures/projects/spring-boot-quotes']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/java\.version +17 +pom\.xml:20 │ <java\.version>17<\/java\.version>/);
    expect(stdout).toMatch(/base +eclipse-temurin:17-jre +image\.base/);
    expect(stdout).toMatch(/health +GET \/actuator\/health, as HEALTHCHECK +health/);
    expect(stdout).toContain('slipway explain java.version');
  });

  it('is what `slipway detect` says to a person', async () => {
    const [explained, detected] = await Promise.all(
      ['explain', 'detect'].map((command) => slipway([command, 'fixtures/projects/node-gateway'])),
    );
    expect(detected).toEqual(explained);
  });

  it('names settings that there are', async () => {
    const { stdout } = await slipway(['explain', 'fixtures/projects/go-accountservice']);
    const named = [...stdout.matchAll(/ {2}([a-z]+(?:\.[a-z-]+)*)$/gm)].map((match) => match[1] ?? '');
    expect(named).toEqual(['build.image', 'image.base', 'image.platform', 'go.main', 'port', 'health', 'templates']);
    expect(named.filter((path) => !settingPaths().includes(path))).toEqual([]);
  });

  it('adds the build to the facts for a program', async () => {
    const { stdout } = await slipway(['explain', 'fixtures/projects/go-accountservice', '--json']);
    const { facts, build, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ format: 1, kind: 'go', name: 'go-accountservice', others: [] });
    expect(facts.port.value).toBe('6767');
    expect(build).toEqual({
      builder: 'golang:1.26',
      base: 'gcr.io/distroless/static-debian12:nonroot',
      platform: 'linux/amd64',
      steps: ['Download the modules', 'Compile the program'],
      entrypoint: ['/app'],
      port: 6767,
      health: '/health',
      healthcheck: null,
      user: '65532:65532',
      template: 'slipway:go/Dockerfile.ejs',
    });
  });

  it('shows no secret and no control character of the project', async () => {
    for (const args of [[], ['node.start'], ['port']]) {
      const { stdout, stderr } = await slipway(['explain', hostile, ...args]);
      expect(`${stdout}${stderr}`).not.toContain('hunter2');
      expect(`${stdout}${stderr}`).not.toContain('\u001b');
    }
  });

  it('quotes a setting where it is set', async () => {
    const own = project('own', { 'go.mod': mod, 'main.go': main, 'slipway.yml': 'go:\n  version: 1.25\n' });
    expect((await slipway(['explain', own])).stdout).toContain('slipway.yml:2 │ version: 1.25');
    const other = project('elsewhere', { 'slipway.yml': '# another file of that name\n\ngo: { version: 1.24 }\n' });
    const { stdout } = await slipway(['explain', own, '--config', join(other, 'slipway.yml')]);
    expect(stdout).toMatch(/go\.version +1\.24 +set by slipway\.yml:3/);
    expect(stdout).not.toContain('│ version: 1.25');
  });
});

describe('slipway explain FACT', () => {
  it('tells all evidence, what was not used and what sets it', async () => {
    const own = project('asked', { 'go.mod': mod, 'main.go': main, '.go-version': '1.24.1\n' });
    const { stdout } = await slipway(['explain', own, 'go.version']);
    expect(stdout).toMatch(/^go\.version is 1\.26\n {2}Version of Go\.\n/);
    expect(stdout).toContain('go.mod:3 │ go 1.26');
    expect(stdout).toContain('--set go.version=1.26');
    expect(stdout).toContain('SLIPWAY_GO_VERSION');
    expect(stdout).toContain('go:\n    version: 1.26');
  });

  it('needs no directory where the fact is of this one', async () => {
    const cwd = project('here', { 'go.mod': mod, 'main.go': main });
    const { stdout } = await slipway(['explain', 'go.main', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ format: 1, key: 'go.main', value: '.' });
  });

  it('says of a fact without a setting that it follows', async () => {
    const { stdout } = await slipway(['explain', 'fixtures/projects/node-gateway', 'node.lockfile']);
    expect(stdout).toContain('has no setting of its own');
  });

  it('names the nearest fact for one that there is not', async () => {
    const { code, stderr } = await slipway(['explain', 'fixtures/projects/node-gateway', 'node.verison']);
    expect(code).toBe(14);
    expect(stderr).toContain('Did you mean node.version?');
  });
});

describe('a refusal', () => {
  it('shows the choice ready to be copied, and what was copied works', async () => {
    const { code, stdout, stderr } = await slipway(['explain', two]);
    expect({ code, stdout }).toEqual({ code: 22, stdout: '' });
    expect(stderr).toContain('Seen: go.mod (Go).');
    const command = /^ {4}slipway (explain .*)$/m.exec(stderr)?.[1] ?? expect.fail(stderr);
    expect((await slipway(command.split(' '), { cwd: two })).code).toBe(0);
    const yaml = /in slipway\.yml:\n([\s\S]*)$/.exec(stderr)?.[1] ?? expect.fail(stderr);
    writeFiles(two, { 'slipway.yml': yaml.replaceAll(/^ {4}/gm, '') });
    expect((await slipway(['detect', two])).code).toBe(0);
  });

  it('of a directory without a project suggests no setting', async () => {
    const empty = project('empty', { 'notes.txt': 'x' });
    const { code, stderr } = await slipway(['explain', empty]);
    expect(code).toBe(20);
    expect(stderr).not.toContain('slipway.yml');
  });
});
