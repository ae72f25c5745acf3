import { Failure } from '../../core/failure.js';
import { type Evidence, type Fact, fact, type Hints, type Rejected } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { readMiseTools, readToolVersions, type ToolVersion } from '../../formats/version-files.js';
import type { Located } from './module-file.js';
import type { Modules } from './modules.js';

/** Used where neither go.mod nor any other file names a version: the newest that the recipe was tried with. */
const fallbackVersion = '1.26';

interface Candidate extends Evidence {
  /** `1.26`. */
  readonly value: string;
}

/**
 * `1.26`: the highest of the `go` line (the least that the module needs), the `toolchain` line and what a version
 * manager's file asks for; Go builds older modules with newer toolchains, never the other way round
 * (https://go.dev/doc/toolchain). Throws `settings.invalid` for a hint that is no version.
 */
export function detectVersion(tree: SourceTree, modules: Modules, hints: Hints): Fact {
  const candidates = [...moduleCandidates(modules), ...fileCandidates(tree)];
  const hint = hints['go.version'];
  if (hint) {
    const value = checkedHint(String(hint.value), hint.origin);
    const rejected = candidates.filter((candidate) => candidate.value !== value);
    return fact(value, { because: `set by ${hint.origin}` }, rejected);
  }
  const highest = [...candidates].sort((a, b) => minorOf(b.value) - minorOf(a.value))[0];
  if (!highest) {
    return fact(fallbackVersion, { because: `no go line in ${modules.file}; ${fallbackVersion} is the default` });
  }
  const { value } = highest;
  const { value: _value, ...first } = highest;
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

function fileCandidates(tree: SourceTree): readonly Candidate[] {
  const plain = tree.read('.go-version');
  const written = plain?.split(/\r?\n/).findIndex((line) => line.trim() !== '') ?? -1;
  return [
    ...(plain === undefined || written < 0
      ? []
      : toolCandidates('.go-version', [
          { tool: 'go', version: plain.split(/\r?\n/)[written] ?? '', line: written + 1 },
        ])),
    ...toolCandidates('.tool-versions', readToolVersions(tree.read('.tool-versions') ?? '')),
    ...['mise.toml', '.mise.toml'].flatMap((file) => toolCandidates(file, readMiseTools(tree.read(file) ?? ''))),
  ];
}

function toolCandidates(file: string, tools: readonly ToolVersion[]): readonly Candidate[] {
  return tools
    .filter(({ tool }) => tool === 'go' || tool === 'golang')
    .flatMap(({ tool, version, line }) => {
      const value = majorMinor(version.trim());
      return value === undefined ? [] : [{ value, file, line, because: `${tool} ${version.trim()}` }];
    });
}

/** `1.26` of `1.26.1`, `go1.26rc1`, `v1.26`; undefined for `latest`, `default`, `local`. */
function majorMinor(version: string): string | undefined {
  return /^(?:go|v)?(1\.\d{1,3})(?:\.\d+)?(?:(?:rc|beta)\d+|[-+]\S*)?$/.exec(version)?.[1];
}

function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

function checkedHint(value: string, origin: string): string {
  if (/^1\.\d{1,3}(?:\.\d{1,3})?$/.test(value)) return value;
  throw new Failure('settings.invalid', {
    message: `go.version is '${value.slice(0, 40)}', which is no version of Go`,
    where: origin,
    remedy: 'Write it as 1.26.',
  });
}
