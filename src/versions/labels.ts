import type { SourceFacts } from '../core/plan.js';

/**
 * Labels that version and history give an image, in a fixed order: the OCI image-spec's predefined annotation keys
 * (https://github.com/opencontainers/image-spec/blob/main/annotations.md). `created` is the commit's time, so that the
 * same commit makes the same image; a key whose value is not known is left out. `branch`: the one whose moving tag the image
 * may have; it tells the builds of two branches apart whose versions look alike.
 */
export function versionLabels(
  source: SourceFacts,
  version: string | undefined,
  branch?: string,
): Readonly<Record<string, string>> {
  const labels: Record<string, string | undefined> = {
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.revision': source.revision,
    'org.opencontainers.image.source': source.url,
    'org.opencontainers.image.created': source.committedAt,
    'io.slipway.branch': branch,
  };
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
