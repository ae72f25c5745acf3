import type { SemVer } from 'semver';
import compare from 'semver/functions/compare.js';
import { Failure } from '../core/failure.js';
import type { Digest } from '../core/image-name.js';
import type { MovedTag, MovingTag } from '../core/plan.js';
import type { RegistryRepository } from '../core/registry.js';
import {
  compareBuilds,
  describeHolder,
  judgeByHistory,
  judgeByVersion,
  type MovingPolicy,
  type Relation,
  type Verdict,
} from './decide-move.js';
import { comparableVersion, versionsOfLine } from './release-line.js';
import { readStoredImage, type StoredImage } from './stored-image.js';

/** What moving the tags of a pushed image takes. */
export interface MovingJob {
  readonly repository: RegistryRepository;
  /** The pushed image: its immutable tag is in the registry already. */
  readonly digest: Digest;
  /** The tags that its version may have. */
  readonly tags: readonly MovingTag[];
  readonly policy: MovingPolicy;
  /** Versions that no moving tag is to name. */
  readonly withdrawn?: readonly string[];
  /** How another image's commit is related to this one's; asked only where versions do not decide. */
  readonly relate: (revision: string) => Promise<Relation | undefined>;
}

/** Far more than there are pipelines at once: each turn puts a higher version than the one before. */
const mostTurns = 100;

/**
 * Move the tags forward, and say of each what became of it. A registry has no compare-and-set, so two pipelines that move
 * one tag can overwrite each other. The highest version has it in the end all the same, because every pipeline
 *
 * 1. has pushed its immutable tag before it comes here, and
 * 2. after each of its own PUTs lists the tags, and where the line has a higher version than the one it has just put, puts
 *    that one and looks again.
 *
 * Take the last PUT of all, of the version w. The list that its writer read afterwards had nothing higher, or there would
 * have been another PUT. So whoever has a higher version pushed its immutable tag after that list, and looked at the moving
 * tag later still: it found w or something lower, and had to PUT, later than the last. There is none. It does not matter who is
 * slow or what is put meanwhile. There are two exceptions: a writer that dies between its PUT and its list, which the next run mends, and
 * a PUT that something on the way holds back until its sender has given up, and delivers after the list.
 *
 * Each PUT of one writer is of a higher version than the one before, so nobody goes round in circles, however many
 * write. Throws what the registry throws: the immutable tag is there then, and running again goes on from here.
 */
export async function moveTags(job: MovingJob): Promise<readonly MovedTag[]> {
  if (job.tags.length === 0) return [];
  if (job.policy === 'never')
    return job.tags.map(({ tag }) => ({ tag, moved: false, because: 'version.moving is never' }));
  const ours = await readStoredImage(job.repository, job.digest);
  if (ours === undefined) throw notThere(job);
  const moved: MovedTag[] = [];
  for (const tag of job.tags) moved.push(await moveTag(job, ours, tag));
  return moved;
}

async function moveTag(job: MovingJob, ours: StoredImage, wanted: MovingTag): Promise<MovedTag> {
  const { tag } = wanted;
  const holder = await readStoredImage(job.repository, tag);
  const { moves, because } = await judge(job, ours, holder, wanted);
  if (!moves) return { tag, moved: holder?.digest === ours.digest, because };
  if (job.policy === 'force') {
    await put(job, wanted, ours);
    return { tag, moved: true, because };
  }
  const last = await putHighest(job, ours, wanted);
  return last.digest === ours.digest
    ? { tag, moved: true, because }
    : { tag, moved: false, because: `${describeHolder(last)} was pushed meanwhile, and has it` };
}

async function judge(
  job: MovingJob,
  ours: StoredImage,
  holder: StoredImage | undefined,
  wanted: MovingTag,
): Promise<Verdict> {
  const { policy, withdrawn = [] } = job;
  const contest = { ours, holder, isBranch: wanted.branch !== undefined, policy, withdrawn };
  const verdict = judgeByVersion(contest);
  if (verdict !== undefined) return verdict;
  const { revision } = holder ?? {};
  return judgeByHistory(contest, revision === undefined ? undefined : await job.relate(revision));
}

/** Step 2 of `moveTags`. Before the first PUT it looks, too: what is known to be lower is never put. */
async function putHighest(job: MovingJob, ours: StoredImage, wanted: MovingTag): Promise<StoredImage> {
  let last: Candidate = { image: ours, version: comparableVersion(ours.version) };
  for (let turn = 0; turn < mostTurns; turn += 1) {
    const higher = await findHigher(job, last, wanted);
    if (turn > 0 && higher === undefined) return last.image;
    last = higher ?? last;
    await put(job, wanted, last.image);
  }
  throw new Failure('push.failed', {
    message: `The repository gets higher versions faster than ${wanted.tag} can follow`,
    where: `${job.repository.name}:${wanted.tag}`,
    remedy: 'Look who pushes there, then run the same command again.',
  });
}

interface Candidate {
  readonly image: StoredImage;
  /** Undefined: it has no place in SemVer's order, and nothing is above it. */
  readonly version: SemVer | undefined;
}

/** The highest version of the tag's line in the registry that is above the last one; undefined: there is none. */
async function findHigher(job: MovingJob, last: Candidate, wanted: MovingTag): Promise<Candidate | undefined> {
  const own = last.version;
  if (own === undefined) return undefined;
  const above = versionsOfLine(wanted, await job.repository.listTags(), job.withdrawn).filter(
    ({ version }) => compare(version, own) > 0,
  );
  for (const { tag, version } of above) {
    const image = await readStoredImage(job.repository, tag);
    // It may have been deleted since it was listed; and a branch that was built anew leaves higher numbers behind.
    if (image === undefined || image.digest === last.image.digest) continue;
    if (wanted.branch === undefined || isNewerBuild(image, last.image, wanted.branch)) return { image, version };
  }
  return undefined;
}

function isNewerBuild(image: StoredImage, last: StoredImage, branch: string): boolean {
  return image.branch === branch && (compareBuilds(image, last) ?? -1) > 0;
}

async function put(job: MovingJob, { tag }: MovingTag, image: StoredImage): Promise<void> {
  await job.repository.putManifest(tag, image.mediaType, image.bytes);
}

function notThere(job: MovingJob): Failure {
  return new Failure('push.failed', {
    message: 'The registry does not have the image that was just pushed to it',
    where: `${job.repository.name}@${job.digest}`,
    remedy: 'Run the same command again; where it stays so, see whether something cleans up there.',
  });
}
