import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateIntent } from '../core/template-store.js';
import { commitMessage } from './deploy-edit.js';
import type { DeployGit } from './deploy-git.js';

/** Where a commit is made. */
export interface CommitPlace {
  readonly git: DeployGit;
  /** The bare repository, in which files of ours may lie. */
  readonly directory: string;
  readonly tip: string;
  readonly author?: { readonly name: string; readonly email: string } | undefined;
}

/** A commit on top of the tip with one file's text replaced; nothing refers to it yet. Returns its id. */
export async function makeCommit(
  remote: CommitPlace,
  intent: TemplateIntent,
  mode: string,
  text: string,
): Promise<string> {
  const inOurs = (name: string): string => join(remote.directory, `slipway-${name}`);
  const index = { GIT_INDEX_FILE: inOurs('index') };
  await writeFile(inOurs('content'), text, 'utf8');
  await writeFile(inOurs('message'), commitMessage(intent), 'utf8');
  await remote.git.run(['read-tree', remote.tip], index);
  const object = (await remote.git.run(['hash-object', '-w', '--no-filters', '--', inOurs('content')])).trim();
  await remote.git.run(['update-index', '--cacheinfo', `${mode},${object},${intent.path}`], index);
  const tree = (await remote.git.run(['write-tree'], index)).trim();
  const commit = ['commit-tree', tree, '-p', remote.tip, '-F', inOurs('message')];
  return (await remote.git.run(commit, await identity(remote))).trim();
}

/** Empty where git knows who commits (its configuration, `GIT_AUTHOR_…`, `EMAIL`). */
async function identity(remote: CommitPlace): Promise<Readonly<Record<string, string>>> {
  const known = async (variable: string) => (await remote.git.tryRun(['var', variable])) !== undefined;
  if (remote.author === undefined && (await known('GIT_AUTHOR_IDENT')) && (await known('GIT_COMMITTER_IDENT')))
    return {};
  const { name, email } = remote.author ?? { name: 'Slipway', email: 'slipway@localhost' };
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}
