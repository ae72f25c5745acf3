import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseDockerfile } from '../../src/dockerfile/index.js';
import { makeWorkspace, slipway } from '../support/cli.js';
import { makeFixtureProject } from '../support/fixture-project.js';

const workspace = makeWorkspace();
const project = makeFixtureProject('go-accountservice', join(workspace.path, 'accounts'), { tag: 'v1.2.3' });
afterAll(workspace.remove);

describe('slipway detect', () => {
  it('prints one object of format 1, with evidence for each fact', async () => {
    const { code, stdout, stderr } = await slipway(['detect', project, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const detected = JSON.parse(stdout);
    expect(detected).toMatchObject({ format: 1, kind: 'go', name: 'go-accountservice', others: [] });
    expect(detected.facts['go.version']).toEqual({
      value: '1.26',
      from: [{ file: 'go.mod', line: 3, because: 'go 1.26' }],
      rejected: [],
    });
  });

  it('tells a person what it is and why, with the lines', async () => {
    const { stdout } = await slipway(['detect', project]);
    expect(stdout).toContain('go-accountservice is a go project');
    expect(stdout).toContain('go.mod:3 │ go 1.26');
  });

  it('says in an empty directory what it looked for, with exit code 20', async () => {
    const empty = join(workspace.path, 'empty');
    mkdirSync(empty);
    const { code, stdout, stderr } = await slipway(['detect', '--json'], { cwd: empty });
    expect(code).toBe(20);
    expect(stderr).toMatch(/^slipway: No project found: looked for /);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      error: { code: 'detect.nothing-found', where: 'empty', candidates: [] },
    });
  });

  it('lists two kinds that are equally good, with exit code 21', async () => {
    const both = makeFixtureProject('go-accountservice', join(workspace.path, 'both'), {
      files: { 'pom.xml': readFileSync('fixtures/projects/spring-boot-quotes/pom.xml', 'utf8') },
    });
    const { code, stdout, stderr } = await slipway(['detect', both, '--json']);
    expect(code).toBe(21);
    expect(JSON.parse(stdout).error.candidates).toEqual(['spring-boot', 'go']);
    expect(stderr).toContain('--kind');
    expect((await slipway(['detect', both, '--kind', 'go', '--json'])).code).toBe(0);
  });
});

