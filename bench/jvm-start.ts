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

/** The same service started in its three layouts: seconds until it says so itself, counted from the start of its process. */
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

/** Milliseconds, as Spring Boot prints them: `Started … in 2.1 seconds (process running for 2.6)`. */
async function startTime(image: string): Promise<number> {
  const id = spawnSync('docker', ['run', '--detach', '--memory=512m', image], { encoding: 'utf8' }).stdout.trim();
  try {
    for (let attempt = 0; attempt < 1200; attempt += 1) {
      const { stdout } = spawnSync('docker', ['logs', id], { encoding: 'utf8' });
      const seconds = /\((?:process|JVM) running for ([\d.]+)\)/.exec(stdout)?.[1];
      if (seconds !== undefined) return Number(seconds) * 1000;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${image} did not start`);
  } finally {
    spawnSync('docker', ['rm', '--force', id]);
  }
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
