import { parse } from 'semver';
import type { GitFacts } from '../core/history.js';
import { decideVersion, type VersionDecision } from './decide-version.js';
import { tagOfVersion } from './identifiers.js';
import { versionLabels } from './labels.js';

/**
 * The version of a jar that lies in no repository: what its manifest calls its implementation's, where that is SemVer. A
 * snapshot's names the content as well, since many jars have that version. Otherwise as for sources without git.
 */
export function jarVersion(stated: string | undefined, git: GitFacts): VersionDecision {
  const version = parse(stated ?? '')?.raw;
  if (version === undefined) return decideVersion(git, { name: 'none' });
  const isSnapshot = /-SNAPSHOT$/i.test(version);
  const unique = isSnapshot ? `${version}.d${git.dirtyDigest ?? ''}` : version;
  const because = `Implementation-Version in the jar's manifest is ${version}; there is no repository around it`;
  return {
    plan: { version: unique, tags: [tagOfVersion(unique)], because },
    labels: versionLabels(git, unique),
    explain: [{ rule: 'jar-manifest', fired: true, because }],
  };
}
