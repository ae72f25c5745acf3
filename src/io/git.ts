import { existsSync, lstatSync } from 'node:fs';
import { join, posix, relative, resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import type { GitFacts, KnownTag } from '../core/history.js';
import { digestFiles } from './content-digest.js';
import { type GitReader, openGit } from './git-command.js';
import { publicUrl } from './public-url.js';
import { listSourceFiles } from './source-files.js';

/** What a reader of history needs to be told. */
export interface GitReading {
  /** Which of the reachable tags the distance is counted from; undefined: none of them. */
  readonly chooseBase: (tags: readonly string[]) => string | undefined;
  /** Files that are not part of the sources though they lie there, as the files that stages hand over: absolute, or from the directory. */
  readonly exclude?: readonly string[];
  /**
   * Count only commits that touched the directory or these paths, from the repository's root; undefined: all count. Where the
   * directory is the root, only the paths are meant, and without any all commits.
   */
  readonly paths?: readonly string[];
}

/**
 * What git says of the commit and of the files under `directory`. Nothing is changed, and no configuration of the user
 * changes the answer. Without a repository or a commit, the digest is taken over all source files. Throws
 * `detect.no-history` where there is a repository that git cannot read, `settings.invalid` for a path that the commit has not.
 */
export async function readGitFacts(directory: string, reading: GitReading): Promise<GitFacts> {
  const root = resolve(directory);
  const excluded = (reading.exclude ?? []).map((path) => relative(root, resolve(root, path)));
  const git = await openGit(root);
  if (git === undefined) return { ...(await allSources(root, excluded)), shallow: false };
  const counted = countedPaths(git, root, reading.paths);
  const [head, status, known, reachable, url, shallow] = await Promise.allSettled([
    readHead(git),
    readStatus(git, excluded, counted),
    readKnownTags(git),
    readReachableTags(git),
    readOrigin(git),
    isShallow(git),
  ]);
  const { branch, revision, changed, ignoredDirectories } = settledValue(status);
  if (isInside(relative(git.topLevel, root), ignoredDirectories))
    return { ...(await allSources(root, excluded)), shallow: false };
  const named = {
    ...(branch !== undefined && { branch }),
    ...optional('url', settledValue(url)),
    shallow: settledValue(shallow),
  };
  if (revision === undefined) return { ...(await allSources(root, excluded)), ...named };
  const { committedAt, parents } = settledValue(head);
  const knownTags = settledValue(known);
  const baseTag = reading.chooseBase(settledValue(reachable));
  const [distance, dirtyDigest] = await Promise.all([
    countCommits(git, baseTag, counted),
    changed.length === 0 ? undefined : digestChanged(git.topLevel, changed),
    requirePaths(git, reading.paths ?? []),
  ]);
  return {
    revision,
    ...optional('committedAt', committedAt),
    parents,
    ...named,
    dirty: changed.length > 0,
    ...optional('dirtyDigest', dirtyDigest),
    exactTags: knownTags.filter((tag) => tag.commit === revision).map((tag) => tag.name),
    knownTags,
    ...optional('baseTag', baseTag),
    distance,
  };
}

async function allSources(root: string, excluded: readonly string[]): Promise<Omit<GitFacts, 'shallow'>> {
  const files = await listSourceFiles(root);
  const dirtyDigest = await digestFiles(
    root,
    files.filter((file) => !excluded.includes(file)),
  );
  return { dirty: true, dirtyDigest, exactTags: [], knownTags: [], parents: [], distance: 0 };
}

/** A changed directory is a repository of its own, a submodule or one that git does not know: its files are its content. */
async function digestChanged(topLevel: string, changed: readonly string[]): Promise<string> {
  const lists = await Promise.all(
    changed.map(async (path) => {
      const absolute = join(topLevel, path);
      if (lstatSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
      return (await listSourceFiles(absolute)).map((file) => posix.join(path, file));
    }),
  );
  return digestFiles(topLevel, lists.flat());
}

/** The end of the year 9999, the last that ISO 8601 writes with four digits. */
const lastSecond = 253_402_300_799;

/** The commit object itself: what git makes of it would depend on grafts, replacements and the settings of `log`. */
async function readHead(
  git: GitReader,
): Promise<{ readonly committedAt: string | undefined; readonly parents: readonly string[] }> {
  const [headers = ''] = (await git.run(['cat-file', 'commit', 'HEAD'])).split('\n\n', 1);
  const lines = headers.split('\n');
  const seconds = Number(/ (\d+) [+-]\d+$/.exec(lines.find((line) => line.startsWith('committer ')) ?? '')?.[1]);
  return {
    // A time that no calendar has, as some histories were imported with, is none.
    committedAt: seconds <= lastSecond ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : undefined,
    parents: lines.filter((line) => line.startsWith('parent ')).map((line) => line.slice('parent '.length)),
  };
}

/** Pathspecs, from the work tree's root, of what belongs to the project; undefined: everything does. */
function countedPaths(
  git: GitReader,
  root: string,
  paths: readonly string[] | undefined,
): readonly string[] | undefined {
  const own = relative(git.topLevel, root);
  const all = own === '' ? (paths ?? []) : [own, ...(paths ?? [])];
  if (paths === undefined || all.length === 0) return undefined;
  return all.map((path) => `:(top,literal)${path}`);
}

/** A mistyped path would be touched by no commit, and the distance would stand still. */
async function requirePaths(git: GitReader, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const wanted = paths.map((path) => path.replace(/\/+$/, ''));
  const found = (await git.run(['ls-tree', '--full-tree', '--name-only', '-z', 'HEAD', '--', ...wanted])).split('\0');
  const missing = wanted.filter((path) => !found.includes(path));
  if (missing.length === 0) return;
  throw new Failure('settings.invalid', {
    message: `The commit has no ${missing.join(', ')}`,
    where: 'version.paths',
    remedy: 'Name files and directories of the repository, from its root, with / between them and none at the end.',
  });
}

interface Status {
  readonly revision?: string;
  readonly branch?: string;
  /** Paths from the top level. */
  readonly changed: readonly string[];
  /** Directories that the repository ignores as a whole, from the top level, with a slash at the end. */
  readonly ignoredDirectories: readonly string[];
}

/** Format: git-status(1), "Porcelain Format Version 2". Only what is under the directory asked about, and the paths counted with it. */
async function readStatus(
  git: GitReader,
  excluded: readonly string[],
  counted: readonly string[] = [],
): Promise<Status> {
  const options = ['--porcelain=v2', '--branch', '-z', '--untracked-files=all', '--ignored=matching', '--no-renames'];
  const without = excluded.filter((path) => !path.startsWith('..')).map((path) => `:(exclude,literal)${path}`);
  const paths = ['.', ...counted, ...without];
  const text = await git.run(['status', ...options, '--ignore-submodules=none', '--', ...paths]);
  const lines = text.split('\0').filter((line) => line !== '');
  const revision = headerOf(lines, 'branch.oid', '(initial)');
  const branch = headerOf(lines, 'branch.head', '(detached)');
  return {
    ...optional('revision', revision),
    ...optional('branch', branch),
    changed: lines.map(changedPath).filter((path) => path !== undefined),
    ignoredDirectories: lines.filter((line) => /^! .*\/$/s.test(line)).map((line) => line.slice(2)),
  };
}

function isInside(path: string, directories: readonly string[]): boolean {
  return directories.some((directory) => `${path}/`.startsWith(directory));
}

function headerOf(lines: readonly string[], key: string, absent: string): string | undefined {
  const start = `# ${key} `;
  const value = lines.find((line) => line.startsWith(start))?.slice(start.length);
  return value === absent ? undefined : value;
}

/** Fields before the path: 8 in an ordinary entry, 10 in an unmerged one, 1 in an untracked one. */
function changedPath(line: string): string | undefined {
  const fields = { '1': 8, u: 10, '?': 1 }[line.charAt(0)];
  return fields === undefined ? undefined : line.split(' ').slice(fields).join(' ');
}

const tagNames = 'refs/tags/';

/**
 * All tags with the commits they lead to, through however many tags of tags: git-show-ref(1), `^{}`. `--head` only because
 * git ends with an error where there is nothing to show.
 */
async function readKnownTags(git: GitReader): Promise<readonly KnownTag[]> {
  const commits = new Map<string, string>();
  for (const line of (await git.run(['show-ref', '--head', '--dereference'])).split('\n')) {
    const [object = '', ref = ''] = splitOnce(line);
    if (ref.startsWith(tagNames)) commits.set(ref.slice(tagNames.length).replace(/\^\{\}$/, ''), object);
  }
  return [...commits].map(([name, commit]) => ({ name, commit }));
}

function splitOnce(line: string): readonly [string, string] {
  const space = line.indexOf(' ');
  return [line.slice(0, space), line.slice(space + 1)];
}

/** The branches are listed only because simple-git waits 50 ms more for a command that says nothing. */
async function readReachableTags(git: GitReader): Promise<readonly string[]> {
  const text = await git.run(['for-each-ref', '--merged=HEAD', '--format=%(refname)', tagNames, 'refs/heads/']);
  return text
    .split('\n')
    .filter((line) => line.startsWith(tagNames))
    .map((line) => line.slice(tagNames.length));
}

/** All of the repository's own configuration: a missing key would be silence, too. The first URL is the one git fetches from. */
async function readOrigin(git: GitReader): Promise<string | undefined> {
  const key = 'remote.origin.url\n';
  const entries = (await git.run(['config', '--local', '--list', '-z'])).split('\0');
  const url = entries.find((entry) => entry.startsWith(key))?.slice(key.length);
  return url === undefined ? undefined : publicUrl(url);
}

/** The full history: a simplified one leaves out side branches, and a merge could make the distance smaller. */
async function countCommits(
  git: GitReader,
  baseTag: string | undefined,
  counted: readonly string[] | undefined,
): Promise<number> {
  const range = baseTag === undefined ? ['HEAD'] : ['HEAD', `^refs/tags/${baseTag}`];
  const paths = counted === undefined ? [] : ['--', ...counted];
  return Number(await git.run(['rev-list', '--count', '--full-history', ...range, ...paths]));
}

/** A `.git` that is a file leads elsewhere: git is asked. Otherwise its own marker says it without a process. */
async function isShallow(git: GitReader): Promise<boolean> {
  const directory = join(git.topLevel, '.git');
  if (existsSync(join(directory, 'HEAD'))) return existsSync(join(directory, 'shallow'));
  return (await git.run(['rev-parse', '--is-shallow-repository'])).trim() === 'true';
}

function settledValue<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: T });
}
