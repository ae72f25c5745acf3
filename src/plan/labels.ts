import type { SourceFacts, VersionPlan } from '../core/plan.js';
import { versionLabels } from '../versions/labels.js';

/** The image's labels, in a fixed order: its title, and what version and history give. */
export function imageLabels(
  name: string,
  source: SourceFacts,
  version: VersionPlan | undefined,
): Readonly<Record<string, string>> {
  return { 'org.opencontainers.image.title': name, ...versionLabels(source, version?.version) };
}
