import { Failure } from '../../core/failure.js';

/** A value of go.mod or go.work and the line it stands on. */
export interface Located {
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

interface Requirement {
  readonly path: string;
  readonly version: string;
  readonly line: number;
  /** True for `// indirect`: needed by a dependency, not imported here. */
  readonly indirect: boolean;
}

/** A module that is replaced by a directory. */
export interface LocalReplacement {
  readonly path: string;
  /** As written: `./lib`, `../lib`, `/home/me/lib`. */
  readonly directory: string;
  readonly line: number;
}

/** go.mod (https://go.dev/ref/mod#go-mod-file) or go.work (https://go.dev/ref/mod#go-work-file), as far as a build depends on it. */
export interface ModuleFile {
  readonly module?: Located;
  readonly go?: Located;
  readonly toolchain?: Located;
  readonly requires: readonly Requirement[];
  readonly localReplacements: readonly LocalReplacement[];
  /** go.mod only: directories that no pattern of packages matches, as written. */
  readonly ignores: readonly string[];
  /** go.work only: directories as written. */
  readonly uses: readonly Located[];
}

interface Entry {
  readonly verb: string;
  readonly words: readonly string[];
  readonly line: number;
  readonly indirect: boolean;
}

/** In UTF-16 units: some thousand modules. */
const maxCharacters = 200_000;

/** Throws `detect.unreadable`, with the line, for a huge file, a block that never ends or a `go` line that names no version. */
export function parseModuleFile(text: string, file: string): ModuleFile {
  if (text.length > maxCharacters) {
    throw new Failure('detect.unreadable', {
      message: `${file} has more than ${maxCharacters} characters`,
      where: file,
    });
  }
  const entries = readEntries(text, file);
  const [module, go, toolchain] = ['module', 'go', 'toolchain'].map((verb) => firstOf(entries, verb));
  if (go && !/^1\.\d+(?:\.\d+|(?:beta|rc)\d+)?$/.test(go.value)) {
    throw new Failure('detect.unreadable', {
      message: `The go line names no version of Go: '${go.value.slice(0, 40)}'`,
      where: `${file}:${go.line}`,
      remedy: 'Write it as in `go 1.26`.',
    });
  }
  return {
    ...(module && { module }),
    ...(go && { go }),
    ...(toolchain && { toolchain }),
    requires: entries
      .filter(({ verb, words }) => verb === 'require' && words.length > 1)
      .map(({ words, line, indirect }) => ({ path: words[0] ?? '', version: words[1] ?? '', line, indirect })),
    localReplacements: entries.filter(({ verb }) => verb === 'replace').flatMap(localReplacement),
    ignores: entries.filter(({ verb }) => verb === 'ignore').flatMap(({ words }) => words.slice(0, 1)),
    uses: entries.filter(({ verb }) => verb === 'use').map(({ words, line }) => ({ value: words[0] ?? '.', line })),
  };
}

function firstOf(entries: readonly Entry[], verb: string): Located | undefined {
  const entry = entries.find((candidate) => candidate.verb === verb && candidate.words.length > 0);
  return entry && { value: entry.words[0] ?? '', line: entry.line };
}

/** A replacement without a version is a directory, which begins with `./`, `../`, `/` or a drive. */
function localReplacement({ words, line }: Entry): readonly LocalReplacement[] {
  const directory = words[words.indexOf('=>') + 1];
  const [path] = words;
  const isLocal = directory !== undefined && /^(?:\.\.?(?:\/|$)|\/|\.\.?\\|[A-Za-z]:)/.test(directory);
  return path !== undefined && isLocal ? [{ path, directory, line }] : [];
}

/** Lines are `verb word…` or, in a block `verb ( … )`, `word…`. */
function readEntries(text: string, file: string): readonly Entry[] {
  const entries: Entry[] = [];
  let block: { readonly verb: string; readonly line: number } | undefined;
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const [code = '', comment = ''] = splitComment(written);
    const words = splitWords(code);
    const line = index + 1;
    const [verb = ''] = words;
    if (words.length === 0) continue;
    if (block && verb === ')') block = undefined;
    else if (!block && words.at(-1) === '(') block = { verb, line };
    else {
      const indirect = /^\s*indirect\b/.test(comment);
      entries.push(
        block ? { verb: block.verb, words, line, indirect } : { verb, words: words.slice(1), line, indirect },
      );
    }
  }
  if (!block) return entries;
  throw new Failure('detect.unreadable', {
    message: `The block '${block.verb} (' never ends`,
    where: `${file}:${block.line}`,
  });
}

function splitComment(line: string): readonly [string, string] {
  const at = line.indexOf('//');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)];
}

function splitWords(code: string): readonly string[] {
  const words = code.match(/"[^"]*"|`[^`]*`|[()]|[^\s()"`]+/g) ?? [];
  return words.map((word) => word.replace(/^["`]|["`]$/g, ''));
}
