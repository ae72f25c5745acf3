import { Failure } from '../../core/failure.js';
import { argvOf, type Facts, textOf } from '../../core/project.js';
import type { Probe, Recipe, RecipeOptions, Step } from '../../core/recipe.js';

/** Outside of every package, so that it meets no directory of the project's. */
const binary = '.slipway/app';

/** Static programs need no more than certificates, time zones and a user; cgo programs need the C library as well. */
const staticBase = 'gcr.io/distroless/static-debian12:nonroot';
const libcBase = 'gcr.io/distroless/base-debian12:nonroot';

/** Throws `detect.unsupported` for a platform other than Linux, `detect.hostile` for a version the linker cannot be given. */
export function goRecipe(project: { readonly name: string; readonly facts: Facts }, options: RecipeOptions): Recipe {
  const { facts } = project;
  const cgo = facts['go.cgo']?.value === true;
  const directories = argvOf(facts, 'go.directories') ?? [];
  const probe = probeOf(facts);
  return {
    builder: options.builder ?? builderImage(textOf(facts, 'go.version') ?? '1.26', cgo),
    base: options.base ?? (cgo ? libcBase : staticBase),
    steps: steps(facts, options.version),
    ...(canDownloadAlone(facts) && { early: { files: ['go.mod', 'go.su[m]'], steps: 1 } }),
    env: { CGO_ENABLED: cgo ? '1' : '0', ...platformEnvironment(options.platform) },
    caches: [
      { name: 'go-mod', path: '/go/pkg/mod' },
      { name: 'go-build', path: '/root/.cache/go-build' },
    ],
    outputs: [
      { from: binary, to: 'app', type: 'file' },
      ...directories.map((name) => ({ from: name, to: name, type: 'directory' as const, optional: true })),
    ],
    entrypoint: ['/app'],
    template: 'go',
    user: '65532:65532',
    ...(probe && { probe }),
    mounts: ['netrc', 'go-env', 'ca'],
    data: { static: !cgo, directories, dockerignore: ['.slipway', '**/*.test', '**/coverage.out'] },
  };
}

/**
 * A program with cgo is linked with the builder's C library and must find one at least as new in the base: both are
 * Debian 12's. The official image has that variant since Go 1.19, and Debian 11's before.
 */
function builderImage(version: string, cgo: boolean): string {
  if (!cgo) return `golang:${version}`;
  return `golang:${version}-${Number(version.split('.')[1]) >= 19 ? 'bookworm' : 'bullseye'}`;
}

function steps(facts: Facts, version: string): readonly Step[] {
  const build: Step = { title: 'Compile the program', argv: buildCommand(facts, version) };
  if (facts['go.vendored']?.value === true) return [build];
  return [{ title: 'Download the modules', argv: ['go', 'mod', 'download'] }, build];
}

/** Downloading needs no more than go.mod and go.sum, unless go.mod leads to other directories of the tree. */
function canDownloadAlone(facts: Facts): boolean {
  return facts['go.vendored']?.value !== true && argvOf(facts, 'go.local-modules') === undefined;
}

/**
 * `-trimpath` and `-buildvcs=false`: the same sources make the same bytes, and no git is needed;
 * `-s -w`: no symbol table, no debug information.
 */
function buildCommand(facts: Facts, version: string): readonly string[] {
  const variable = textOf(facts, 'go.version-variable');
  const stamp = variable === undefined ? '' : ` -X ${variable}=${checkedVersion(version)}`;
  const main = textOf(facts, 'go.main') ?? '.';
  return ['go', 'build', '-trimpath', '-buildvcs=false', '-ldflags', `-s -w${stamp}`, '-o', binary, main];
}

/** The linker's flags are one text that go splits at spaces and quotes; a version has neither (https://semver.org). */
function checkedVersion(version: string): string {
  if (/^[0-9A-Za-z.+_-]+$/.test(version)) return version;
  throw new Failure('detect.hostile', {
    message: 'The version has characters that no version has, and would become flags of the linker',
    where: JSON.stringify(version.slice(0, 100)),
  });
}

function platformEnvironment(platform: string): Readonly<Record<string, string>> {
  const [system, architecture, variant] = platform.split('/');
  if (system !== 'linux' || !architecture) {
    throw new Failure('detect.unsupported', {
      message: `An image of a Go program runs on Linux, not on '${platform}'`,
      where: 'platform',
      remedy: 'Use linux/amd64 or linux/arm64.',
    });
  }
  const level = architecture === 'arm' ? /^v([5-7])$/.exec(variant ?? '')?.[1] : undefined;
  return { GOOS: system, GOARCH: architecture, ...(level !== undefined && { GOARM: level }) };
}

function probeOf(facts: Facts): Probe | undefined {
  const port = textOf(facts, 'port');
  const path = textOf(facts, 'health');
  return port === undefined ? undefined : { port: Number(port), ...(path !== undefined && { path }) };
}
