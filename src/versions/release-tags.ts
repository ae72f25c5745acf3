import type { SemVer } from 'semver';
import compareBuild from 'semver/functions/compare-build.js';
import parse from 'semver/functions/parse.js';

/** What the settings say about versions. */
export interface VersionRules {
  /** What stands before the version in this project's tags: `accounts/` for `accounts/v1.2.3`; default none. */
  readonly tagPrefix?: string;
}

/** A git tag that names a release. */
export interface ReleaseTag {
  readonly tag: string;
  readonly version: SemVer;
}

/**
 * A tag is a release tag when, after the prefix and an optional `v`, it is a complete SemVer 2.0 version. Leading zeros
 * (`v01.2.3`), parts (`v1.2`) and anything else (`nightly`) are not: undefined.
 */
export function releaseTag(tag: string, rules: VersionRules = {}): ReleaseTag | undefined {
  const prefix = rules.tagPrefix ?? '';
  if (!tag.startsWith(prefix)) return undefined;
  const text = tag.slice(prefix.length).replace(/^v/, '');
  if (!/^\d/.test(text)) return undefined;
  const version = parse(text);
  return version === null ? undefined : { tag, version };
}

/** The tag with the highest version, by SemVer precedence, then build metadata, then name; undefined where none is a release tag. */
export function highestReleaseTag(tags: readonly string[], rules: VersionRules = {}): ReleaseTag | undefined {
  return tags
    .map((tag) => releaseTag(tag, rules))
    .filter((found) => found !== undefined)
    .reduce<ReleaseTag | undefined>(
      (best, next) => (best === undefined || isHigher(next, best) ? next : best),
      undefined,
    );
}

function isHigher(one: ReleaseTag, other: ReleaseTag): boolean {
  const order = compareBuild(one.version, other.version);
  return order === 0 ? one.tag > other.tag : order > 0;
}
