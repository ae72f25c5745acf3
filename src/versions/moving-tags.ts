import type { SemVer } from 'semver';
import compare from 'semver/functions/compare.js';
import type { GitFacts } from '../core/history.js';
import { parseTag } from '../core/image-name.js';
import type { MovingTag } from '../core/plan.js';
import { type ReleaseTag, releaseTags } from './release-tags.js';
import type { RuleReport, VersionRules } from './rules.js';

interface Line {
  readonly rule: string;
  readonly tag: string;
  /** What releases the tag follows, as a sentence has it. */
  readonly of: string;
  readonly holds: (version: SemVer) => boolean;
}

/** The tags that a version may take over, and the rule for each that there could be. */
export interface MovingTags {
  readonly tags: readonly MovingTag[];
  readonly explain: readonly RuleReport[];
}

/**
 * `1.2`, `1` and `latest` for a release, each only where no release tag that the clone knows is higher in its line: an old
 * patch release takes no `latest`. Never `0`, which promises what SemVer does not (https://semver.org/#spec-item-4), and
 * nothing for a pre-release or a version with build metadata, whose order SemVer does not define.
 */
export function movingTags(release: ReleaseTag | undefined, git: GitFacts, rules: VersionRules): MovingTags {
  const why = whyNone(release?.version);
  if (release === undefined || why !== undefined) {
    const because = why ?? 'only a release has them';
    return {
      tags: [],
      explain: ['moving-minor', 'moving-major', 'moving-latest'].map((rule) => ({ rule, fired: false, because })),
    };
  }
  const names = git.knownTags.map((known) => known.name);
  const known = releaseTags(names, rules).filter(({ version }) => whyNone(version) === undefined);
  const judged = linesOf(release.version).map((line) => ({ line, ...judge(line, release, known, git.shallow) }));
  return {
    tags: judged.filter(({ fired }) => fired).map(({ line, because }) => ({ tag: parseTag(line.tag), because })),
    explain: judged.map(({ line, fired, because }) => ({ rule: line.rule, fired, because })),
  };
}

function whyNone(version: SemVer | undefined): string | undefined {
  if (version === undefined) return undefined;
  if (version.prerelease.length > 0) return `${version.raw} is a pre-release`;
  return version.build.length > 0 ? `${version.raw} has build metadata, which has no order` : undefined;
}

function linesOf({ major, minor }: SemVer): readonly Line[] {
  return [
    {
      rule: 'moving-minor',
      tag: `${major}.${minor}`,
      of: `of ${major}.${minor}`,
      holds: (other) => other.major === major && other.minor === minor,
    },
    { rule: 'moving-major', tag: `${major}`, of: `of ${major}`, holds: (other) => other.major === major },
    { rule: 'moving-latest', tag: 'latest', of: 'of all', holds: () => true },
  ];
}

function judge(
  line: Line,
  release: ReleaseTag,
  known: readonly ReleaseTag[],
  shallow: boolean,
): { readonly fired: boolean; readonly because: string } {
  const version = release.version.version;
  if (line.tag === '0') return { fired: false, because: 'a tag 0 would promise that 0.1 and 0.2 fit together' };
  const higher = known
    .filter((other) => line.holds(other.version) && compare(other.version, release.version) > 0)
    .reduce<ReleaseTag | undefined>(
      (best, next) => (best && compare(best.version, next.version) >= 0 ? best : next),
      undefined,
    );
  if (higher !== undefined) return { fired: false, because: `${higher.tag} is higher than ${version}` };
  const scope = shallow ? ' that this shallow clone knows' : '';
  return { fired: true, because: `${version} is the highest release ${line.of}${scope}` };
}
