import { Failure } from '../../core/failure.js';
import type { SourceTree, TreeEntry } from '../../core/source-tree.js';
import { matchesName } from './match-name.js';
import type { GoFile } from './package.js';
import { directoryName, inDirectory, joinPath } from './paths.js';
import type { Program } from './program.js';

/** One pattern of a `//go:embed` line. */
export interface EmbedPattern {
  /** As written, without quotes: `all:dist`, `static/*.css`. */
  readonly written: string;
  /** The same without `all:`; relative to the directory of its file. */
  readonly path: string;
  readonly file: string;
  readonly line: number;
}

/** The patterns of a file that imports "embed"; of another one they are comments (https://pkg.go.dev/embed). */
export function embedPatterns({ file, directives, imports }: GoFile): readonly EmbedPattern[] {
  if (!imports.some(({ path }) => path === 'embed')) return [];
  return directives
    .filter(({ text }) => /^go:embed\s/.test(text))
    .flatMap(({ text, line }) =>
      (text.slice('go:embed'.length).match(/"[^"]*"|`[^`]*`|[^\s"`]+/g) ?? []).map((word) => {
        const written = word.replace(/^["`]|["`]$/g, '');
        return { written, path: written.replace(/^all:/, ''), file, line };
      }),
    );
}

/**
 * Refuse a program that go would refuse to compile once all is downloaded: one that embeds files which are not in the
 * tree, since a front end's build or a generator makes them. Throws `detect.unsupported` with the line.
 */
export function checkEmbedded(tree: SourceTree, program: Program): void {
  for (const pattern of program.files.flatMap(embedPatterns)) {
    if (pattern.path.length > 200 || pattern.path.includes('\\') || hasMatch(tree, pattern)) continue;
    throw missing(tree, pattern);
  }
}

function hasMatch(tree: SourceTree, { file, path, written }: EmbedPattern): boolean {
  let places: readonly string[] = [directoryName(file)];
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0) return true;
  for (const segment of segments.slice(0, -1)) {
    places = places.flatMap((place) => namesIn(tree, place, segment, 'directory'));
  }
  const last = segments.at(-1) ?? '';
  return places.some((place) =>
    tree
      .list(place)
      .some(
        (entry) =>
          matchesName(last, entry.name) &&
          (entry.type === 'file' || hasFiles(tree, inDirectory(place, entry.name), written !== path)),
      ),
  );
}

function namesIn(tree: SourceTree, place: string, segment: string, type: TreeEntry['type']): readonly string[] {
  return tree
    .list(place)
    .filter((entry) => entry.type === type && matchesName(segment, entry.name))
    .map(({ name }) => inDirectory(place, name));
}

/** Whether a directory has a file that is embedded with it: without `all:` no hidden one. Bounded: a large one has. */
function hasFiles(tree: SourceTree, directory: string, all: boolean): boolean {
  const queue = [directory];
  for (let at = 0; at < queue.length && at < 50; at += 1) {
    const place = queue[at] ?? '';
    const entries = tree.list(place).filter(({ name }) => all || !/^[._]/.test(name));
    if (entries.some(({ type }) => type === 'file')) return true;
    queue.push(...entries.map(({ name }) => inDirectory(place, name)));
  }
  return queue.length > 50;
}

function missing(tree: SourceTree, { written, file, line, path }: EmbedPattern): Failure {
  const frontEnd = frontEndNear(tree, joinPath(directoryName(file), path) ?? '');
  const maker =
    frontEnd === undefined
      ? 'Generate them first and commit them'
      : `${frontEnd} looks like the front end that makes them: build it first`;
  return new Failure('detect.unsupported', {
    message: `The program embeds '${written}', which matches no file of this tree: go would refuse to compile it`,
    where: `${file}:${line}`,
    remedy: `${maker}, so that they are in the tree and not ignored by git when Slipway runs; or name another program with --set go.main=./DIR.`,
  });
}

/** Where projects keep their front end, beside the directories above of what is missing. */
const frontEnds = ['web', 'ui', 'frontend', 'webui', 'client', 'app', 'dashboard', 'front', 'admin', 'site'];

function frontEndNear(tree: SourceTree, path: string): string | undefined {
  const parts = path.split('/').slice(0, -1);
  const above = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  const manifests = [...above, ...frontEnds, ''].map((directory) => inDirectory(directory, 'package.json'));
  return manifests.find((manifest) => tree.has(manifest));
}
