import type { SemVer } from 'semver';
import compareBuild from 'semver/functions/compare-build.js';
import parse from 'semver/functions/parse.js';
import type { VersionRules } from './rules.js';

/** A git tag that names a release. */
export interface ReleaseTag {
  readonly tag: string;
  readonly version: SemVer;
}

/**
 * A tag is a release tag when, after the prefix and an optional `v`, it is a complete SemVer 2.0 version. Leading zeros
 * (`v01.2.3`), parts (`v1.2`) and anything else (`nightly`) are not: undefined. Under the scheme `calver`, where months and
 * days are written with leading zeros, `2024.02.03` is 2024.2.3.
 */
export function releaseTag(tag: string, rules: VersionRules = {}): ReleaseTag | undefined {
  const prefix = rules.tagPrefix ?? '';
  if (!tag.startsWith(prefix)) return undefined;
  const text = tag.slice(prefix.length).replace(/^v/, '');
  if (!/^\d/.test(text)) return undefined;
  const version = parse(rules.scheme === 'calver' ? withoutLeadingZeros(text) : text);
  return version === null ? undefined : { tag, version };
}

function withoutLeadingZeros(text: string): string {
  const core = /^[\d.]*/.exec(text)?.[0] ?? '';
  return core.replace(/(^|\.)0+(?=\d)/g, '$1') + text.slice(core.length);
}

/** The tag with the highest version, by SemVer precedence, then build metadata, then name; undefined where none is a release tag. */
export function highestReleaseTag(tags: readonly string[], rules: VersionRules = {}): ReleaseTag | undefined {
  return releaseTags(tags, rules).reduce<ReleaseTag | undefined>(
    (best, next) => (best === undefined || isHigher(next, best) ? next : best),
    undefined,
  );
}

/** Those of the tags that are release tags, in their order. */
export function releaseTags(tags: readonly string[], rules: VersionRules): readonly ReleaseTag[] {
  return tags.map((tag) => releaseTag(tag, rules)).filter((found) => found !== undefined);
}

/** What a reader of git must take as the base: the highest release tag among those the commit can reach. */
export function chooseBaseTag(tags: readonly string[], rules: VersionRules = {}): string | undefined {
  return highestReleaseTag(tags, rules)?.tag;
}

function isHigher(one: ReleaseTag, other: ReleaseTag): boolean {
  const order = compareBuild(one.version, other.version);
  return order === 0 ? one.tag > other.tag : order > 0;
}
