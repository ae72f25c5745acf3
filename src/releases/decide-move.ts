import compare from 'semver/functions/compare.js';
import type { Digest } from '../core/image-name.js';
import { comparableVersion } from './release-line.js';

/** What is known of an image that has, or wants, a moving tag: its digest and what its labels say. */
export interface TagHolder {
  readonly digest: Digest;
  readonly version?: string;
  /** Full commit id. */
  readonly revision?: string;
  /** Time of the commit, ISO 8601. */
  readonly created?: string;
}

/** How the holder's commit is related to ours in the history that there is; undefined: that cannot be said. */
export type Relation = 'ancestor' | 'same' | 'descendant' | 'diverged';

/** `forward`: only to what is newer; `force`: from whoever has it; `never`: they are left alone. */
export type MovingPolicy = 'forward' | 'force' | 'never';

/** Whether a moving tag goes to our image, and why or why not, in one sentence without a full stop. */
export interface Verdict {
  readonly moves: boolean;
  readonly because: string;
}

export interface Contest {
  readonly ours: TagHolder;
  /** Undefined: nobody has the tag. */
  readonly holder: TagHolder | undefined;
  /** The tag follows a branch and not the releases. */
  readonly isBranch: boolean;
  readonly policy: MovingPolicy;
  /** Versions that are to be gone from every moving tag. */
  readonly withdrawn: readonly string[];
}

/**
 * What can be said without asking the history; undefined: it must be asked (`judgeByHistory`). The releases' tags go by
 * SemVer, a branch's tag goes by the history first: a branch may be built again from another release.
 */
export function judgeByVersion({ ours, holder, isBranch, policy, withdrawn }: Contest): Verdict | undefined {
  if (policy === 'never') return { moves: false, because: 'version.moving is never' };
  if (holder === undefined) return { moves: true, because: 'nobody had it' };
  if (holder.digest === ours.digest) return { moves: false, because: 'it names this image already' };
  if (policy === 'force') return { moves: true, because: `it was taken from ${describeHolder(holder)} by force` };
  return isBranch ? undefined : compareVersions(ours, holder, withdrawn);
}

function compareVersions(ours: TagHolder, holder: TagHolder, withdrawn: readonly string[]): Verdict | undefined {
  const [own, theirs] = [comparableVersion(ours.version), comparableVersion(holder.version)];
  if (theirs !== undefined && withdrawn.includes(theirs.version))
    return { moves: true, because: `${holder.version}, which had it, is withdrawn` };
  if (own === undefined || theirs === undefined) return undefined;
  const order = compare(own, theirs);
  if (order > 0) return { moves: true, because: `${ours.version} is higher than ${holder.version}, which had it` };
  if (order < 0) return { moves: false, because: `${holder.version} has it, which is higher than ${ours.version}` };
  return { moves: true, because: `${holder.version} had it as another image (${shortDigest(holder.digest)})` };
}

/**
 * What the history says of a holder whose version says nothing. A descendant takes the tag; what the history does not
 * know is left alone, and the reason says how it is taken over once. A branch that was built anew shares no history with
 * what it was: there the time of the commit decides, then the version.
 */
export function judgeByHistory({ ours, holder, isBranch }: Contest, relation: Relation | undefined): Verdict {
  if (holder === undefined) return { moves: true, because: 'nobody had it' };
  const who = describeHolder(holder);
  const commit = holder.revision?.slice(0, 7);
  switch (relation) {
    case 'ancestor':
      return { moves: true, because: `it comes after ${commit}, the commit of ${who}, which had it` };
    case 'descendant':
      return { moves: false, because: `${who} has it, whose commit ${commit} comes after this one` };
    case 'same':
      if (isBranch) return { moves: true, because: `${who} had it, of the same commit` };
      break;
    case 'diverged':
    case undefined:
      if (isBranch) return judgeByTime(ours, holder);
  }
  const unknown =
    holder.revision === undefined ? 'and no commit' : `and this history has its commit ${commit} not before this one`;
  return {
    moves: false,
    because: `${who} has it, which says no version that can be compared, ${unknown}: --force-moving takes it over, once`,
  };
}

/** Two builds of a branch that the history does not order. */
function judgeByTime(ours: TagHolder, holder: TagHolder): Verdict {
  const who = describeHolder(holder);
  const order = compareBuilds(ours, holder);
  if (order === undefined)
    return { moves: false, because: `${who} has it, which says no time: --force-moving takes it over, once` };
  return order >= 0
    ? { moves: true, because: `its commit is not older than that of ${who}, which had it` }
    : { moves: false, because: `${who} has it, whose commit is newer` };
}

/** The order of two builds of one branch: by the time of the commit, then by version. Undefined: one says no time. */
export function compareBuilds(one: TagHolder, other: TagHolder): number | undefined {
  const [mine, theirs] = [Date.parse(one.created ?? ''), Date.parse(other.created ?? '')];
  if (Number.isNaN(mine) || Number.isNaN(theirs)) return undefined;
  if (mine !== theirs) return mine - theirs;
  const [own, their] = [comparableVersion(one.version), comparableVersion(other.version)];
  return own === undefined || their === undefined ? 0 : compare(own, their);
}

/** `1.2.3`, or the digest of an image that says no version. */
export function describeHolder({ version, digest }: TagHolder): string {
  return version ?? `an image without labels (${shortDigest(digest)})`;
}

function shortDigest(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
