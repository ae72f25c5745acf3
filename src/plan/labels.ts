import { tryParseImageReference } from '../core/image-name.js';
import type { SourceFacts, VersionPlan } from '../core/plan.js';
import { versionLabels } from '../versions/labels.js';

/** The image's labels, in a fixed order: its title, and what version and history give. */
export function imageLabels(
  name: string,
  source: SourceFacts,
  version: VersionPlan | undefined,
): Readonly<Record<string, string>> {
  const branch = version?.moving?.find((tag) => tag.branch !== undefined)?.branch;
  return { 'org.opencontainers.image.title': name, ...versionLabels(source, version?.version, branch) };
}

/** Name and digest of a base that is pinned: by them, tools see whether a newer one is there (`image.base.*` of the same keys). */
export function baseLabels(base: string): Readonly<Record<string, string>> {
  const digest = tryParseImageReference(base)?.digest;
  if (digest === undefined) return {};
  return {
    'org.opencontainers.image.base.name': base.slice(0, -digest.length - 1),
    'org.opencontainers.image.base.digest': digest,
  };
}
