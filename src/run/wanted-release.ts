import { formatImageReference, tryParseImageReference } from '../core/image-name.js';
import type { Release } from '../core/plan.js';
import type { DeploymentRecord } from '../core/template-store.js';

/** What is to run: of a release, or of a record that somebody goes back to. */
export interface WantedRelease {
  readonly version: string;
  /** `repository:tag@sha256:…`: the tag for people, the digest for machines. */
  readonly image: string;
  /** The source's commit. */
  readonly revision?: string;
  /** What CI run this is: a URL or a number. */
  readonly run?: string;
}

/** `repository:tag@digest`: the tag for people, the digest for machines. */
export function releasedImage(release: Release): string {
  const [tag] = release.tags;
  return formatImageReference({ repository: release.repository, ...(tag && { tag }), digest: release.digest });
}

export function wantedOfRelease(release: Release, run?: string): WantedRelease {
  return {
    version: release.version,
    image: releasedImage(release),
    ...(release.commit !== undefined && { revision: release.commit }),
    ...(run !== undefined && { run }),
  };
}

export function wantedOfRecord(record: DeploymentRecord, run?: string): WantedRelease {
  return {
    version: record.version,
    image: record.image,
    ...(record.revision !== undefined && { revision: record.revision }),
    ...(run !== undefined && { run }),
  };
}

/** `sha256:…` of an image; undefined where it is named by its tag alone. */
export function digestOf(image: string): string | undefined {
  return tryParseImageReference(image)?.digest;
}
