import { Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import type { DeploymentFacts, LandedIntent, TemplateIntent } from '../core/template-store.js';
import { type Remote, readStored } from './deploy-clone.js';
import { makeIntentCommit } from './deploy-land.js';
import type { DeployLog } from './deploy-log.js';
import { pushObject } from './deploy-push.js';
import { proposePullRequest } from './pull-request.js';

/**
 * Push the intent as one commit on a branch of its own, for a person to merge. Where the branch is there already and has the
 * change, it stays as it is. Throws what `carryOut` throws, and `deploy.repository` for a branch that has something else.
 */
export async function proposeIntent(
  remote: Remote,
  log: DeployLog,
  intent: TemplateIntent,
  progress: Progress,
): Promise<LandedIntent> {
  const made = await makeIntentCommit(remote, log, intent);
  if (made.commit === undefined) return made;
  const branch = proposedBranch(intent.deployment);
  const { record: _, ...proposedCommit } = made;
  const proposed = { ...proposedCommit, proposal: proposePullRequest(remote.url, branch, remote.branch) };
  if (await isProposed(remote, branch, intent)) {
    progress.info(`The branch ${branch} is there already`);
    return proposed;
  }
  const pushed = await pushObject(remote.calmGit, remote.url, made.commit, `refs/heads/${branch}`);
  if (pushed.state !== 'landed' && !(await isProposed(remote, branch, intent))) throw pushed.failure;
  progress.info(
    `Pushed the branch ${branch}; open its pull request: ${proposed.proposal.url ?? `into ${remote.branch}`}`,
  );
  return proposed;
}

/** `slipway/<environment>/<service>-<version>`, of what git allows in a ref: git-check-ref-format(1). */
export function proposedBranch({ environment, service, version }: DeploymentFacts): string {
  const plain = (text: string): string =>
    text
      .replace(/[^A-Za-z0-9._+-]+/g, '-')
      .replace(/\.{2,}/g, '.')
      .replace(/^[.-]+|[.-]+$/g, '')
      .replace(/\.lock$/, '-lock');
  return `slipway/${plain(environment)}/${plain(`${plain(service)}-${version}`)}`;
}

async function isProposed(remote: Remote, branch: string, intent: TemplateIntent): Promise<boolean> {
  // A pattern: what is not there is no error then. An older answer must not stand for this one.
  const ref = `refs/slipway/proposed/${branch}`;
  await remote.calmGit.tryRun(['update-ref', '-d', ref]);
  const refs = `+refs/heads/${branch}*:refs/slipway/proposed/${branch}*`;
  await remote.calmGit.run(['fetch', '--no-tags', '--depth=1', '--', remote.url, refs]);
  const tip = (await remote.calmGit.tryRun(['rev-parse', '--verify', `${ref}^{commit}`]))?.trim();
  if (tip === undefined) return false;
  const text = (await readStored(remote, tip, intent.path))?.text;
  if (text !== undefined && intent.rewrite(text) === text) return true;
  throw new Failure('deploy.repository', {
    message: `The branch ${branch} is there already, and has something else`,
    where: remote.shown,
    remedy: 'Merge or delete it, and run again.',
  });
}
