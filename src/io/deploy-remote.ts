import { mkdtemp, rm } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { TemplateSource } from '../core/plan.js';
import type { Progress } from '../core/progress.js';
import type { TemplateIntent, TemplateStore } from '../core/template-store.js';
import { makeCommit } from './deploy-commit.js';
import { byPath, carryOut, missingTemplate, templatePattern } from './deploy-edit.js';
import { type DeployGit, openDeployGit } from './deploy-git.js';
import type { TemplateStoreOptions } from './deploy-options.js';
import { publicUrl } from './public-url.js';

type Applied = Awaited<ReturnType<TemplateStore['apply']>>;
interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

type RepositorySource = Extract<TemplateSource, { readonly in: 'repository' }>;

/** What is known of the remote: its address, the branch, and the commit that was read last. */
interface Remote {
  readonly git: DeployGit;
  readonly directory: string;
  readonly url: string;
  readonly shown: string;
  readonly branch: string;
  readonly author: TemplateStoreOptions['author'];
  readonly signal: AbortSignal;
  tip: string;
}

/** As many as a busy repository may need: every rejection means that somebody else's push landed. */
const attempts = 60;
/** A push that failed though nobody else's landed: a lock, or a refusal. */
const patience = 4;

/**
 * Templates in a git repository of their own. Files are read from and written as git objects in a bare repository:
 * there is no work tree, so no filter, attribute or line-end setting can touch a byte, and nothing is half written
 * whenever this process ends; a deployment is the one push, done or not.
 */
export async function openRemoteTemplates(
  source: RepositorySource,
  options: TemplateStoreOptions,
): Promise<TemplateStore> {
  const remote = await openRemote(source, options);
  return {
    read: (path) => readTemplates(remote, path),
    apply: (intent, progress) => applyIntent(remote, intent, progress),
    close: () => rm(remote.directory, { recursive: true, force: true }),
  };
}

async function openRemote(source: RepositorySource, options: TemplateStoreOptions): Promise<Remote> {
  const signal = options.signal ?? new AbortController().signal;
  const url = resolveUrl(source.url, options.projectRoot);
  const shown = publicUrl(url) ?? url;
  refuseOptionLike(source, shown);
  const directory = await mkdtemp(join(options.workDirectory, 'deploy-'));
  try {
    const git = await openDeployGit({ directory, url, shownUrl: shown, signal });
    await git.run(['init', '--quiet', '--bare', '--template=', directory]);
    const branch = source.branch ?? (await defaultBranch(git, url, shown));
    const remote: Remote = { git, directory, url, shown, branch, author: options.author, signal, tip: '' };
    remote.tip = await fetchTip(remote, ['--depth=1']);
    return remote;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
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

async function fetchTip(remote: Remote, depth: readonly string[]): Promise<string> {
  const refs = `+refs/heads/${remote.branch}:refs/slipway/tip`;
  await remote.git.run(['fetch', '--quiet', '--no-tags', ...depth, '--', remote.url, refs]);
  return (await remote.git.run(['rev-parse', '--verify', 'refs/slipway/tip^{commit}'])).trim();
}

/** `mode type object<TAB>path`, NUL-ended: git-ls-tree(1). */
async function listFiles(
  remote: Remote,
  path: string,
  deep: boolean,
): Promise<ReadonlyMap<string, { mode: string; object: string }>> {
  const pathspec = path === '.' || path === '' ? [] : ['--', path];
  const answer = await remote.git.run([
    'ls-tree',
    ...(deep ? ['-r'] : []),
    '-z',
    '--full-tree',
    remote.tip,
    ...pathspec,
  ]);
  const files = new Map<string, { mode: string; object: string }>();
  for (const entry of answer.split('\0')) {
    const match = /^(100\d+) blob ([0-9a-f]+)\t([\s\S]+)$/.exec(entry);
    if (match?.[1] && match[2] && match[3]) files.set(match[3], { mode: match[1], object: match[2] });
  }
  return files;
}

async function readTemplates(remote: Remote, path: string): Promise<readonly TemplateFile[]> {
  const wanted = posix.normalize(path).replace(/\/$/, '');
  const files = await listFiles(remote, wanted, true);
  if (files.size === 0) throw missingTemplate(path, remote.shown);
  const found: TemplateFile[] = [];
  for (const [name, { object }] of files) {
    if (name === wanted || templatePattern.test(name))
      found.push({ path: name, text: await readBlob(remote, name, object) });
  }
  return found.sort(byPath);
}

async function readBlob(remote: Remote, path: string, object: string): Promise<string> {
  const text = await remote.git.run(['cat-file', 'blob', object]);
  if (!text.includes('\uFFFD')) return text;
  throw new Failure('deploy.template-invalid', {
    message: 'This template is not UTF-8 text',
    where: `${remote.shown}, ${path}`,
  });
}

async function applyIntent(remote: Remote, intent: TemplateIntent, progress: Progress): Promise<Applied> {
  let stuck = 0;
  for (let attempt = 1; ; attempt++) {
    const stored = await readStored(remote, intent.path);
    const text = carryOut(intent, stored?.text, remote.shown);
    if (stored === undefined || text === stored.text) return { text, before: text };
    const commit = await makeCommit(remote, intent, stored.mode, text);
    const refusal = await push(remote, commit);
    if (refusal === undefined) return { text, before: stored.text, commit };
    const before = remote.tip;
    remote.tip = await fetchTip(remote, []);
    // The reply got lost, not the push.
    if (await isAncestor(remote, commit)) return { text, before: stored.text, commit };
    stuck = before === remote.tip ? stuck + 1 : 0;
    if (attempt >= attempts || stuck >= patience) throw refusal;
    progress.info(`${remote.shown} moved on meanwhile; making the change again on what is there now`);
    await pause(remote, attempt);
  }
}

async function pause(remote: Remote, attempt: number): Promise<void> {
  await setTimeout(30 + Math.random() * 100 * Math.min(attempt, 8), undefined, { signal: remote.signal });
}

async function readStored(
  remote: Remote,
  path: string,
): Promise<{ readonly mode: string; readonly text: string } | undefined> {
  const file = (await listFiles(remote, path, false)).get(path);
  return file && { mode: file.mode, text: await readBlob(remote, path, file.object) };
}

/** Undefined: it landed. A push never forces: git refuses one that would lose somebody's commit. */
async function push(remote: Remote, commit: string): Promise<Failure | undefined> {
  try {
    await remote.git.run(['push', '--quiet', '--', remote.url, `${commit}:refs/heads/${remote.branch}`]);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

async function isAncestor(remote: Remote, commit: string): Promise<boolean> {
  const base = await remote.git.tryRun(['merge-base', commit, remote.tip]);
  return base?.trim() === commit;
}
