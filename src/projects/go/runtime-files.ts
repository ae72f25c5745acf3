import { type Evidence, type Fact, fact } from '../../core/project.js';
import type { SourceTree } from '../../core/source-tree.js';
import { embedPatterns } from './embed.js';
import type { Modules } from './modules.js';
import { directoryName, inDirectory, joinPath } from './paths.js';
import type { Program } from './program.js';
import { findConventions, findMentions, type Mention } from './runtime-mentions.js';

/** What the program opens by relative path when it runs; all paths are relative to the working directory. */
export interface RuntimeFiles {
  readonly directories?: Fact;
  readonly files?: Fact;
  /** Where the paths begin, in the tree; undefined for the root. */
  readonly workingDirectory?: Fact;
}

/** Directories that programs open by relative path when they run: any mention of one of them counts. */
const runtimeDirectories = new Set(
  'templates template static public web assets views migrations locales i18n translations swagger'.split(' '),
);

/** Plain names alone: they become part of the Dockerfile. No hidden ones: `.env` is a secret of the machine. */
const plainPath = /^(?![.-])[\w@+.-]+(?:\/(?![.-])[\w@+.-]+)*$/;

/**
 * The directories and files of the tree that the program names in a text, as the argument of a call that opens files or as a
 * path of more than one element, and does not embed. Programs are started in the module's directory or in that of their main
 * package: the one that has more of what they name is the working directory.
 */
export function detectRuntimeFiles(tree: SourceTree, modules: Modules, program: Program): RuntimeFiles {
  const mentions = program.files.flatMap((file) => [...findMentions(file), ...findConventions(file)]);
  const embedded = embeddedPaths(program);
  const bases = [...new Set([modules.directory, '', program.directory])];
  const found = bases
    .map((base) => ({ base, opened: findOpened(tree, base, mentions, embedded) }))
    .sort((a, b) => b.opened.length - a.opened.length)[0];
  if (!found || found.opened.length === 0) return {};
  const directories = factOf(found.opened.filter(({ type }) => type === 'directory'));
  const files = factOf(found.opened.filter(({ type }) => type === 'file'));
  return {
    ...(directories && { directories }),
    ...(files && { files }),
    ...(found.base !== '' && { workingDirectory: fact(found.base, workingEvidence(found.base, found.opened)) }),
  };
}

interface Opened {
  readonly path: string;
  readonly type: 'file' | 'directory';
  readonly evidence: Evidence;
}

function factOf(opened: readonly Opened[]): Fact | undefined {
  if (opened.length === 0) return undefined;
  return fact(
    opened.map(({ path }) => path),
    opened.map(({ evidence }) => evidence),
  );
}

function workingEvidence(base: string, opened: readonly Opened[]): Evidence {
  return { ...opened[0]?.evidence, because: `${opened[0]?.path} is in ${base}, and not in the root` };
}

/** Each once, by path; nothing that is inside of another. */
function findOpened(
  tree: SourceTree,
  base: string,
  mentions: readonly Mention[],
  embedded: readonly string[],
): readonly Opened[] {
  const all = new Map<string, Opened>();
  for (const mention of mentions) {
    for (const opened of openedBy(tree, base, mention)) {
      const whole = inDirectory(base, opened.path);
      const isEmbedded = embedded.some((path) => isInside(whole, path) || isInside(path, whole));
      if (!isEmbedded && !all.has(opened.path)) all.set(opened.path, opened);
    }
  }
  const found = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return found.filter(({ path }) => !found.some((other) => other.path !== path && isInside(path, other.path)));
}

function isInside(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function openedBy(tree: SourceTree, base: string, mention: Mention): readonly Opened[] {
  const [first = ''] = mention.path.split('/');
  if (runtimeDirectories.has(first) && tree.list(inDirectory(base, first)).length > 0)
    return [{ path: directoryOf(tree, base, mention.path, first), type: 'directory', evidence: mention.evidence }];
  const paths = mention.extensions.length === 0 ? [mention.path] : mention.extensions.map((end) => mention.path + end);
  return paths.flatMap((path) => {
    const type = mention.strength === 'word' ? undefined : typeOf(tree, inDirectory(base, path), mention);
    return type === undefined || !plainPath.test(path) ? [] : [{ path, type, evidence: mention.evidence }];
  });
}

/** Of a path into such a directory: the directory it names, or that of the file; with what it names missing, the whole one. */
function directoryOf(tree: SourceTree, base: string, path: string, first: string): string {
  if (!plainPath.test(path)) return first;
  if (tree.has(inDirectory(base, path))) return directoryName(path);
  return tree.list(inDirectory(base, path)).length > 0 ? path : first;
}

/** A package is no data: a path that only looks like one names it in a log or a command. */
function typeOf(tree: SourceTree, path: string, { strength }: Mention): Opened['type'] | undefined {
  if (path.endsWith('.go')) return undefined;
  if (tree.has(path)) return 'file';
  const entries = tree.list(path);
  if (entries.length === 0) return undefined;
  const isPackage = entries.some(({ name }) => name.endsWith('.go'));
  return strength === 'path' && isPackage ? undefined : 'directory';
}

/** Paths in the tree that `//go:embed` takes, up to the first pattern: they are relative to their file. */
function embeddedPaths(program: Program): readonly string[] {
  return program.files.flatMap(embedPatterns).flatMap(({ file, path }) => {
    const segments = path.split('/');
    const plain = segments.slice(0, indexOfPattern(segments)).join('/');
    return plain === '' ? [] : [joinPath(directoryName(file), plain) ?? plain];
  });
}

function indexOfPattern(segments: readonly string[]): number {
  const index = segments.findIndex((segment) => /[*?[]/.test(segment));
  return index < 0 ? segments.length : index;
}
