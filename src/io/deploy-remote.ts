import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, posix, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../core/failure.js';
import type { TemplateSource } from '../core/plan.js';
import { applyEdits, templatePattern } from './deploy-edit.js';
import { type DeployGit, openDeployGit } from './deploy-git.js';
import type {
  TemplateEdit,
  TemplateFile,
  TemplateRepository,
  TemplateSourceOptions,
  WrittenTemplates,
} from './deploy-repository.js';
import { publicUrl } from './public-url.js';

type RepositorySource = Extract<TemplateSource, { readonly in: 'repository' }>;

/** What is known of the remote: its address, the branch, and the commit that was read last. */
interface Remote {
  readonly git: DeployGit;
  readonly directory: string;
  readonly url: string;
  readonly shown: string;
  readonly branch: string;
  readonly options: TemplateSourceOptions;
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
  options: TemplateSourceOptions,
): Promise<TemplateRepository> {
  const remote = await openRemote(source, options);
  return {
    shown: remote.shown,
    currentRevision: () => remote.tip,
    readTemplates: (directory) => readTemplates(remote, directory),
    write: (edits, message) => writeTemplates(remote, edits, message),
    close: () => rm(remote.directory, { recursive: true, force: true }),
  };
}

async function openRemote(source: RepositorySource, options: TemplateSourceOptions): Promise<Remote> {
  const url = resolveUrl(source.url, options.projectRoot);
  const shown = publicUrl(url) ?? url;
  refuseOptionLike(source, shown);
  const directory = await mkdtemp(join(options.workDirectory, 'deploy-'));
  try {
    const git = await openDeployGit({ directory, url, shownUrl: shown, signal: options.signal });
    await git.run(['init', '--quiet', '--bare', '--template=', directory]);
    const branch = source.branch ?? (await defaultBranch(git, url, shown));
    const remote: Remote = { git, directory, url, shown, branch, options, tip: '' };
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

async function readTemplates(remote: Remote, directory: string): Promise<readonly TemplateFile[]> {
  const files = [...(await listFiles(remote, posix.normalize(directory).replace(/\/$/, ''), true))];
  const found: TemplateFile[] = [];
  for (const [path, { object }] of files.filter(([name]) => templatePattern.test(name))) {
    found.push({ path, text: await readBlob(remote, path, object) });
  }
  return found.sort((left, right) => (left.path < right.path ? -1 : 1));
}

async function readBlob(remote: Remote, path: string, object: string): Promise<string> {
  const text = await remote.git.run(['cat-file', 'blob', object]);
  if (!text.includes('\uFFFD')) return text;
  throw new Failure('deploy.template-invalid', {
    message: 'This template is not UTF-8 text',
    where: `${remote.shown}, ${path}`,
  });
}

async function writeTemplates(
  remote: Remote,
  edits: readonly TemplateEdit[],
  message: string,
): Promise<WrittenTemplates> {
  const seen = new Map<TemplateEdit, string | undefined>();
  let pushed: string | undefined;
  let stuck = 0;
  for (let attempt = 1; ; attempt++) {
    const stored = await readEdited(remote, edits);
    const files = applyEdits(edits, (path) => stored.get(path)?.text, seen, remote.shown);
    const changed = files.filter((file) => stored.get(file.path)?.text !== file.text);
    if (changed.length === 0) return { files, changed: false };
    const commit = await makeCommit(remote, changed, stored, message);
    const refusal = await push(remote, commit);
    if (refusal === undefined) return { files, changed: true, commit };
    pushed = commit;
    const before = remote.tip;
    remote.tip = await fetchTip(remote, []);
    // The reply got lost, not the push.
    if (await isAncestor(remote, pushed)) return { files, changed: true, commit };
    stuck = before === remote.tip ? stuck + 1 : 0;
    if (attempt >= attempts || stuck >= patience) throw refusal;
    remote.options.progress.info(`${remote.shown} moved on meanwhile; making the change again on what is there now`);
    const pause = 30 + Math.random() * 100 * Math.min(attempt, 8);
    await setTimeout(pause, undefined, { signal: remote.options.signal });
  }
}

interface StoredFile {
  readonly mode: string;
  readonly text: string;
}

async function readEdited(remote: Remote, edits: readonly TemplateEdit[]): Promise<ReadonlyMap<string, StoredFile>> {
  const stored = new Map<string, StoredFile>();
  for (const path of new Set(edits.map((edit) => edit.path))) {
    const file = (await listFiles(remote, path, false)).get(path);
    if (file !== undefined) stored.set(path, { mode: file.mode, text: await readBlob(remote, path, file.object) });
  }
  return stored;
}

async function makeCommit(
  remote: Remote,
  changed: readonly TemplateFile[],
  stored: ReadonlyMap<string, StoredFile>,
  message: string,
): Promise<string> {
  const index = { GIT_INDEX_FILE: join(remote.directory, 'slipway-index') };
  await remote.git.run(['read-tree', remote.tip], index);
  for (const file of changed) {
    const content = join(remote.directory, 'slipway-content');
    await writeFile(content, file.text, 'utf8');
    const object = (await remote.git.run(['hash-object', '-w', '--no-filters', '--', content])).trim();
    const mode = stored.get(file.path)?.mode ?? '100644';
    await remote.git.run(['update-index', '--cacheinfo', `${mode},${object},${file.path}`], index);
  }
  const tree = (await remote.git.run(['write-tree'], index)).trim();
  const messageFile = join(remote.directory, 'slipway-message');
  await writeFile(messageFile, message, 'utf8');
  const author = await authorEnvironment(remote);
  return (await remote.git.run(['commit-tree', tree, '-p', remote.tip, '-F', messageFile], author)).trim();
}

async function authorEnvironment(remote: Remote): Promise<Readonly<Record<string, string>>> {
  const { author } = remote.options;
  if (author === undefined && (await isConfigured(remote))) return {};
  const { name, email } = author ?? { name: 'Slipway', email: 'slipway@localhost' };
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}

async function isConfigured(remote: Remote): Promise<boolean> {
  const read = (key: string) => remote.git.tryRun(['config', '--get', key]);
  return Boolean((await read('user.name'))?.trim()) && Boolean((await read('user.email'))?.trim());
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
