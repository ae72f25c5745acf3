import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The commit time of every fixture repository, so that the same files make the same commit. */
const commitTime = '2026-01-02T03:04:05Z';

export interface FixtureOptions {
  /** Files that replace or join those of the fixture. */
  readonly files?: Readonly<Record<string, string>>;
  /** A tag on the commit. */
  readonly tag?: string;
  /** URL of the remote `origin`; one name for all tests, so that they share a project's dependency caches. */
  readonly origin?: string;
}

/** Copy a fixture of `fixtures/projects` to a directory, as a git repository with one commit. Returns the directory. */
export function makeFixtureProject(name: string, directory: string, options: FixtureOptions = {}): string {
  rmSync(directory, { recursive: true, force: true });
  cpSync(join(repositoryRoot(), 'fixtures/projects', name), directory, {
    recursive: true,
    filter: (source) => !/\/(expected|node_modules|target|dist)$/.test(source),
  });
  for (const [path, text] of Object.entries(options.files ?? {})) writeFile(join(directory, path), text);
  writeWrapperUrl(directory);
  commitAll(directory, `Add ${name}`);
  if (options.tag !== undefined) git(directory, 'tag', options.tag);
  git(directory, 'remote', 'add', 'origin', options.origin ?? `https://git.example.com/shop/${name}.git`);
  return directory;
}

/** Commit everything in a directory, making it a repository first where it is none. */
export function commitAll(directory: string, message: string): void {
  if (!existsSync(join(directory, '.git'))) git(directory, 'init', '--quiet', '--initial-branch=main');
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--message', message);
}

/** Run git there, with an author and a time of the tests' own. */
export function git(directory: string, ...args: readonly string[]): string {
  const who = { NAME: 'Fixture', EMAIL: 'fixture@localhost', DATE: commitTime };
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  for (const [key, value] of Object.entries(who))
    Object.assign(env, { [`GIT_AUTHOR_${key}`]: value, [`GIT_COMMITTER_${key}`]: value });
  return execFileSync('git', args, { cwd: directory, encoding: 'utf8', env }).trim();
}

export function repositoryRoot(): string {
  return resolve(process.env.SLIPWAY_REPOSITORY ?? '.');
}

function writeFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The fixture's Maven wrapper names no host: it gets the URL that the Maven client itself uses. */
function writeWrapperUrl(directory: string): void {
  const file = join(directory, '.mvn/wrapper/maven-wrapper.properties');
  if (!existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  if (text.includes('@REPOSITORY@')) writeFileSync(file, text.replaceAll('@REPOSITORY@', mavenCentral()));
}

const readSuperPom =
  'for jar in $(ls /usr/share/maven/lib/maven-model-builder-*.jar /opt/*/lib/maven-model-builder-*.jar 2>/dev/null); do ' +
  'unzip -p "$jar" org/apache/maven/model/pom-4.0.0.xml; done';

let central: string | undefined;

/** The central repository's URL, from the super POM of the Maven on this machine or, where there is none, in the stand-in image. */
function mavenCentral(): string {
  central ??=
    urlIn(tryRun('sh', ['-c', readSuperPom])) ??
    urlIn(tryRun('docker', ['run', '--rm', 'maven:3.9-eclipse-temurin-17', 'sh', '-c', readSuperPom]));
  if (central === undefined)
    throw new Error('No Maven on this machine, and no Maven image in the engine: run test/engine/up.sh');
  return central;
}

function urlIn(superPom: string): string | undefined {
  return /<url>([^<]+)<\/url>/.exec(superPom)?.[1];
}

function tryRun(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
