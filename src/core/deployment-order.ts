import { parse, type SemVer } from 'semver';
import { versionOfImage } from './deployment-trailers.js';
import { Failure } from './failure.js';
import { tryParseImageReference } from './image-name.js';
import type { DeploymentRecord, FoundDeployment } from './template-store.js';

/** How one version stands to another; `unknown`: neither is known to come first. */
export type VersionOrder = 'newer' | 'older' | 'same' | 'unknown';

/** What wants to be deployed. */
export interface Contender {
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  /** `repository:tag@sha256:…`. */
  readonly image: string;
}

/** What a person said that changes the judgement. */
export interface OrderChoices {
  /** `--allow-older`. */
  readonly allowOlder?: boolean;
  /** `--unpin`. */
  readonly unpin?: boolean;
  /**
   * How the contender's commit stands to the record's, by ancestry in the sources' history; asked only where the versions do not
   * tell. Undefined: nobody knows.
   */
  readonly ancestry?: VersionOrder;
}

/**
 * Whether a release may replace what an environment has of a service. Pure. `newer`: it may, whatever stands there now;
 * `unknown`: nothing speaks against it, but nothing says that it is newer either.
 *
 * Throws `deploy.superseded` for a release that is older than what is there (`--allow-older`), and for a service that a person's
 * rollback pinned (`--unpin`). The image that is there already is never refused.
 */
export function judgeOrder(
  ours: Contender,
  { image, newest }: FoundDeployment,
  choices: OrderChoices = {},
): 'newer' | 'unknown' {
  if (image === ours.image) return 'unknown';
  if (newest?.pinned && newest.image !== ours.image && !choices.unpin) throw pinned(ours, newest);
  // A record counts as long as the template still has what it says: otherwise somebody wrote there by hand.
  const current = newest !== undefined && isSameImage(newest.image, image) ? newest : undefined;
  const version = current?.version ?? (image === undefined ? undefined : versionOfImage(image));
  const byVersion = version === undefined ? 'unknown' : orderVersions(ours.version, version);
  const order = byVersion === 'unknown' && current !== undefined ? (choices.ancestry ?? 'unknown') : byVersion;
  if (order === 'older' && !choices.allowOlder) throw older(ours, version ?? image ?? '', current);
  return order === 'newer' || choices.allowOlder ? 'newer' : 'unknown';
}

/** Formats that keep an image's parts apart may show only some of them: the digest decides, else the tag. */
function isSameImage(recorded: string, found: string | undefined): boolean {
  if (found === undefined || recorded === found) return recorded === found;
  const [left, right] = [tryParseImageReference(recorded), tryParseImageReference(found)];
  if (left?.digest !== undefined && right?.digest !== undefined) return left.digest === right.digest;
  return left?.tag !== undefined && left.tag === right?.tag;
}

/**
 * By SemVer 2.0 (section 11), as far as it tells the order in which versions were made: names of branches and ids of commits have
 * none, so two pre-releases that first differ in such an identifier are `unknown`. Pure.
 */
export function orderVersions(ours: string, theirs: string): VersionOrder {
  if (ours === theirs) return 'same';
  const [left, right] = [parseVersion(ours), parseVersion(theirs)];
  if (left === undefined || right === undefined) return 'unknown';
  const core = left.compareMain(right);
  if (core !== 0) return core > 0 ? 'newer' : 'older';
  const order = left.comparePre(right);
  if (order === 0) return 'unknown';
  return isOrdered(left, right) ? (order > 0 ? 'newer' : 'older') : 'unknown';
}

/** A tag has `_` where a version has `+`: the characters of a tag know no `+`. */
function parseVersion(text: string): SemVer | undefined {
  return parse(text.replace('_', '+')) ?? undefined;
}

function isOrdered(left: SemVer, right: SemVer): boolean {
  const first = left.prerelease.findIndex((part, index) => part !== right.prerelease[index]);
  const [a, b] = [left.prerelease[first], right.prerelease[first]];
  return first < 0 || typeof a !== 'string' || typeof b !== 'string' || (stages.includes(a) && stages.includes(b));
}

/** What projects call the steps to a release: their alphabetical order is their order. */
const stages: readonly string[] = ['a', 'alpha', 'b', 'beta', 'c', 'cr', 'm', 'milestone', 'pre', 'preview', 'rc'];

/** Whoever reads a log asks by whom, and when. */
export function describeRecord(record: Pick<DeploymentRecord, 'commit' | 'author' | 'at'>): string {
  return `${record.author}, ${record.at}, ${record.commit.slice(0, 12)}`;
}

function older(ours: Contender, version: string, record: DeploymentRecord | undefined): Failure {
  const { environment, service } = ours;
  return new Failure('deploy.superseded', {
    message: `${environment} has ${service} ${version}, which is newer than ${ours.version}`,
    where: record === undefined ? `${environment}/${service}` : describeRecord(record),
    remedy: 'Deploy the newer one, or say that the older one is meant: --allow-older.',
  });
}

function pinned(ours: Contender, record: DeploymentRecord): Failure {
  const { environment, service } = ours;
  return new Failure('deploy.superseded', {
    message: `${service} in ${environment} was rolled back to ${record.version} and pinned there; ${ours.version} is not deployed`,
    where: describeRecord(record),
    remedy: 'Where the reason for the rollback is gone, deploy with --unpin.',
  });
}
