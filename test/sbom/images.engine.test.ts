import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeWorkspace, slipway } from '../support/cli.js';
import { problemsOf } from '../support/cyclonedx-schema.js';
import { docker } from '../support/docker.js';
import { makeFixtureProject } from '../support/fixture-project.js';

/** Real projects, built: what the SBOM lists is compared with what each ecosystem's own tool says of the image. */
const workspace = makeWorkspace();
const made: string[] = [];
const mounts = ['ca', 'go-env', 'npmrc', 'maven-settings'].flatMap((name) => ['--set', `build.mounts.${name}=true`]);

afterAll(() => {
  if (made.length > 0) docker('rmi', '--force', ...made);
  workspace.remove();
});

interface Component {
  readonly type: string;
  readonly purl?: string;
  readonly name: string;
  readonly version?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

async function build(fixture: string): Promise<{ readonly image: string; readonly components: readonly Component[] }> {
  const directory = makeFixtureProject(fixture, join(workspace.path, fixture), { tag: 'v1.5.0' });
  const image = `sbom-test-${process.pid}/${fixture}:1.5.0`;
  const named = ['--repository', image.replace(':1.5.0', '')];
  const built = await slipway(['build', directory, ...named, '--no-try', ...mounts]);
  expect({ code: built.code, stderr: built.code === 0 ? '' : built.stderr }).toEqual({ code: 0, stderr: '' });
  made.push(image);
  const listed = await slipway(['sbom', image]);
  expect(listed.code).toBe(0);
  const document = JSON.parse(listed.stdout);
  expect(problemsOf(document)).toEqual([]);
  expect((await slipway(['sbom', image])).stdout).toBe(listed.stdout);
  expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=${image}`)).toBe('');
  return { image, components: document.components };
}

const purlsOf = (components: readonly Component[], type: string) =>
  components.flatMap(({ purl }) => (purl?.startsWith(`pkg:${type}/`) ? [purl] : [])).toSorted();
const pathsOf = (component: Component) =>
  component.properties?.flatMap(({ name, value }) => (name === 'io.slipway:path' ? [value] : [])) ?? [];
const inImage = (image: string, ...command: readonly string[]) =>
  docker('run', '--rm', '--user', '0', '--entrypoint', command[0] ?? '', image, ...command.slice(1)).split('\n');

test('of a Go service: the modules that `go version -m` reads', async () => {
  const { image, components } = await build('go-accountservice');
  const out = join(workspace.path, 'go');
  mkdirSync(out);
  const container = docker('create', image);
  docker('cp', `${container}:/app`, join(out, 'app'));
  docker('rm', container);
  const told = docker('run', '--rm', '-v', `${out}:/look:ro`, 'golang:1.26', 'go', 'version', '-m', '/look/app');
  const [first = '', ...lines] = told.split('\n');
  const modules = lines.flatMap((line) => {
    const [, key, path, version] = line.split('\t');
    if (key !== 'dep' && key !== 'mod') return [];
    return [`pkg:golang/${path}${version === '(devel)' ? '' : `@${version}`}`];
  });
  const library = `pkg:golang/stdlib@${/: go(\S+)$/.exec(first)?.[1]}`;
  expect(modules.length).toBeGreaterThan(1);
  expect(purlsOf(components, 'golang')).toEqual([...modules, library].toSorted());
});

interface Installed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Installed>>;
}

test('of a Node service: the packages of `npm ls`, and of Debian those of dpkg-query', async () => {
  const { image, components } = await build('node-express-cjs');
  const told: Installed = JSON.parse(inImage(image, 'sh', '-c', 'cd /app && npm ls --all --json').join('\n'));
  const all = new Set<string>();
  const collect = ({ dependencies }: Installed): void => {
    for (const [name, installed] of Object.entries(dependencies ?? {})) {
      all.add(`${name}@${installed.version}`);
      collect(installed);
    }
  };
  collect(told);
  const ours = components.filter((one) => pathsOf(one).some((path) => path.startsWith('app/node_modules/')));
  expect(all.size).toBeGreaterThan(20);
  expect(ours.map(({ purl }) => decodeURIComponent(purl?.slice('pkg:npm/'.length) ?? '')).toSorted()).toEqual(
    [...all].toSorted(),
  );
  const installed = inImage(image, 'dpkg-query', '-W', '-f', '${db:Status-Status} ${Package} ${Version}\\n')
    .flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []))
    .toSorted();
  const listed = components.filter(({ purl }) => purl?.startsWith('pkg:deb/debian/'));
  expect(listed.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(installed);
  expect(listed.every(({ purl }) => purl?.includes('distro=debian-12'))).toBe(true);
});

test('of a Spring Boot service: every jar of the image, under the coordinates by which Maven fetched it', async () => {
  const { image, components } = await build('spring-boot-quotes');
  const jars = inImage(image, 'find', '/', '-xdev', '-name', '*.jar').map((path) => path.slice(1));
  const listed = new Set(components.flatMap(pathsOf));
  expect(jars.length).toBeGreaterThan(20);
  expect(jars.filter((jar) => !listed.has(jar))).toEqual([]);
  const cache = docker('volume', 'ls', '--quiet', '--filter', 'name=slipway-cache-spring-boot-quotes')
    .split('\n')
    .find((name) => name.endsWith('-maven'));
  const find = ['find', '/m2', '-name', '*.jar'];
  const fetched = docker('run', '--rm', '-v', `${cache}:/m2:ro`, 'debian:bookworm-slim', ...find).split('\n');
  const coordinates = purlsOf(components, 'maven');
  const strange = coordinates.filter((purl) => {
    const [, group = '', name, version] = /^pkg:maven\/(.+)\/(.+)@(.+)$/.exec(purl) ?? [];
    const path = `/${group.replaceAll('.', '/')}/${name}/${version}/`;
    return !fetched.some((jar) => jar.includes(path));
  });
  expect(coordinates.length).toBeGreaterThan(20);
  expect(strange).toEqual(['pkg:maven/com.example/spring-boot-quotes@1.0.0']);
});
