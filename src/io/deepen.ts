import { devNull } from 'node:os';
import { describeError, Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import { surroundings } from './deploy-git.js';
import { findTopLevel } from './git-command.js';
import { publicUrl } from './public-url.js';

/** What fetching needs to be told. */
export interface Deepening {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** What to do where nothing can be fetched. */
  readonly remedy: string;
}

/**
 * Fetch what the clone lacks: the history below its shallow commits, and the tags. On a whole clone only the tags are asked
 * for, and it never becomes shallow. No branch, remote-tracking branch or configuration changes, nothing is pruned, and a tag
 * that is there stays where it is. Nobody is asked for a password. Without a repository nothing happens.
 *
 * Throws `detect.no-history` where nothing can be fetched, or a tag is on another commit than the remote's.
 */
export async function deepenHistory(directory: string, deepening: Deepening): Promise<void> {
  const topLevel = findTopLevel(directory);
  if (topLevel === undefined) return;
  const settings = await readSettings(topLevel, deepening);
  const remote = chooseRemote(settings, topLevel, deepening);
  const run = await openFetcher(topLevel, deepening.signal, settings.has('core.sshcommand'));
  deepening.progress.step(`fetch  history and tags of ${remote}`);
  try {
    const isShallow = (await run(['rev-parse', '--is-shallow-repository'])).trim() === 'true';
    if (isShallow) await run([...fetch, '--unshallow', '--refmap=', remote, 'HEAD']);
    await fetchTags(run, remote);
  } catch (error) {
    deepening.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    throw fetchFailure(error, settings.get(`remote.${remote}.url`) ?? '', topLevel, deepening);
  }
}

type Run = (args: readonly string[]) => Promise<string>;

/** Not `--quiet`: simple-git takes a command that fails without a word for one that worked. */
const fetch: readonly string[] = [
  'fetch',
  '--no-tags',
  '--no-prune',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--no-write-fetch-head',
];

/** Against a user's settings that would delete, rewrite or run something beside. How the remote is reached stays the user's. */
const configuration: readonly string[] = [
  `core.hooksPath=${devNull}`,
  'core.fsmonitor=false',
  'core.askPass=',
  'fetch.pruneTags=false',
  'fetch.writeCommitGraph=false',
  'gc.auto=0',
  'maintenance.auto=false',
];

async function openFetcher(topLevel: string, signal: AbortSignal, hasSshCommand: boolean): Promise<Run> {
  const { simpleGit } = await import('simple-git');
  const ambient = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !surroundings.test(entry[0]) && !/^SSH_ASKPASS/.test(entry[0]),
  );
  const environment: Record<string, string> = { ...Object.fromEntries(ambient), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  if (!hasSshCommand && !environment.GIT_SSH) environment.GIT_SSH_COMMAND ??= 'ssh -oBatchMode=yes';
  const options = {
    baseDir: topLevel,
    config: [...configuration, `safe.directory=${topLevel}`],
    abort: signal,
    timeout: { block: 120_000, stdOut: true, stdErr: true },
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeSshCommand: true,
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeUrlRewrite: true,
      allowUnsafeGitProxy: true,
    },
  };
  return async (args) =>
    await simpleGit(options)
      .env(environment)
      .raw([...args]);
}

/** All settings that are in force there, the last of each; keys in lower case but for what names a remote. */
async function readSettings(topLevel: string, deepening: Deepening): Promise<ReadonlyMap<string, string>> {
  try {
    const git = await openFetcher(topLevel, deepening.signal, true);
    const entries = (await git(['config', '--list', '-z'])).split('\0').map((entry) => {
      const end = entry.indexOf('\n');
      return end < 0 ? ([entry, 'true'] as const) : ([entry.slice(0, end), entry.slice(end + 1)] as const);
    });
    return new Map(entries);
  } catch (error) {
    deepening.signal.throwIfAborted();
    throw fetchFailure(error, '', topLevel, deepening);
  }
}

/** `origin`, or the only one there is. */
function chooseRemote(settings: ReadonlyMap<string, string>, topLevel: string, { remedy }: Deepening): string {
  const remotes = [...settings.keys()].flatMap((key) => /^remote\.(.+)\.url$/s.exec(key)?.[1] ?? []);
  const chosen = remotes.includes('origin') ? 'origin' : remotes.length === 1 ? remotes[0] : undefined;
  if (chosen !== undefined && !chosen.startsWith('-')) return chosen;
  throw new Failure('detect.no-history', {
    message: `--deepen has nothing to fetch from: there is ${remotes.length === 0 ? 'no remote' : 'no remote origin'}`,
    where: topLevel,
    remedy,
    candidates: remotes,
  });
}

/**
 * Git refuses to move a tag, and then ends with an error though it fetched the others. One that is lightweight here and
 * annotated there, as some checkouts leave it, is no quarrel while both are the same commit.
 */
async function fetchTags(run: Run, remote: string): Promise<void> {
  try {
    await run([...fetch, remote, 'refs/tags/*:refs/tags/*']);
  } catch (error) {
    const theirs = tagCommits(await run(['ls-remote', '--tags', remote]), '\t');
    const ours = tagCommits(await run(['show-ref', '--head', '--dereference']), ' ');
    const moved = [...theirs].filter(([tag, commit]) => ours.has(tag) && ours.get(tag) !== commit).map(([tag]) => tag);
    if (moved.length > 0) throw movedTags(moved, remote);
    if ([...theirs.keys()].some((tag) => !ours.has(tag))) throw error;
  }
}

function tagCommits(text: string, separator: string): ReadonlyMap<string, string> {
  const prefix = 'refs/tags/';
  const commits = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [object = '', ref = ''] = line.split(separator);
    if (ref.startsWith(prefix)) commits.set(ref.slice(prefix.length).replace(/\^\{\}$/, ''), object);
  }
  return commits;
}

function movedTags(tags: readonly string[], remote: string): Failure {
  return new Failure('detect.no-history', {
    message: `Tags are on other commits here than at ${remote}`,
    where: remote,
    remedy: 'Delete those here that are wrong, and fetch again: a version must not depend on who builds it.',
    candidates: tags,
  });
}

/** Git repeats the address in its messages: a password in it must not be seen. */
function fetchFailure(error: unknown, url: string, topLevel: string, { remedy }: Deepening): Failure {
  const said = error instanceof Error ? error.message.split('\n').filter((line) => line.trim() !== '') : [];
  const shown = publicUrl(url) ?? 'the remote';
  const hide = (text: string): string => (url === '' ? text : text.replaceAll(url, shown));
  const telling = said.find((line) => /^(?:fatal|error|remote|!)/.test(line)) ?? said[0] ?? describeError(error);
  return new Failure('detect.no-history', {
    message: `git cannot fetch what the clone lacks: ${hide(telling)}`,
    where: topLevel,
    remedy,
    lastLines: said.slice(-10).map(hide),
  });
}
