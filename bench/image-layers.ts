import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTrustedBuilder } from '../test/dockerfile/trusted-builder.js';
import { docker } from '../test/support/docker.js';
import { commitAll, makeFixtureProject } from '../test/support/fixture-project.js';
import { type HandWritten, handWritten } from './hand-written.js';

/** One way to make an image of a service. */
interface Way {
  readonly name: string;
  /** Build what lies in the directory now; returns the image's name. */
  readonly build: (directory: string, state: string) => string;
}

interface Layer {
  readonly id: string;
  readonly bytes: number;
}

/** What one way made of one service. */
interface LayerRow {
  readonly service: string;
  readonly way: string;
  readonly size: number;
  readonly layers: number;
  readonly afterSource: number;
  readonly afterDependency: number | undefined;
}

const mark = 'slipway-bench-layers';
const mounts = ['ca', 'npmrc', 'go-env', 'maven-settings'].flatMap((name) => ['--set', `build.mounts.${name}=true`]);

/**
 * Size, layers, and the bytes of layers that a registry does not have yet after one line of the sources, and after one
 * dependency more; made on one engine with a warm build cache, which is what reuse is about. Sizes are uncompressed.
 */
export function benchImageLayers(cli: string, workspace: string): string {
  const rows = handWritten.flatMap((service) => {
    const ways = [slipwayWay(cli, service), handWay(workspace, service), ...otherWays(workspace, service)];
    return ways.flatMap((way) => measureWay(way, service, workspace));
  });
  const images = docker('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `label=${mark}`);
  for (const image of images.split('\n').filter(Boolean)) spawnSync('docker', ['rmi', '--force', image]);
  return formatRows(rows);
}

/** An empty list and a word on stderr where the way fails: a rival's failure is no result of ours. */
function measureWay(way: Way, service: HandWritten, workspace: string): readonly LayerRow[] {
  const directory = makeFixtureProject(service.name, join(workspace, 'layers', service.name), { tag: 'v1.0.0' });
  const made: string[] = [];
  const build = (state: string): readonly Layer[] => {
    const image = way.build(directory, state);
    made.push(image);
    return layersOf(image);
  };
  try {
    const first = build('first');
    service.changeSource(directory);
    commitAll(directory, 'Change a line');
    const source = build('source');
    service.changeDependency?.(directory);
    if (service.changeDependency) commitAll(directory, 'Add a dependency');
    const dependency = service.changeDependency ? build('dependency') : undefined;
    return [
      {
        service: service.name,
        way: way.name,
        size: bytesOf(first),
        layers: first.length,
        afterSource: newBytes(first, source),
        afterDependency: dependency && newBytes(source, dependency),
      },
    ];
  } catch (error) {
    process.stderr.write(`${service.name}, ${way.name}: ${String(error).slice(0, 1500)}\n`);
    return [];
  } finally {
    for (const image of made) spawnSync('docker', ['rmi', '--force', image]);
  }
}

function slipwayWay(cli: string, service: HandWritten): Way {
  return {
    name: 'Slipway',
    build: (directory, state) => {
      const repository = `${mark}/${service.name}-${state}`;
      const args = [cli, 'build', directory, '--no-try', '--quiet', '--repository', repository, ...mounts];
      execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      return docker('images', '--format', '{{.Repository}}:{{.Tag}}', repository).split('\n')[0] ?? '';
    },
  };
}

function handWay(workspace: string, service: HandWritten): Way {
  const file = join(workspace, `${service.name}.Dockerfile`);
  writeFileSync(file, service.dockerfile);
  return dockerfileWay('by hand', workspace, service, file);
}

/** `docker build` of a Dockerfile whose builder stage stands on an image that trusts what this host trusts. */
function dockerfileWay(name: string, workspace: string, service: HandWritten, file: string): Way {
  const builder = `${mark}-builder:${service.name}`;
  makeTrustedBuilder(service.builder, builder, mark, join(workspace, 'trusted', service.name));
  const text = readFileSync(file, 'utf8').replaceAll(`FROM ${service.builder} AS build`, `FROM ${builder} AS build`);
  writeFileSync(file, text);
  return {
    name,
    build: (directory, state) => {
      const image = `${mark}:${service.name}-${state}`;
      writeFileSync(join(directory, '.dockerignore'), service.dockerignore);
      const args = ['build', '--quiet', '--label', mark, '--tag', image, '--file', file, directory];
      execFileSync('docker', args, {
        env: { ...process.env, DOCKER_BUILDKIT: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      return image;
    },
  };
}

/** `@flydotio/dockerfile`, which is for Node alone; where npm cannot install it, there is no row. */
function otherWays(workspace: string, service: HandWritten): readonly Way[] {
  if (service.builder !== 'node:22-slim') return [];
  const tool = join(workspace, 'flydotio');
  mkdirSync(tool, { recursive: true });
  const installed = spawnSync('npm', ['install', '--prefix', tool, '--silent', '@flydotio/dockerfile'], {
    encoding: 'utf8',
  });
  const script = join(tool, 'node_modules/@flydotio/dockerfile/index.js');
  if (installed.status !== 0 || !existsSync(script)) return [];
  const directory = makeFixtureProject(service.name, join(workspace, 'flydotio-project'));
  spawnSync(process.execPath, [script, '--force', '--yes'], { cwd: directory, encoding: 'utf8', input: '' });
  const written = join(directory, 'Dockerfile');
  if (!existsSync(written)) return [];
  const file = join(workspace, 'flydotio.Dockerfile');
  writeFileSync(file, adaptFly(readFileSync(written, 'utf8'), service.builder));
  rmSync(directory, { recursive: true });
  return [dockerfileWay('@flydotio/dockerfile', workspace, service, file)];
}

/** Its stages with the classic builder and without a package mirror: neither changes what the last stage holds. */
function adaptFly(text: string, builder: string): string {
  return text
    .replace(/^# syntax.*$/m, '')
    .replace(/^ARG NODE_VERSION=.*$/m, '')
    .replace(/^FROM node:\S+ (AS|as) base$/m, `FROM ${builder} AS base`)
    .replace(/^FROM base (AS|as) build$/m, `FROM ${builder} AS build\nWORKDIR /app`)
    .replace(/^RUN apt-get(?:[^\n]*\\\n)*[^\n]*$/gm, '')
    .replace(/^RUN --mount=\S+ /gm, 'RUN ');
}

/** An image's layers, oldest first, with what each adds: the size of its archive, which alone tells an empty layer from none. */
function layersOf(image: string): readonly Layer[] {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-bench-image-'));
  const archive = join(directory, 'image.tar');
  try {
    docker('save', '--output', archive, image);
    const manifest = execFileSync('tar', ['-xOf', archive, 'manifest.json'], { encoding: 'utf8' });
    const [{ Layers: files }] = JSON.parse(manifest) as [{ readonly Layers: readonly string[] }];
    const sizes = sizesIn(archive);
    const ids = docker('image', 'inspect', '--format', '{{range .RootFS.Layers}}{{.}} {{end}}', image)
      .trim()
      .split(' ');
    return ids.map((id, index) => ({ id, bytes: sizes.get(files[index] ?? '') ?? 0 }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Sizes of an archive's files by name. A link stands for a layer that is there already. */
function sizesIn(archive: string): ReadonlyMap<string, number> {
  const lines = execFileSync('tar', ['--numeric-owner', '-tvf', archive], { encoding: 'utf8' }).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, size, name] = /^-\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+(.+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(size)] as const];
    }),
  );
}

function bytesOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

function newBytes(before: readonly Layer[], after: readonly Layer[]): number {
  const known = new Set(before.map(({ id }) => id));
  return bytesOf(after.filter(({ id }) => !known.has(id)));
}

function formatRows(rows: readonly LayerRow[]): string {
  const shown = rows.map(({ service, way, size, layers, afterSource, afterDependency }) => {
    const cells = [
      mega(size),
      layers,
      mega(afterSource),
      afterDependency === undefined ? 'the same' : mega(afterDependency),
    ];
    return `| ${service} | ${way} | ${cells.join(' | ')} |`;
  });
  return [
    '| service | Dockerfile | size | layers | again after a line of source | again after a dependency |',
    '|---|---|---|---|---|---|',
    ...shown,
    '',
  ].join('\n');
}

function mega(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)} MB`;
}
