import { Failure } from '../core/failure.js';
import type { Progress } from '../core/progress.js';
import type { LandedIntent, TemplateIntent } from '../core/template-store.js';
import { fetchBranch, type Remote, readStored } from './deploy-clone.js';
import { makeCommit } from './deploy-commit.js';
import { carryOut } from './deploy-edit.js';
import type { DeployLog } from './deploy-log.js';
import { type Attempted, type Pushed, pushObject, untilLanded } from './deploy-push.js';

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
  const announce = () => {
    progress.info(`${remote.shown} moved on meanwhile; making the change again on what is there now`);
  };
  return untilLanded(() => attemptLanding(remote, log, intent), { signal: remote.signal, onRetry: announce });
}

async function attemptLanding(
  remote: Remote,
  log: DeployLog,
  intent: TemplateIntent,
): Promise<Attempted<LandedIntent>> {
  const made = await makeIntentCommit(remote, log, intent);
  if (made.commit === undefined) return { value: made };
  const landed = { ...made, record: made.commit };
  const pushed = await pushObject(remote.calmGit, remote.url, made.commit, `refs/heads/${remote.branch}`);
  if (pushed.state === 'landed') {
    remote.tip = made.commit;
    if (remote.signal.aborted) throw stopped(remote, made.commit);
    return { value: landed };
  }
  const before = remote.tip;
  remote.tip = await fetchBranch(remote.calmGit, remote.url, remote.branch);
  // The reply got lost, not the push.
  const isThere = await isAncestor(remote, made.commit);
  if (remote.signal.aborted) throw stopped(remote, isThere ? made.commit : undefined);
  return isThere ? { value: landed } : afterPush(pushed, before !== remote.tip);
}

function afterPush(pushed: Exclude<Pushed, { readonly state: 'landed' }>, moved: boolean): Attempted<never> {
  if (pushed.state === 'refused') throw pushed.failure;
  return { failure: pushed.failure, moved };
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
  return { text, before: stored.text, commit };
}

async function isAncestor(remote: Remote, commit: string): Promise<boolean> {
  const base = await remote.calmGit.tryRun(['merge-base', commit, remote.tip]);
  return base?.trim() === commit;
}

/** A run that is told to stop while it pushes says what became of the push. */
function stopped(remote: Remote, commit: string | undefined): Error {
  const reason = remote.signal.reason;
  if (!(reason instanceof Failure)) return reason;
  return new Failure(reason.code, {
    message:
      commit === undefined
        ? `${reason.message}: nothing was pushed to ${remote.branch}`
        : `${reason.message}: the template is committed on ${remote.branch} as ${commit.slice(0, 12)}, and not rolled out`,
    where: remote.shown,
    remedy: 'Run the same command again: it goes on from there.',
  });
}
