import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecord } from '../core/deployment-trailers.js';
import type { DeploymentRecord, TemplateIntent, TemplateStore } from '../core/template-store.js';
import { fetchBranch, type Remote } from './deploy-clone.js';
import { type DeployGit, openDeployGit } from './deploy-git.js';
import { fetchNotes, notesRef } from './deploy-notes.js';

type Wanted = Parameters<TemplateStore['history']>[0];
type Service = Pick<DeploymentRecord, 'environment' | 'service'>;
type Change = Pick<DeploymentRecord, 'commit' | 'author' | 'at'>;

/** What the branch's history tells. */
export interface DeployLog {
  history(wanted: Wanted): Promise<readonly DeploymentRecord[]>;
  /** The newest record of a service, also where it landed after the history was fetched. */
  newest(service: Service): Promise<DeploymentRecord | undefined>;
  /** The commit that changed the intent's template to what it is; undefined where it is not known. */
  changedBy(intent: TemplateIntent): Promise<Change | undefined>;
}

/**
 * How many generations of commits are fetched before all are: most questions are answered by the first few, and a server that
 * cannot leave out trees and texts would send those of every commit.
 */
const depths: readonly (number | undefined)[] = [200, 4000, undefined];

/**
 * History lives in a bare repository of its own beside the clone that is written to: it has commits without their trees (where the
 * server can leave them out), and a clone that lacks objects should not be pushed from.
 */
export function openLog(remote: Remote): DeployLog {
  let opening: Promise<Log> | undefined;
  const open = (): Promise<Log> => {
    opening ??= openLogRepository(remote);
    return opening;
  };
  const known = new Map<string, Promise<DeploymentRecord | undefined>>();
  const newest = async ({ environment, service }: Service): Promise<DeploymentRecord | undefined> => {
    const wanted = { environment, service, limit: 1 };
    const key = JSON.stringify([environment, service]);
    if (!known.has(key))
      known.set(
        key,
        open().then(async (log) => (await readDeep(log, wanted, false))[0]),
      );
    const first = await known.get(key);
    const [later] = await readLog(remote.git, [`${remote.base}..${remote.tip}`], wanted);
    return later ?? first;
  };
  return {
    history: async (wanted) => readDeep(await open(), wanted, true),
    newest,
    changedBy: async (intent) => {
      const since = await lastChange(remote, intent.path);
      if (since !== undefined) return since;
      return newest(intent.deployment);
    },
  };
}

const origin = 'slipway';

interface Log {
  readonly git: DeployGit;
  readonly remote: Remote;
  /** Index in `depths` of what was fetched; undefined: nothing yet. */
  fetched: number | undefined;
}

async function openLogRepository(remote: Remote): Promise<Log> {
  const directory = join(remote.directory, 'slipway-log.git');
  await mkdir(directory);
  const { url, shown, signal } = remote;
  const git = await openDeployGit({ directory, url, shownUrl: shown, signal });
  await git.run(['init', '--quiet', '--bare', '--template=', directory]);
  // Git notes down whom it got the filtered objects from by the remote's name, and a path is no name.
  await git.run(['config', `remote.${origin}.url`, url]);
  return { git, remote, fetched: undefined };
}

async function readDeep(log: Log, wanted: Wanted, withNotes: boolean): Promise<readonly DeploymentRecord[]> {
  if (withNotes) await fetchNotes(log.git, origin);
  for (let step = log.fetched ?? 0; ; step++) {
    const isComplete = await fetchLog(log, step);
    const records = await readLog(log.git, ['refs/slipway/tip'], wanted, withNotes);
    if (isComplete || records.length >= wanted.limit) return records.slice(0, wanted.limit);
  }
}

/** `--filter` is a wish: a server that cannot filter sends all, and says so on stderr. */
async function fetchLog(log: Log, step: number): Promise<boolean> {
  const depth = depths[step];
  const infinite = '2147483647';
  await fetchBranch(log.git, origin, log.remote.branch, ['--filter=tree:0', `--depth=${depth ?? infinite}`]);
  log.fetched = step;
  return depth === undefined || (await log.git.run(['rev-parse', '--is-shallow-repository'])).trim() !== 'true';
}

/** Records among the commits of a range, newest first; children before their parents, whatever the clocks said. */
async function readLog(
  git: DeployGit,
  range: readonly string[],
  { environment, service }: Pick<Wanted, 'environment' | 'service'>,
  withNotes = false,
): Promise<readonly DeploymentRecord[]> {
  const greps = [
    `Slipway-Environment: ${environment}`,
    ...(service === undefined ? [] : [`Slipway-Service: ${service}`]),
  ];
  const answer = await git.run([
    'log',
    '-z',
    '--date-order',
    '--fixed-strings',
    '--all-match',
    ...greps.map((text) => `--grep=${text}`),
    withNotes ? `--notes=${notesRef}` : '--no-notes',
    `--format=${changeFormat}%x00%(trailers:only,unfold)%x00${withNotes ? '%N' : ''}`,
    ...range,
    '--',
  ]);
  return fieldsOf(answer, 5).flatMap(([commit = '', seconds = '', author = '', trailers = '', note = '']) => {
    const record = readRecord({ commit, at: isoTime(seconds), author }, trailers, note);
    const isWanted = record?.environment === environment && (service === undefined || record.service === service);
    return record !== undefined && isWanted ? [record] : [];
  });
}

const changeFormat = '%H%x00%ct%x00%an <%ae>';

/** Among the commits that came since this clone was made: it has no other. */
async function lastChange(remote: Remote, path: string): Promise<Change | undefined> {
  const range = `${remote.base}..${remote.tip}`;
  const answer = await remote.git.run([
    'log',
    '-z',
    '-1',
    `--format=${changeFormat}`,
    range,
    '--',
    `:(top,literal)${path}`,
  ]);
  const [commit, seconds, author] = fieldsOf(answer, 3)[0] ?? [];
  return commit && seconds && author ? { commit, at: isoTime(seconds), author } : undefined;
}

function fieldsOf(answer: string, count: number): readonly (readonly string[])[] {
  const fields = answer.split('\0');
  return Array.from({ length: Math.floor(fields.length / count) }, (_, index) =>
    fields.slice(index * count, (index + 1) * count),
  );
}

function isoTime(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(/\.000Z$/, 'Z');
}

/** Have a record's commit with its files in the clone. Throws `deploy.repository` where the server has no such commit. */
export async function fetchRecord(remote: Remote, commit: string): Promise<void> {
  if (await isWhole(remote, commit)) return;
  // Any commit by its id: protocol version 2, and servers that allow it (`uploadpack.allowReachableSHA1InWant`).
  const fetched = await remote.git.attempt(['fetch', '--no-tags', '--depth=1', '--', remote.url, commit]);
  if (fetched.done) return;
  for (const depth of ['200', '4000', '2147483647']) {
    await fetchBranch(remote.git, remote.url, remote.branch, [`--depth=${depth}`]);
    if (await isWhole(remote, commit)) return;
  }
  throw fetched.failure;
}

async function isWhole(remote: Remote, commit: string): Promise<boolean> {
  return (await remote.git.tryRun(['rev-parse', '--verify', `${commit}^{tree}`])) !== undefined;
}
