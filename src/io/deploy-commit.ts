import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deploymentMessage } from '../core/deployment-trailers.js';
import { Failure } from '../core/failure.js';
import type { TemplateIntent } from '../core/template-store.js';
import type { Remote } from './deploy-clone.js';

/** A text that is to be committed, and what it replaces. */
interface Replacement {
  readonly intent: TemplateIntent;
  /** The file's mode in git's tree. */
  readonly mode: string;
  readonly before: string;
  readonly text: string;
}

/** A commit on top of the tip with one file's text replaced; nothing refers to it yet. Returns its id. */
export async function makeCommit(remote: Remote, { intent, mode, before, text }: Replacement): Promise<string> {
  const inOurs = (name: string): string => join(remote.directory, `slipway-${name}`);
  const index = { GIT_INDEX_FILE: inOurs('index') };
  await writeFile(inOurs('content'), text, 'utf8');
  const message = deploymentMessage(intent.deployment, intent.path, intent.currentImage(before));
  await writeFile(inOurs('message'), message, 'utf8');
  await remote.git.run(['read-tree', remote.tip], index);
  const object = (await remote.git.run(['hash-object', '-w', '--no-filters', '--', inOurs('content')])).trim();
  await remote.git.run(['update-index', '--cacheinfo', `${mode},${object},${intent.path}`], index);
  const tree = (await remote.git.run(['write-tree'], index)).trim();
  const commit = ['commit-tree', ...(remote.sign ? ['-S'] : []), tree, '-p', remote.tip, '-F', inOurs('message')];
  try {
    return (await remote.git.run(commit, await identity(remote))).trim();
  } catch (error) {
    throw remote.sign && error instanceof Failure && !remote.signal.aborted ? unsigned(error) : error;
  }
}

function unsigned(failure: Failure): Failure {
  return new Failure('deploy.repository', {
    message: `git cannot sign the commit: ${failure.message}`,
    where: 'deploy.sign',
    remedy: 'Configure git for it (user.signingKey, gpg.format) where Slipway runs, or leave out deploy.sign.',
    ...(failure.lastLines !== undefined && { lastLines: failure.lastLines }),
    cause: failure,
  });
}

/** Who commits, as git's variables. Empty where git knows it itself (its configuration, `GIT_AUTHOR_…`, `EMAIL`). */
export async function identity(remote: Remote): Promise<Readonly<Record<string, string>>> {
  const known = async (variable: string) => (await remote.git.tryRun(['var', variable])) !== undefined;
  remote.identity ??=
    remote.author === undefined && (await known('GIT_AUTHOR_IDENT')) && (await known('GIT_COMMITTER_IDENT'))
      ? {}
      : namedAs(remote.author ?? { name: 'Slipway', email: 'slipway@localhost' });
  return remote.identity;
}

function namedAs({ name, email }: { readonly name: string; readonly email: string }): Readonly<Record<string, string>> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email };
}
