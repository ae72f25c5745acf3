import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, makeFixtureProject } from '../test/support/fixture-project.js';
import { type Figure, type Measured, measureInTurn, type Subject, timeProcess } from './measure.js';

const service = 'spring-boot-quotes';
const mounts = 'build:\n  mounts: { ca: true, maven-settings: true }\n';
const plugin = '<artifactId>spring-boot-maven-plugin</artifactId>';
/** Leaves the archive as it is, to be started by Spring Boot's own launcher. */
const launched = `${plugin}\n        <configuration>\n          <layout>ZIP</layout>\n        </configuration>`;

/** The same service started in its three layouts, until its context is refreshed. */
export async function benchJvmStart(cli: string, workspace: string, rounds: number): Promise<readonly Figure[]> {
  const images = [
    { name: 'launcher', image: build(cli, workspace, 'launcher', mounts, launched) },
    { name: 'extracted', image: build(cli, workspace, 'extracted', mounts, plugin) },
    { name: 'archive', image: build(cli, workspace, 'archive', `${mounts}java:\n  cds: true\n`, plugin) },
  ];
  const subjects = images.map(({ name, image }): Subject => ({ name, run: () => startTime(image) }));
  const [launcher, extracted, archive] = await measureInTurn(subjects, rounds);
  for (const { image } of images) spawnSync('docker', ['rmi', '--force', image]);
  if (!launcher || !extracted || !archive) throw new Error('nothing was measured');
  return [
    figure('start in the extracted layout / by the launcher of the unpacked archive', extracted, launcher, 1),
    figure('start with `java.cds` / in the extracted layout', archive, extracted, 0.8),
  ];
}

function build(cli: string, workspace: string, name: string, settings: string, pluginText: string): string {
  const directory = join(workspace, `jvm-${name}`);
  makeFixtureProject(service, directory, {
    files: {
      'slipway.yml': settings,
      'pom.xml': readFileSync(`fixtures/projects/${service}/pom.xml`, 'utf8').replace(plugin, pluginText),
    },
    origin: `https://git.example.com/bench/${service}.git`,
  });
  git(directory, 'tag', 'v1.0.0');
  const repository = `slipway-bench-jvm/${name}`;
  timeProcess(process.execPath, [cli, 'build', directory, '--repository', repository, '--no-try', '--quiet']);
  return `${repository}:1.0.0`;
}

const runAndTell = '"$@" > /dev/null 2>&1; times';

/** Milliseconds of processor time that the image's own command takes: a busy machine changes it least. */
function startTime(image: string): number {
  const inspected = spawnSync('docker', ['inspect', '--format', '{{json .Config.Entrypoint}}', image], {
    encoding: 'utf8',
  });
  const command = JSON.parse(inspected.stdout) as readonly string[];
  const options = ['--rm', '--memory=512m', '--env=JAVA_OPTS=-Dspring.context.exit=onRefresh', '--entrypoint=bash'];
  const args = ['run', ...options, image, '-c', runAndTell, 'bench', ...command];
  const { stdout } = spawnSync('docker', args, { encoding: 'utf8' });
  const times = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  if (times.length !== 2) throw new Error(`${image} did not start: ${stdout}`);
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0);
}

function figure(what: string, one: Measured, other: Measured, aim: number): Figure {
  const ratio = one.median / other.median;
  const seconds = ({ median }: Measured): string => `${(median / 1000).toFixed(2)} s`;
  return {
    what,
    measured: `${seconds(one)} / ${seconds(other)}`,
    ratio: ratio.toFixed(2),
    aim: `≤ ${aim}`,
    met: ratio <= aim,
  };
}
