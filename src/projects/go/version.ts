import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readMiseTools, readToolVersions, type ToolVersion } from '../../formats/version-files.js';
import { readGoVersion } from './go-version.js';
import type { Located } from './module-file.js';
import type { Modules } from './modules.js';
import { inDirectory } from './paths.js';

/** Used where nothing names a toolchain: the newest that the recipe was tried with. */
const newestVersion = '1.26';

interface Candidate extends Evidence {
  /** `1.26`. */
  readonly value: string;
}

/**
 * `1.26`: the highest of the `go` line (the least that the module needs), the `toolchain` line and what a version
 * manager's file asks for; Go builds older modules with newer toolchains, never the other way round
 * (https://go.dev/doc/toolchain). Before 1.21 a go line named the language alone and stayed behind when dependencies moved
 * on: such a line says nothing of the toolchain, and its release gets no security fixes any more, so the newest is used.
 * Throws `settings.invalid` for a hint that is no version, `detect.unsupported` for a toolchain too old for this recipe.
 */
export function detectVersion(tree: SourceTree, modules: Modules, hints: Hints): Fact {
  const languages = moduleCandidates(modules);
  const candidates = [...languages, ...fileCandidates(tree, modules)];
  const hint = hints['go.version'];
  if (hint) {
    const value = checkedHint(String(hint.value), hint.origin);
    const rejected = candidates.filter((candidate) => candidate.value !== value);
    return fact(value, { because: `set by ${hint.origin}` }, rejected);
  }
  const highest = [...candidates].sort((a, b) => minorOf(b.value) - minorOf(a.value))[0];
  if (!highest) {
    return fact(newestVersion, { because: `no go line in ${modules.file}; ${newestVersion} is the default` });
  }
  const pinned = candidates.some((one) => !languages.includes(one) && one.value === highest.value);
  if (languages.includes(highest) && !pinned && minorOf(highest.value) < firstToolchainLine)
    return fact(newestVersion, withoutToolchain(highest), candidates);
  return chosenVersion(highest, candidates);
}

/** Since Go 1.21 the go line is the least toolchain: https://go.dev/doc/toolchain. */
const firstToolchainLine = 21;
/** `go build` knows all our flags since then: https://go.dev/doc/go1.13. */
const oldestMinor = 13;

function withoutToolchain({ file, line, because }: Candidate): Evidence {
  return {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    because: `${because} names a language version and no toolchain; ${newestVersion} builds it`,
  };
}

function chosenVersion(highest: Candidate, candidates: readonly Candidate[]): Fact {
  const { value, ...first } = highest;
  if (minorOf(value) < oldestMinor) {
    throw new Failure('detect.unsupported', {
      message: `${highest.because}: Go before 1.${oldestMinor} cannot build this reproducibly`,
      where: `${highest.file}:${highest.line}`,
      remedy: `Name a newer one there, or choose one with --set go.version=${newestVersion}.`,
    });
  }
  const others = candidates.filter((candidate) => candidate !== highest);
  const agreeing = others.filter((other) => other.value === value).map(({ value: _same, ...evidence }) => evidence);
  const rejected: readonly Rejected[] = others.filter((other) => other.value !== value);
  return fact(value, [first, ...agreeing], rejected);
}

function moduleCandidates(modules: Modules): readonly Candidate[] {
  const files = [
    { file: modules.file, content: modules.content },
    ...(modules.workspace ? modules.main : []).map(({ file, content }) => ({ file, content })),
  ];
  return files.flatMap(({ file, content }) => [
    ...located(file, content.go, 'go'),
    ...located(file, content.toolchain, 'toolchain'),
  ]);
}

function located(file: string, written: Located | undefined, verb: string): readonly Candidate[] {
  const value = written && majorMinor(written.value);
  return value === undefined ? [] : [{ value, file, line: written?.line ?? 1, because: `${verb} ${written?.value}` }];
}

/** Files of version managers: of the module's own directory, and of the root. */
function fileCandidates(tree: SourceTree, modules: Modules): readonly Candidate[] {
  return [...new Set([modules.directory, ''])].flatMap((directory) => [
    ...plainCandidates(tree, inDirectory(directory, '.go-version')),
    ...toolCandidates(tree, inDirectory(directory, '.tool-versions'), readToolVersions),
    ...['mise.toml', '.mise.toml', '.config/mise.toml'].flatMap((name) =>
      toolCandidates(tree, inDirectory(directory, name), readMiseTools),
    ),
  ]);
}

function plainCandidates(tree: SourceTree, file: string): readonly Candidate[] {
  const lines = tree.read(file)?.split(/\r?\n/, 1000) ?? [];
  const index = lines.findIndex((line) => line.trim() !== '');
  const version = lines[index]?.trim() ?? '';
  const value = majorMinor(version);
  return value === undefined ? [] : [{ value, file, line: index + 1, because: `go ${version}` }];
}

function toolCandidates(
  tree: SourceTree,
  file: string,
  read: (text: string) => readonly ToolVersion[],
): readonly Candidate[] {
  return read(tree.read(file) ?? '')
    .filter(({ tool }) => tool === 'go' || tool === 'golang')
    .flatMap(({ tool, version, line }) => {
      const value = majorMinor(version.trim());
      return value === undefined ? [] : [{ value, file, line, because: `${tool} ${version.trim()}` }];
    });
}

/** `1.26` of `1.26.1`, `go1.26rc1`, `v1.26`; undefined for `latest`, `default`, `local`. */
function majorMinor(version: string): string | undefined {
  const read = readGoVersion(version);
  return read && `1.${read.minor}`;
}

function minorOf(version: string): number {
  return readGoVersion(version)?.minor ?? 0;
}

function checkedHint(value: string, origin: string): string {
  if (/^1\.\d{1,3}(?:\.\d{1,3})?$/.test(value)) return value;
  throw new Failure('settings.invalid', {
    message: `go.version is '${value.slice(0, 40)}', which is no version of Go`,
    where: origin,
    remedy: `Write it as ${newestVersion}.`,
  });
}
