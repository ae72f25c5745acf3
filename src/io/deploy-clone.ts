import { mkdtemp, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../core/failure.js';
import type { TemplateSource } from '../core/plan.js';
import type { Progress } from '../core/progress.js';
import { type DeployGit, openDeployGit } from './deploy-git.js';
import type { TemplateStoreOptions } from './deploy-options.js';
import { publicUrl } from './public-url.js';

/** A deploy repository's address, and how it is worked with. */
export type RepositorySource = Extract<TemplateSource, { readonly in: 'repository' }>;

/** What is known of the remote: its address, the branch, and the commit that was read last. */
export interface Remote {
  readonly git: DeployGit;
  /** The same, which a stopping run does not end at once: for what must not be left half done or unsaid. */
  readonly calmGit: DeployGit;
  readonly directory: string;
  readonly url: string;
  readonly shown: string;
  readonly branch: string;
  readonly author: TemplateStoreOptions['author'];
  readonly sign: boolean;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The tip that was fetched first: below it, this clone has no history. */
  readonly base: string;
  tip: string;
  identity?: Readonly<Record<string, string>>;
}

/** How long a git command that is better let finish goes on after the run was told to stop. */
const grace = 15_000;

/** Fetch the newest commit of the branch alone into a bare repository of ours. Throws `deploy.repository`. */
export async function openRemote(source: RepositorySource, options: TemplateStoreOptions): Promise<Remote> {
  const signal = options.signal ?? new AbortController().signal;
  const url = resolveUrl(source.url, options.projectRoot);
  const shown = publicUrl(url) ?? url;
  refuseOptionLike(source, shown);
  const directory = await mkdtemp(join(options.workDirectory, 'deploy-'));
  try {
    const place = { directory, url, shownUrl: shown };
    const git = await openDeployGit({ ...place, signal });
    const calmGit = await openDeployGit({ ...place, signal: later(signal) });
    await git.run(['init', '--quiet', '--bare', '--template=', directory]);
    const branch = source.branch ?? (await defaultBranch(git, url, shown));
    const tip = await fetchBranch(git, url, branch, ['--depth=1']);
    const { progress } = options;
    const author = source.author === undefined ? options.author : parseAuthor(source.author, shown);
    const sign = source.sign === true;
    return { git, calmGit, directory, url, shown, branch, author, sign, progress, signal, base: tip, tip };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** `Name <mail>`. */
function parseAuthor(text: string, where: string): { readonly name: string; readonly email: string } {
  const [, name, email] = /^([^<>]*[^<>\s]) <([^<>\s]+)>$/.exec(text) ?? [];
  if (name !== undefined && email !== undefined) return { name, email };
  throw new Failure('deploy.repository', {
    message: `'${text}' is no author of a commit`,
    where,
    remedy: 'Set deploy.author to a name and an address: Name <mail@example.com>',
  });
}

function later(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const wait = () => setTimeout(() => controller.abort(signal.reason), grace).unref();
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return controller.signal;
}

/** A path is relative to the project, not to wherever git happens to run. */
function resolveUrl(url: string, projectRoot: string): string {
  const isPath = !url.includes('://') && publicUrl(url) === undefined;
  return isPath && !isAbsolute(url) && !url.startsWith('-') ? resolve(projectRoot, url) : url;
}

function refuseOptionLike(source: RepositorySource, shown: string): void {
  const isBranch = source.branch === undefined || /^(?!-)[^\s~^:?*[\\]+$/.test(source.branch);
  if (!source.url.startsWith('-') && !/^\w+::/.test(source.url) && isBranch) return;
  throw new Failure('deploy.repository', {
    message: isBranch ? 'This is not the address of a git repository' : `'${source.branch}' is not a branch's name`,
    where: shown,
  });
}

/** `ref: refs/heads/main	HEAD`, see git-ls-remote(1) `--symref`. */
async function defaultBranch(git: DeployGit, url: string, shown: string): Promise<string> {
  const answer = await git.run(['ls-remote', '--symref', '--', url, 'HEAD']);
  const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer)?.[1];
  if (branch !== undefined) return branch;
  throw new Failure('deploy.repository', {
    message: 'The deploy repository has no default branch',
    where: shown,
    remedy: "Push a first commit to it, or set its 'branch'.",
  });
}

/** Fetch what the branch has by now; returns its tip. */
export async function fetchBranch(
  git: DeployGit,
  url: string,
  branch: string,
  how: readonly string[] = [],
): Promise<string> {
  const refs = `+refs/heads/${branch}:refs/slipway/tip`;
  await git.run(['fetch', '--no-tags', ...how, '--', url, refs]);
  return (await git.run(['rev-parse', '--verify', 'refs/slipway/tip^{commit}'])).trim();
}

/** A file of a commit, as git stores it. */
interface StoredFile {
  readonly mode: string;
  readonly object: string;
}

/** Regular files below a path of a commit, by path. `mode type object<TAB>path`, NUL-ended: git-ls-tree(1). */
export async function listFiles(
  git: DeployGit,
  commit: string,
  path: string,
  deep: boolean,
): Promise<ReadonlyMap<string, StoredFile>> {
  const pathspec = path === '.' || path === '' ? [] : ['--', path];
  const answer = await git.run(['ls-tree', ...(deep ? ['-r'] : []), '-z', '--full-tree', commit, ...pathspec]);
  const files = new Map<string, StoredFile>();
  for (const entry of answer.split('\0')) {
    const match = /^(100\d+) blob ([0-9a-f]+)\t([\s\S]+)$/.exec(entry);
    if (match?.[1] && match[2] && match[3]) files.set(match[3], { mode: match[1], object: match[2] });
  }
  return files;
}

/** One file of a commit; undefined where it has none of that name. */
export async function readStored(
  remote: Remote,
  commit: string,
  path: string,
): Promise<{ readonly mode: string; readonly text: string } | undefined> {
  const file = (await listFiles(remote.git, commit, path, false)).get(path);
  return file && { mode: file.mode, text: await readBlob(remote, path, file.object) };
}

/** Throws `deploy.template-invalid` for what is not UTF-8. */
export async function readBlob(remote: Remote, path: string, object: string): Promise<string> {
  const text = await remote.git.run(['cat-file', 'blob', object]);
  if (!text.includes('\uFFFD')) return text;
  throw new Failure('deploy.template-invalid', {
    message: 'This template is not UTF-8 text',
    where: `${remote.shown}, ${path}`,
  });
}
