import { Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import type { LandedIntent, TemplateIntent } from '../core/template-store.js';
import { fetchBranch, type Remote, readStored } from './deploy-clone.js';
import { makeCommit } from './deploy-commit.js';
import { carryOut } from './deploy-edit.js';
import type { DeployLog } from './deploy-log.js';
import { type Pushed, pushObject, untilLanded } from './deploy-push.js';

/**
 * Commit the intent on the branch and push it, again on the text that is there by then whenever somebody else was faster. Throws
 * what `carryOut` and `untilLanded` throw.
 */
export async function landIntent(
  remote: Remote,
  log: DeployLog,
  intent: TemplateIntent,
  progress: Progress,
): Promise<LandedIntent> {
  let last: LandedIntent | undefined;
  let answer: Pushed['state'] | undefined;
  return untilLanded<LandedIntent>({
    attempt: async () => {
      last = await makeIntentCommit(remote, log, intent);
      if (last.commit === undefined) return { value: last };
      const pushed = await pushObject(remote.calmGit, remote.url, last.commit, `refs/heads/${remote.branch}`);
      answer = pushed.state;
      if (pushed.state !== 'landed') return { failure: pushed.failure, isRefused: pushed.state === 'refused' };
      remote.tip = last.commit;
      if (remote.signal.aborted) throw stopped(remote, committed(remote, last.commit));
      return { value: last };
    },
    refresh: async () => {
      const before = remote.tip;
      remote.tip = await fetchBranch(remote.calmGit, remote.url, remote.branch);
      const isLost = answer === 'failed' && last?.commit !== undefined && (await isAncestor(remote, last.commit));
      const landed = isLost ? last : undefined;
      if (remote.signal.aborted) {
        const notThere =
          answer === 'failed' ? 'whether the push landed is not known yet' : `nothing was pushed to ${remote.branch}`;
        throw stopped(remote, landed?.commit === undefined ? notThere : committed(remote, landed.commit));
      }
      return landed === undefined ? { moved: before !== remote.tip } : { value: landed };
    },
    onRetry: () => {
      progress.info(`${remote.shown} moved on meanwhile; making the change again on what is there now`);
    },
    signal: remote.signal,
  });
}

/** The intent's commit on the tip, not pushed; no commit where nothing is to change. */
export async function makeIntentCommit(remote: Remote, log: DeployLog, intent: TemplateIntent): Promise<LandedIntent> {
  const stored = await readStored(remote, remote.tip, intent.path);
  const text = await carryOut(intent, stored?.text, {
    where: remote.shown,
    newest: () => log.newest(intent.deployment),
    changedBy: () => log.changedBy(intent),
  });
  if (stored === undefined || text === stored.text) return { text, before: text };
  const commit = await makeCommit(remote, { intent, mode: stored.mode, before: stored.text, text });
  return { text, before: stored.text, commit, record: commit };
}

async function isAncestor(remote: Remote, commit: string): Promise<boolean> {
  const base = await remote.calmGit.tryRun(['merge-base', commit, remote.tip]);
  return base?.trim() === commit;
}

/** A run that is told to stop while it pushes says what became of the push. */
function stopped(remote: Remote, became: string): Error {
  const reason = remote.signal.reason;
  if (!(reason instanceof Failure)) return reason;
  return new Failure(reason.code, {
    message: `${reason.message}: ${became}`,
    where: remote.shown,
    remedy: 'Run the same command again: it goes on from there.',
  });
}

function committed(remote: Remote, commit: string): string {
  return `the template is committed on ${remote.branch} as ${commit.slice(0, 12)}, and not rolled out`;
}
