import { Failure } from '../../core/failure.js';
import { argvOf, type Facts, textOf } from '../../core/project.js';
import type { Output, Probe, Recipe, RecipeOptions, Step } from '../../core/recipe.js';

/** Outside of every package, so that it meets no directory of the project's. */
const binary = '.slipway/app';

/** Static programs need no more than certificates, time zones and a user. */
const staticBase = 'gcr.io/distroless/static-debian12:nonroot';
/** Programs with cgo need glibc, and those whose C is C++ its runtime as well, which no source of theirs may show. */
const libcBase = 'gcr.io/distroless/cc-debian12:nonroot';

/**
 * Throws `detect.unsupported` for a platform other than Linux, and for a cgo program on another one than the builder's;
 * `detect.hostile` for a version the linker cannot be given.
 */
export function goRecipe(project: { readonly name: string; readonly facts: Facts }, options: RecipeOptions): Recipe {
  const { facts } = project;
  const cgo = facts['go.cgo']?.value === true;
  const goVersion = textOf(facts, 'go.version') ?? '1.26';
  const probe = probeOf(facts);
  const early = earlyFiles(facts);
  if (cgo && options.builder === undefined) requireBuildersPlatform(options.platform);
  return {
    builder: options.builder ?? builderImage(goVersion, cgo),
    base: options.base ?? (cgo ? libcBase : staticBase),
    steps: steps(facts, goVersion, options.version),
    ...(early && { early }),
    env: { CGO_ENABLED: cgo ? '1' : '0', ...platformEnvironment(options.platform), ...workspaceEnvironment(facts) },
    caches: [
      { name: 'go-mod', path: '/go/pkg/mod' },
      { name: 'go-build', path: '/root/.cache/go-build' },
    ],
    outputs: [{ from: binary, to: 'app', type: 'file' }, ...runtimeOutputs(facts)],
    entrypoint: ['/app'],
    template: 'go',
    user: '65532:65532',
    ...(probe && { probe }),
    mounts: ['netrc', 'go-env', 'ca'],
    data: templateData(facts, cgo),
  };
}

/** What the template gets beside what every template gets. */
function templateData(facts: Facts, cgo: boolean): Recipe['data'] {
  const variable = textOf(facts, 'go.port-variable');
  const port = textOf(facts, 'port');
  return {
    static: !cgo,
    directories: argvOf(facts, 'go.directories') ?? [],
    files: argvOf(facts, 'go.files') ?? [],
    args: argvOf(facts, 'go.args') ?? [],
    environment: variable === undefined || port === undefined ? {} : { [variable]: port },
    stopSignal: textOf(facts, 'go.stop-signal') ?? '',
    dockerignore: ['.slipway', '**/*.test', '**/coverage.out'],
  };
}

/** Relative to the working directory, as the program opens them. */
function runtimeOutputs(facts: Facts): readonly Output[] {
  const base = textOf(facts, 'go.working-directory');
  const from = (path: string): string => (base === undefined ? path : `${base}/${path}`);
  return [
    ...(argvOf(facts, 'go.directories') ?? []).map((path) => ({
      from: from(path),
      to: path,
      type: 'directory' as const,
      optional: true,
    })),
    ...(argvOf(facts, 'go.files') ?? []).map((path) => ({ from: from(path), to: path, type: 'file' as const })),
  ];
}

/**
 * A program with cgo is linked with the builder's C library and must find one at least as new in the base: both are
 * Debian 12's. The official image has that variant since Go 1.19, and Debian 11's before.
 */
function builderImage(version: string, cgo: boolean): string {
  if (!cgo) return `golang:${version}`;
  return `golang:${version}-${minorOf(version) >= 19 ? 'bookworm' : 'bullseye'}`;
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

/** The builder's C compiler compiles for its own platform; one of a person's own may know others. */
function requireBuildersPlatform(platform: string): void {
  if (platform === 'linux/amd64') return;
  throw new Failure('detect.unsupported', {
    message: `The program needs cgo, and the builder's C compiler compiles for linux/amd64 alone, not for ${platform}`,
    where: 'image.platform',
    remedy:
      'Name a builder with a cross compiler in build.image, build for linux/amd64, or, where the program works without C, set go.cgo to false.',
  });
}

function steps(facts: Facts, goVersion: string, version: string): readonly Step[] {
  const build: Step = { title: 'Compile the program', argv: buildCommand(facts, goVersion, version) };
  if (facts['go.vendored']?.value === true) return [build];
  const go = goCommand(facts);
  // Only `all` writes the missing go.sum: https://go.dev/doc/go1.18#go-command. A build never changes go.mod itself.
  if (facts['go.checksums']?.value === 'missing')
    return [
      { title: 'Download the modules, and write the missing go.sum', argv: [...go, 'mod', 'download', 'all'] },
      build,
    ];
  return [{ title: 'Download the modules', argv: [...go, 'mod', 'download'] }, build];
}

/** In the module's directory: https://pkg.go.dev/cmd/go, -C. */
function goCommand(facts: Facts): readonly string[] {
  const module = textOf(facts, 'go.module');
  return module === undefined ? ['go'] : ['go', '-C', module];
}

/** A nested module that a person chose is built by itself, whatever go.work is around it. */
function workspaceEnvironment(facts: Facts): Readonly<Record<string, string>> {
  return facts['go.module'] === undefined ? {} : { GOWORK: 'off' };
}

/** Downloading needs no more than the files that name modules; `all` needs the sources too. */
function earlyFiles(facts: Facts): Recipe['early'] {
  if (facts['go.vendored']?.value === true || facts['go.checksums'] !== undefined) return undefined;
  return { files: argvOf(facts, 'go.module-files') ?? ['go.mod', 'go.su[m]'], steps: 1 };
}

/**
 * `-trimpath` and `-buildvcs=false`: the same sources make the same bytes, and no git is needed;
 * `-s -w`: no symbol table, no debug information.
 */
function buildCommand(facts: Facts, goVersion: string, version: string): readonly string[] {
  const variable = textOf(facts, 'go.version-variable');
  const stamp = variable === undefined ? '' : ` -X ${variable}=${checkedVersion(version)}`;
  // Go 1.18 brought both the stamp of the repository and the flag that leaves it out.
  const reproducible = ['-trimpath', ...(minorOf(goVersion) >= 18 ? ['-buildvcs=false'] : [])];
  const { main, output } = targetOf(facts);
  return [...goCommand(facts), 'build', ...reproducible, '-ldflags', `-s -w${stamp}`, '-o', output, main];
}

/** The main package as seen from its module, and where the program goes. */
function targetOf(facts: Facts): { readonly main: string; readonly output: string } {
  const main = textOf(facts, 'go.main') ?? '.';
  const module = textOf(facts, 'go.module');
  if (module === undefined) return { main, output: binary };
  const inside = main.slice(`./${module}`.length);
  return { main: inside === '' ? '.' : `.${inside}`, output: '../'.repeat(module.split('/').length) + binary };
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
