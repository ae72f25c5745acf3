import { existsSync, lstatSync } from 'node:fs';
import { join, posix, relative, resolve } from 'node:path';
import type { GitFacts } from '../core/history.js';
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
}

/**
 * What git says of the commit and of the files under `directory`. Nothing is changed, and no configuration of the user
 * changes the answer. Without a repository or a commit, the digest is taken over all source files. Throws
 * `detect.no-history` where there is a repository that git cannot read.
 */
export async function readGitFacts(directory: string, reading: GitReading): Promise<GitFacts> {
  const root = resolve(directory);
  const excluded = (reading.exclude ?? []).map((path) => relative(root, resolve(root, path)));
  const git = await openGit(root);
  if (git === undefined) return { ...(await allSources(root, excluded)), shallow: false };
  const [head, status, tags, url, shallow] = await Promise.allSettled([
    readHead(git),
    readStatus(git, root, excluded),
    readTags(git),
    readOrigin(git),
    isShallow(git),
  ]);
  const { branch, revision, changed, ignored } = settledValue(status);
  if (ignored) return { ...(await allSources(root, excluded)), shallow: false };
  const named = {
    ...(branch !== undefined && { branch }),
    ...optional('url', settledValue(url)),
    shallow: settledValue(shallow),
  };
  if (revision === undefined) return { ...(await allSources(root, excluded)), ...named };
  const { committedAt } = settledValue(head);
  const reachable = settledValue(tags);
  const baseTag = reading.chooseBase(reachable.map((tag) => tag.name));
  const [distance, dirtyDigest] = await Promise.all([
    countCommits(git, baseTag),
    changed.length === 0 ? undefined : digestChanged(git.topLevel, changed),
  ]);
  return {
    revision,
    committedAt,
    ...named,
    dirty: changed.length > 0,
    ...optional('dirtyDigest', dirtyDigest),
    exactTags: reachable.filter((tag) => tag.commit === revision).map((tag) => tag.name),
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
  return { dirty: true, dirtyDigest, exactTags: [], distance: 0 };
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

async function readHead(git: GitReader): Promise<{ readonly committedAt: string }> {
  const seconds = Number(await git.run(['log', '-1', '--format=%ct', 'HEAD']));
  return { committedAt: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') };
}

interface Status {
  readonly revision?: string;
  readonly branch?: string;
  /** Paths from the top level. */
  readonly changed: readonly string[];
  /** The repository ignores the whole directory: it is not its source. */
  readonly ignored: boolean;
}

/** Format: git-status(1), "Porcelain Format Version 2". Only what is under the directory asked about. */
async function readStatus(git: GitReader, root: string, excluded: readonly string[]): Promise<Status> {
  const options = ['--porcelain=v2', '--branch', '-z', '--untracked-files=all', '--ignored=matching', '--no-renames'];
  const paths = ['.', ...excluded.filter((path) => !path.startsWith('..')).map((path) => `:(exclude,literal)${path}`)];
  const text = await git.run(['status', ...options, '--', ...paths]);
  const lines = text.split('\0').filter((line) => line !== '');
  const revision = headerOf(lines, 'branch.oid', '(initial)');
  const branch = headerOf(lines, 'branch.head', '(detached)');
  const place = `${relative(git.topLevel, root)}/`;
  return {
    ...optional('revision', revision),
    ...optional('branch', branch),
    changed: lines.map(changedPath).filter((path) => path !== undefined),
    ignored: lines.some((line) => line.startsWith('! ') && line.endsWith('/') && place.startsWith(line.slice(2))),
  };
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

interface TagOfHistory {
  readonly name: string;
  /** Id of the commit, of a lightweight and of an annotated tag alike. */
  readonly commit: string;
}

const tagNames = 'refs/tags/';

/** The branches are listed only because simple-git waits 50 ms more for a command that says nothing. */
async function readTags(git: GitReader): Promise<readonly TagOfHistory[]> {
  const format = '%(refname)%00%(objectname)%00%(*objectname)';
  const text = await git.run(['for-each-ref', '--merged=HEAD', `--format=${format}`, tagNames, 'refs/heads/']);
  return text
    .split('\n')
    .filter((line) => line.startsWith(tagNames))
    .map((line) => {
      const [name = '', object = '', peeled = ''] = line.slice(tagNames.length).split('\0');
      return { name, commit: peeled || object };
    });
}

/** All of the repository's own configuration: a missing key would be silence, too. The first URL is the one git fetches from. */
async function readOrigin(git: GitReader): Promise<string | undefined> {
  const key = 'remote.origin.url\n';
  const entries = (await git.run(['config', '--local', '--list', '-z'])).split('\0');
  const url = entries.find((entry) => entry.startsWith(key))?.slice(key.length);
  return url === undefined ? undefined : publicUrl(url);
}

async function countCommits(git: GitReader, baseTag: string | undefined): Promise<number> {
  const range = baseTag === undefined ? ['HEAD'] : ['HEAD', `^refs/tags/${baseTag}`];
  return Number(await git.run(['rev-list', '--count', ...range]));
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
