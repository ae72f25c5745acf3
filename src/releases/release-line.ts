import type { SemVer } from 'semver';
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import type { MovingTag } from '../core/plan.js';
import { branchIdentifier } from '../versions/identifiers.js';

/** A tag of the repository that names a version. */
export interface VersionTag {
  readonly tag: string;
  readonly version: SemVer;
}

/**
 * Of the tags of a repository those whose versions a moving tag may name, highest first: all releases for `latest`, those of
 * 1.x for `1`, those of 1.2.x for `1.2`, builds that may be of the branch for a branch's tag, and none for any other tag.
 * Releases are complete versions without pre-release or build metadata, with an optional `v` as other tools write it.
 */
export function versionsOfLine(
  { tag, branch }: MovingTag,
  tags: readonly string[],
  withdrawn: readonly string[] = [],
): readonly VersionTag[] {
  const belongs = branch === undefined ? releasesOf(tag) : buildsOf(branchIdentifier(branch));
  return tags
    .map((name) => ({ tag: name, version: parse(name.replace(/^v(?=\d)/, '')) }))
    .filter((found): found is VersionTag => found.version !== null && belongs(found.version))
    .filter(({ version }) => !withdrawn.includes(version.version))
    .toSorted((one, other) => compare(other.version, one.version));
}

function releasesOf(tag: string): (version: SemVer) => boolean {
  const isRelease = ({ prerelease, build }: SemVer): boolean => prerelease.length === 0 && build.length === 0;
  if (tag === 'latest') return isRelease;
  const [, major, minor] = /^(\d+)(?:\.(\d+))?$/.exec(tag) ?? [];
  if (major === undefined) return () => false;
  return (version) =>
    isRelease(version) && `${version.major}` === major && (minor === undefined || `${version.minor}` === minor);
}

/**
 * `1.2.4-dev.5.g0123456`: another branch may look like it, so the label of the image has the last word. A build of a tree that
 * differed from its commit moves nothing.
 */
function buildsOf(branch: string): (version: SemVer) => boolean {
  return ({ prerelease }) => {
    const [name, distance, commit] = prerelease.slice(-3);
    return name === branch && typeof distance === 'number' && /^g[0-9a-f]{7,}$/.test(String(commit));
  };
}

/** A version that has a place in SemVer's order, with an optional `v`; undefined for every other text. */
export function comparableVersion(text: string | undefined): SemVer | undefined {
  return (text === undefined ? undefined : parse(text.replace(/^v(?=\d)/, ''))) ?? undefined;
}
