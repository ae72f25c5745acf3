import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { docker } from '../support/docker.js';
import { git, makeFixtureProject } from '../support/fixture-project.js';
import { askContainer, type Container, logsOf, removeContainers, removeImages, startContainer } from './container.js';

/** What `slipway build` packs, as a cluster runs it: read-only, without privileges, told to stop. */
const cases = [
  {
    name: 'go-accountservice',
    port: '6767',
    health: '/health',
    user: '65532:65532',
    command: /^\/app$/,
    process: /^\/app$/,
    exitCode: 0,
    hasHealthcheck: false,
  },
  {
    name: 'node-gateway',
    port: '3000',
    health: '/health',
    user: '1000:1000',
    command: /^node dist\/server\.js$/,
    process: /^node dist\/server\.js$/,
    exitCode: 0,
    hasHealthcheck: true,
  },
  {
    name: 'spring-boot-quotes',
    port: '8080',
    health: '/actuator/health',
    user: '1000:1000',
    command: /^bash -c set -f; exec .* java \$JAVA_OPTS "\$@" java -jar application\.jar$/,
    process: /^java -jar application\.jar$/,
    // A JVM that a signal ended in good order says so: 128 + 15.
    exitCode: 143,
    hasHealthcheck: true,
  },
] as const;

const settings = 'build:\n  mounts: { ca: true, npmrc: true, go-env: true, maven-settings: true }\n';

/** Tools that build, what they download, and what a build is given to reach registries. */
const unwanted =
  /(^|\/)(\.npm|_cacache|\.m2|\.gradle|\.npmrc|\.netrc|settings\.xml|javac|mvn|mvnw|go\.mod|pkg\/mod|tsc|typescript|\.env|ca\.jks|slipway\/(src|work|out))(\/|$)/;

const workspace = makeWorkspace();
const mark = `slipway-test-runtime-${process.pid}`;
const containers: string[] = [];
const images: string[] = [];

afterAll(() => {
  removeContainers(containers);
  removeImages(images);
  workspace.remove();
});

describe.each(cases)('the image of $name', (one) => {
  const image = `${mark}/${one.name}:1.0.0`;
  const directory = join(workspace.path, one.name);
  // Caches belong to the origin: the next run finds them warm, and leaves no others.
  const origin = `https://git.example.com/runtime-test/${one.name}.git`;
  let container: Container;

  beforeAll(async () => {
    makeFixtureProject(one.name, directory, { files: { 'slipway.yml': settings }, tag: 'v1.0.0', origin });
    const args = ['build', directory, '--repository', `${mark}/${one.name}`, '--no-try'];
    const { code, stderr } = await slipway(args, { env: { SLIPWAY_STATE_DIRECTORY: join(workspace.path, 'state') } });
    expect({ code, stderr: code === 0 ? '' : stderr.slice(-4000) }).toEqual({ code: 0, stderr: '' });
    images.push(image);
    container = startContainer(image, one.port, [
      '--read-only',
      '--tmpfs=/tmp',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--health-interval=1s',
    ]);
    containers.push(container.id);
  }, 240_000);

  it('answers with a root filesystem that cannot be written, and without any capability', async () => {
    expect(await askContainer(container, one.health)).toMatch(/^200 .*UP/);
  });

  it('runs the service itself as process 1, and nothing as root', () => {
    const [, ...lines] = docker('top', container.id, '-eo', 'pid,uid,args').split('\n');
    const processes = lines.map((line) => line.trim().split(/\s+/));
    const first = docker('inspect', '--format', '{{.State.Pid}}', container.id);
    expect(
      processes
        .find(([pid]) => pid === first)
        ?.slice(2)
        .join(' '),
    ).toMatch(one.process);
    expect(new Set(processes.map(([, uid]) => uid))).toEqual(new Set([one.user.split(':')[0]]));
  });

  it('is found healthy by its own check, where it has one', () => {
    const { Healthcheck } = configOf(image);
    expect(Healthcheck !== undefined).toBe(one.hasHealthcheck);
    if (one.hasHealthcheck) expect(waitForHealth(container.id)).toBe('healthy');
  });

  it('says what it is', () => {
    const { User, Labels, ExposedPorts, Entrypoint, Cmd } = configOf(image);
    expect({
      User,
      Labels,
      ports: Object.keys(ExposedPorts),
      command: [...Entrypoint, ...(Cmd ?? [])].join(' '),
    }).toEqual({
      User: one.user,
      Labels: expect.objectContaining({
        'org.opencontainers.image.title': one.name,
        'org.opencontainers.image.version': '1.0.0',
        'org.opencontainers.image.revision': git(directory, 'rev-parse', 'HEAD'),
        'org.opencontainers.image.source': origin,
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      }),
      ports: [`${one.port}/tcp`],
      command: expect.stringMatching(one.command),
    });
  });

  it('has no build tool, no cache of one and nothing that the build was given', () => {
    const files = filesIn(container.id);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => unwanted.test(file) && !ofBase(file))).toEqual([]);
    expect(docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', image)).not.toMatch(/slipway-|\/slipway\//);
  });

  it('ends by itself on SIGTERM, well within the grace that a cluster gives', () => {
    const begin = Date.now();
    docker('stop', '--time', '10', container.id);
    const { ExitCode, OOMKilled } = JSON.parse(docker('inspect', '--format', '{{json .State}}', container.id));
    expect({ ExitCode, OOMKilled }, logsOf(container.id)).toEqual({ ExitCode: one.exitCode, OOMKilled: false });
    expect(Date.now() - begin).toBeLessThan(8000);
  });
});

/** npm is a part of Node's own image. */
function ofBase(file: string): boolean {
  return file.startsWith('usr/');
}

interface ImageConfig {
  readonly User: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: object;
}

function configOf(image: string): ImageConfig {
  return JSON.parse(docker('image', 'inspect', '--format', '{{json .Config}}', image));
}

function waitForHealth(id: string): string {
  let status = '';
  for (let attempt = 0; attempt < 120 && status !== 'healthy'; attempt += 1) {
    status = docker('inspect', '--format', '{{.State.Health.Status}}', id);
    if (status !== 'healthy') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
  return status;
}

function filesIn(id: string): readonly string[] {
  const { stdout } = spawnSync('sh', ['-c', `docker export ${id} | tar --list`], { encoding: 'utf8', maxBuffer: 1e8 });
  return stdout.split('\n').map((file) => file.replace(/\/$/, ''));
}