describe('slipway preview', () => {
  it('prints the Dockerfile alone on stdout', async () => {
    const { code, stdout } = await slipway(['preview', project]);
    expect(code).toBe(0);
    expect(parseDockerfile(stdout).map((instruction) => instruction.keyword)[0]).toBe('FROM');
    expect(stdout).toContain('org.opencontainers.image.version="1.2.3"');
  });

  it('prints a multi-stage Dockerfile with --standalone', async () => {
    const { stdout } = await slipway(['preview', project, '--standalone']);
    expect(parseDockerfile(stdout).filter((instruction) => instruction.keyword === 'FROM')).toHaveLength(2);
  });

  it('prints and writes the same plan, which holds no path of this machine', async () => {
    const file = join(workspace.path, 'plan.json');
    const { stdout } = await slipway(['preview', project, '--json', '--out', file]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    expect(stdout).not.toContain(workspace.path);
    expect(JSON.parse(stdout)).toMatchObject({ format: 1, version: { version: '1.2.3', tags: ['1.2.3'] } });
  });

  it('gives the same bytes twice, and wherever the tree lies', async () => {
    const elsewhere = makeFixtureProject('go-accountservice', join(workspace.path, 'deep/er/accounts'), {
      tag: 'v1.2.3',
    });
    const [first, second] = await Promise.all([
      slipway(['preview', project]),
      slipway(['preview', elsewhere], { env: { TZ: 'Asia/Kolkata', LC_ALL: 'C' } }),
    ]);
    expect(second.stdout).toBe(first.stdout);
  });
});

describe('settings', () => {
  it('come from flags before the environment before the file', async () => {
    const own = makeFixtureProject('go-accountservice', join(workspace.path, 'settings'), {
      files: { 'slipway.yml': 'name: from-file\nport: 7001\nimage:\n  registry: file.example.com\n' },
    });
    const { stdout } = await slipway(['preview', own, '--json', '--registry', 'flag.example.com'], {
      env: { SLIPWAY_IMAGE_REGISTRY: 'environment.example.com', SLIPWAY_NAME: 'from-environment' },
    });
    const plan = JSON.parse(stdout);
    expect(plan.image.repository).toBe('flag.example.com/from-environment');
    expect(plan.project.facts.port.value).toBe('7001');
  });

  it('name the nearest key for one that is not known, with file, line and exit code 11', async () => {
    const own = join(workspace.path, 'unknown-key');
    mkdirSync(own);
    writeFileSync(join(own, 'slipway.yml'), 'image:\n  registri: x\n');
    const { code, stderr } = await slipway(['detect'], { cwd: own });
    expect(code).toBe(11);
    expect(stderr).toContain('slipway.yml:2');
    expect(stderr).toContain('registry');
  });
});

describe('eject', () => {
  it('writes a Dockerfile and a .dockerignore, knows when they are out of date, and overwrites none that it did not write', async () => {
    const own = makeFixtureProject('go-accountservice', join(workspace.path, 'eject'));
    expect((await slipway(['eject', own, '--check'])).code).toBe(26);
    expect((await slipway(['eject', own])).stdout).toBe('Wrote Dockerfile and .dockerignore.\n');
    expect((await slipway(['eject', own, '--check'])).code).toBe(0);
    writeFileSync(join(own, 'Dockerfile'), 'FROM scratch\n');
    expect((await slipway(['eject', own])).code).toBe(14);
    expect(readFileSync(join(own, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n');
  });
});

describe('the command line', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await slipway(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('shows help with examples on stdout', async () => {
    const { code, stdout } = await slipway(['ship', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
  });

  it.each([
    [['shipp'], 14],
    [['ship', '--registri', 'x'], 14],
    [['detect', 'no/such/directory'], 14],
    [['deploy'], 14],
    [['ship', '.', '--transfer', 'pigeon'], 14],
  ])('refuses %j with a message and exit code %i', async (args, expected) => {
    const { code, stdout, stderr } = await slipway([...args, '--json']);
    expect(code).toBe(expected);
    expect(stderr).not.toBe('');
    expect(JSON.parse(stdout).error.code).toBe('settings.usage');
  });

  it('says what to do when a push has no registry', async () => {
    const { code, stderr } = await slipway(['ship', project]);
    expect(code).toBe(47);
    expect(stderr).toContain('--registry');
  });

  it('says that no engine answers, and where it looked', async () => {
    const { code, stderr } = await slipway(['build', project], { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
    expect(code).toBe(30);
    expect(stderr).toContain('unix:///nowhere/docker.sock');
  });

  it('refuses a plan file that was cut short, and one of another commit', async () => {
    const file = join(workspace.path, 'cut.json');
    writeFileSync(file, '{"format":1,');
    expect((await slipway(['build', project, '--plan', file])).code).toBe(13);
    const other = makeFixtureProject('go-accountservice', join(workspace.path, 'other'), {
      files: { 'more.txt': 'more' },
      tag: 'v9.9.9',
    });
    await slipway(['preview', other, '--out', file]);
    const { code, stderr } = await slipway(['build', project, '--plan', file]);
    expect(code).toBe(13);
    expect(stderr).toContain('Check out the commit of the plan');
  });
});

describe('deploy templates in the project itself', () => {
  const stack = 'services:\n  accounts:\n    image: registry.example.com/go-accountservice:0.0.1\n';
  const files = {
    'slipway.yml': 'image:\n  registry: registry.example.com\ndeploy:\n  environments:\n    test: {}\n    prod: {}\n',
    'deploy/prod/shop.yml': stack,
    'deploy/test/shop.yml': stack,
  };
  const own = makeFixtureProject('go-accountservice', join(workspace.path, 'own-templates'), { files, tag: 'v1.0.0' });

  it('are found by the image that they run, for the environment that is named', async () => {
    const { stdout } = await slipway(['preview', own, '--json', '--env', 'prod']);
    expect(JSON.parse(stdout).deployments).toMatchObject([
      { environment: 'prod', target: 'swarm', template: 'deploy/prod/shop.yml', service: 'accounts' },
    ]);
  });

  it('are left alone by a preview while no environment is chosen, and refused by ship', async () => {
    expect(JSON.parse((await slipway(['preview', own, '--json'])).stdout).deployments).toEqual([]);
    const { code, stdout } = await slipway(['ship', own, '--json']);
    expect(code).toBe(10);
    expect(JSON.parse(stdout).error.candidates).toEqual(['test', 'prod']);
  });

  it('do not change the version when the last release was written into them', async () => {
    writeFileSync(join(own, 'deploy/prod/shop.yml'), stack.replace('0.0.1', '1.0.0'));
    expect(JSON.parse((await slipway(['preview', own, '--json'])).stdout).version.version).toBe('1.0.0');
  });
});
