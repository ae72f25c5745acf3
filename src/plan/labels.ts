import { tryParseImageReference } from '../core/image-name.js';
import type { SourceFacts, VersionPlan } from '../core/plan.js';

/**
 * The image's labels, in a fixed order: the OCI image-spec's predefined annotation keys
 * (https://github.com/opencontainers/image-spec/blob/main/annotations.md). `created` is the commit's time, so that the
 * same commit makes the same image; a key whose value is not known is left out.
 */
export function imageLabels(
  name: string,
  source: SourceFacts,
  version: VersionPlan | undefined,
): Readonly<Record<string, string>> {
  const labels: Record<string, string | undefined> = {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version?.version,
    'org.opencontainers.image.revision': source.revision,
    'org.opencontainers.image.source': source.url,
    'org.opencontainers.image.created': source.committedAt,
  };
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
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
